"""Which runs of the history are wanted."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Length, Substr

from jobs.runs.models import Run, RunTarget
from jobs.runs.purposes import Purpose
from jobs.runs.querysets import RunQuerySet
from jobs.runs.states import OPEN_RUN_STATES, TargetState
from portal.core.actors import Actor
from tenants.organizations.names import organizations_meant

OUTCOMES = {
    "failures": (TargetState.FAILED, TargetState.ERRORED),
    "unknown": (TargetState.UNKNOWN,),
}
"""States that an organization of a run may have ended in, under the word that asks for such runs."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; empty texts and None mean all.

    `organization` is an id, or words of a name or domain. `value` is looked for in the parameters, `reason` in reason
    and ticket; `outcome` is a key of `OUTCOMES`; `requested_by_id` is one person's id. `launched_from` is included and
    `launched_before` is not (both aware). `readings` asks for the runs that look into unknown outcomes, and only those;
    otherwise they are left out.
    """

    cmdlet: str = ""
    state: str = ""
    risk: str = ""
    person: str = ""
    organization: str = ""
    value: str = ""
    reason: str = ""
    outcome: str = ""
    requested_by_id: str = ""
    launched_from: datetime | None = None
    launched_before: datetime | None = None
    readings: bool = False


def filtered_runs(*, actor: Actor, wanted: RunFilter) -> RunQuerySet:
    """Return the launched runs that `wanted` lets through, in no order."""
    runs = Run.objects.visible_to(actor).filter(launched_at__isnull=False)
    runs = runs.filter(purpose=Purpose.RECONCILIATION) if wanted.readings else runs.of_people()
    exact = {"state": wanted.state, "risk": wanted.risk, "requested_by_id": wanted.requested_by_id}
    runs = runs.filter(**{field: value for field, value in exact.items() if value})
    if wanted.launched_from:
        runs = runs.filter(launched_at__gte=wanted.launched_from)
    if wanted.launched_before:
        runs = runs.filter(launched_at__lt=wanted.launched_before)
    for word in wanted.cmdlet.split():
        runs = runs.filter(cmdlet__icontains=word)
    for word in wanted.person.split():
        runs = runs.filter(requested_by__icontains=word)
    for word in wanted.reason.split():
        runs = runs.filter(Q(reason__icontains=word) | Q(ticket__icontains=word))
    if wanted.value:
        arguments = Substr("powershell", Length("cmdlet") + Value(1))
        runs = runs.alias(arguments=arguments).filter(arguments__icontains=wanted.value)
    if wanted.organization:
        meant = organizations_meant(actor, wanted.organization)
        targets = RunTarget.objects.visible_to(actor).filter(organization__in=meant)
        runs = runs.filter(pk__in=targets.values("run"))
    return runs.filter(ended_in(wanted.outcome)) if wanted.outcome else runs


def ended_in(outcome: str) -> Q:
    """Return the condition that an organization of a run ended as `outcome` says, also while the run goes on."""
    states = OUTCOMES[outcome]
    stored = Q(*(Q(**{f"counts__{state.value}__gt": 0}) for state in states), _connector=Q.OR)
    ended = RunTarget.objects.filter(run=OuterRef("pk"), state__in=states)
    return stored | Q(Q(state__in=OPEN_RUN_STATES), Exists(ended))
