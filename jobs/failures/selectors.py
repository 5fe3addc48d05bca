"""Where each failure is met: organizations that fail with it now, and what happened lately."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Subquery
from django.db.models.functions import JSONObject

from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.conditions import ended_targets
from tenants.organizations.models import Organization

NOT_DONE = (TargetState.FAILED, TargetState.ERRORED, TargetState.UNKNOWN)
RECENT = 20


@dataclass(frozen=True, slots=True)
class Affected:
    """An organization that fails now: it cannot be reached because of the failure, or its last run ended with it."""

    organization: Organization
    is_unreachable: bool
    last_target_id: UUID | None


def failing_now(*, actor: Actor) -> Mapping[str, int]:
    """Return how many organizations fail with each error class now."""
    found: Counter[str] = Counter()
    for each in _failing(actor):
        found.update({each.organization.reachability_class, each.last_class} - {""})
    return found


def organizations_failing_with(*, actor: Actor, error_class: str) -> Sequence[Affected]:
    """Return the organizations that fail with `error_class` now, by name."""
    return [
        Affected(
            each.organization,
            is_unreachable=each.organization.reachability_class == error_class,
            last_target_id=each.last_id if each.last_class == error_class else None,
        )
        for each in _failing(actor)
        if error_class in (each.organization.reachability_class, each.last_class)
    ]


def failed_since(*, actor: Actor, since: datetime) -> Mapping[str, int]:
    """Return in how many organizations each error class ended a run since then (aware)."""
    ended = RunTarget.objects.visible_to(actor).of_people().filter(finished_at__gte=since, state__in=NOT_DONE)
    counted = ended.exclude(error_class="").order_by().values_list("error_class")
    return dict(counted.annotate(number=Count("organization", distinct=True)))


def recent_targets(*, actor: Actor, error_class: str) -> Sequence[RunTarget]:
    """Return the run targets that ended with `error_class` last, the newest first, each with its run."""
    ended = RunTarget.objects.visible_to(actor).of_people().filter(error_class=error_class, finished_at__isnull=False)
    return list(ended.select_related("run").defer("run__plan").order_by("-finished_at")[:RECENT])


@dataclass(frozen=True, slots=True)
class _Last:
    """An organization with its last run there: the target, and its error class; empty where it did not fail."""

    organization: Organization
    last_id: UUID | None = None
    last_class: str = ""


def _failing(actor: Actor) -> list[_Last]:
    served = Organization.objects.visible_to(actor).served().order_by("name", "pk")
    if not actor.has(Permission.RUN_READ):
        return [_Last(organization) for organization in served]
    facts = JSONObject(id="pk", state="state", error_class="error_class")
    newest = ended_targets().annotate(facts=facts).values("facts")[:1]
    annotated = served.annotate(last=Subquery(newest))
    return [_last(organization, getattr(organization, "last", None)) for organization in annotated]


def _last(organization: Organization, facts: Mapping[str, str] | None) -> _Last:
    if facts is None or facts["state"] not in NOT_DONE:
        return _Last(organization)
    return _Last(organization, UUID(facts["id"]), facts["error_class"])
