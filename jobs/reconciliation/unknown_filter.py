"""Which unknown outcomes are wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jobs.runs.models import RunTarget
from jobs.runs.querysets import RunTargetQuerySet
from jobs.runs.states import TargetState, Verdict
from portal.core.actors import Actor
from tenants.organizations.names import organizations_meant

WAITING = "waiting"
VERDICTS: Mapping[str, str] = {
    Verdict.NEEDS_PERSON.value: "needs a person",
    WAITING: "being read back",
    Verdict.APPLIED.value: "as planned",
    Verdict.NOT_APPLIED.value: "not carried out",
}
"""What is known of an outcome that was unknown, in words."""


@dataclass(frozen=True, slots=True)
class UnknownFilter:
    """Which unknown outcomes are wanted; empty texts and None mean all.

    `organization` is an id, or words of a name or domain; `verdict` a key of `VERDICTS`. `from_` is included and
    `before` is not (both aware); both are about when the answer was lost.
    """

    organization: str = ""
    cmdlet: str = ""
    person: str = ""
    run_id: UUID | None = None
    verdict: str = ""
    from_: datetime | None = None
    before: datetime | None = None


def filtered_unknown(*, actor: Actor, wanted: UnknownFilter) -> RunTargetQuerySet:
    """Return the targets whose outcome is unknown that `wanted` lets through, in no order."""
    unknown = RunTarget.objects.visible_to(actor).filter(state=TargetState.UNKNOWN)
    exact = {"run": wanted.run_id, "finished_at__gte": wanted.from_, "finished_at__lt": wanted.before}
    unknown = unknown.filter(**{field: value for field, value in exact.items() if value})
    if wanted.verdict:
        unknown = unknown.filter(verdict="" if wanted.verdict == WAITING else wanted.verdict)
    for word in wanted.cmdlet.split():
        unknown = unknown.filter(run__cmdlet__icontains=word)
    for word in wanted.person.split():
        unknown = unknown.filter(run__requested_by__icontains=word)
    if wanted.organization:
        unknown = unknown.filter(organization__in=organizations_meant(actor, wanted.organization).values("pk"))
    return unknown
