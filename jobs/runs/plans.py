"""Plans: what a run will do, frozen, and the hash that names it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from tenants.organizations.models import Organization

PLAN_VERSION = 1


class PlanChanged(Exception):
    """The stored plan no longer matches its hash: it must not run."""


def build_plan(
    *,
    cmdlet: str,
    sent_as: str,
    service: str,
    effect: str,
    parameters: Mapping[str, Any],
    catalogue_version: str,
    connection: Mapping[str, Any],
    organizations: Iterable[Organization],
    requested_by: str,
    reason: str,
    ticket: str,
    warnings: Iterable[str] = (),
    secrets: Mapping[str, str] | None = None,
    purpose: str = "",
) -> dict[str, Any]:
    """Return the plan as plain JSON, organizations sorted by tenant id.

    `sent_as` is the cmdlet's name on the wire and `parameters` are encoded as they will be sent,
    except secret ones: `secrets` holds the fingerprint of each. `purpose` is that of the run.
    """
    plan: dict[str, Any] = {
        "version": PLAN_VERSION,
        "cmdlet": cmdlet,
        "sent_as": sent_as,
        "service": service,
        "effect": effect,
        "parameters": dict(parameters),
        "catalogue_version": catalogue_version,
        "connection": dict(connection),
        "organizations": sorted(str(organization.tenant_id) for organization in organizations),
        "requested_by": requested_by,
        "reason": reason,
        "ticket": ticket,
        "warnings": list(warnings),
    }
    if secrets:
        plan["secrets"] = dict(secrets)
    if purpose:
        plan["purpose"] = purpose
    return plan


def hash_of(plan: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the plan's canonical form (sorted keys, no white space, UTF-8) in hexadecimal."""
    canonical = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def check(plan: Mapping[str, Any], plan_hash: str) -> None:
    """Raise `PlanChanged` unless `plan_hash` is the hash of `plan`."""
    if hash_of(plan) != plan_hash:
        raise PlanChanged("The plan of this run was altered after it was reviewed. It will not be carried out.")
