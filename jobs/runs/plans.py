"""Plans: what a run will do, frozen, and the hash that names it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobs.runs.steps import OnFailure, Step
from tenants.organizations.models import Organization

PLAN_VERSION = 3
"""A worker carries out no plan of a later version than its own.

Version 1 had one step, without a list; version 2 no variables but those that every organization has, and no `{{word}}`.
"""


class PlanChanged(Exception):
    """The stored plan no longer has the hash that is expected: it must not run."""

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__("The plan of this run was altered after it was reviewed. It will not be carried out.")


def build_plan(
    *,
    steps: Sequence[Step],
    service: str,
    catalogue_version: str,
    connection: Mapping[str, Any],
    organizations: Iterable[Organization],
    requested_by: str,
    reason: str,
    ticket: str,
    on_failure: OnFailure = OnFailure.STOP,
    variables: Mapping[str, Mapping[str, str]] | None = None,
    first_steps: Mapping[str, int] | None = None,
    purpose: str = "",
) -> dict[str, Any]:
    """Return the plan as plain JSON, organizations sorted by tenant id.

    `variables` are the values, by tenant id, of the organization variables that occur in parameters, none where only
    literal words in braces do: without it, braces stand for themselves. `first_steps` says for whom an earlier run has
    done the first steps already. `purpose` is that of the run.
    """
    plan: dict[str, Any] = {
        "version": PLAN_VERSION,
        "steps": [step.as_plan() for step in steps],
        "service": service,
        "catalogue_version": catalogue_version,
        "connection": dict(connection),
        "organizations": sorted(str(organization.tenant_id) for organization in organizations),
        "requested_by": requested_by,
        "reason": reason,
        "ticket": ticket,
    }
    if len(steps) > 1:
        plan["on_failure"] = on_failure.value
    if variables:
        plan["variables"] = {tenant_id: dict(values) for tenant_id, values in variables.items()}
    if first_steps:
        plan["first_steps"] = dict(first_steps)
    if purpose:
        plan["purpose"] = purpose
    return plan


def hash_of(plan: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the plan's canonical form (sorted keys, no white space, UTF-8) in hexadecimal."""
    canonical = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def check(plan: Mapping[str, Any], plan_hash: str) -> None:
    """Raise `PlanChanged` unless `plan_hash` is the hash of `plan`."""
    found = hash_of(plan)
    if found != plan_hash:
        raise PlanChanged(plan_hash, found)
