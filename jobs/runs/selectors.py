"""Questions that the pages of one run ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Max, Q
from django.db.models.functions import Now

from jobs.runs.models import Attempt, Connection, Run, RunTarget, StepOutcome
from jobs.runs.states import RunState, TargetState
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.pagination import Page, page_by_key
from tenants.organizations.models import Organization, Reachability

OVERLAP = timedelta(seconds=2)
"""How much later than it is stamped a change may become visible: the longest transaction of a worker."""


class Cell(NamedTuple):
    """One organization on the board of a run; times are aware UTC, and known only where they were asked for."""

    target_id: UUID
    position: int
    organization_name: str
    state: str
    error_class: str
    changed_at: datetime
    organization_id: UUID
    verdict: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def took(self) -> timedelta | None:
        """From the start of the first attempt to the end; None while that is open."""
        return self.finished_at - self.started_at if self.started_at and self.finished_at else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: targets by state (only states that occur), and what is known of the open ones.

    `sent` are running targets whose cmdlet is on its way; `deferred` are queued ones that wait for their next attempt.
    """

    counts: dict[str, int]
    sent: int
    deferred: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How many organizations are reachable, unreachable and not tried yet."""

    reachable: int
    unreachable: int
    untried: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.reachable + self.unreachable + self.untried


def launched_run(*, actor: Actor, run_id: UUID) -> Run | None:
    """Return a run that was launched, or None."""
    return Run.objects.visible_to(actor).launched().filter(pk=run_id).first()


def draft_of(*, actor: Actor, run_id: UUID) -> Run | None:
    """Return a draft of this very person, or None: nobody sees the drafts of others."""
    return Run.objects.visible_to(actor).filter(pk=run_id, state=RunState.DRAFT, requested_by_id=actor.id).first()


def board(*, actor: Actor, run_id: UUID, since: datetime | None = None, with_times: bool = False) -> list[Cell]:
    """Return the run's organizations in stable order, or only those that changed at or after `since`."""
    targets = RunTarget.objects.visible_to(actor).filter(run=run_id)
    if since is not None:
        targets = targets.filter(changed_at__gte=since)
    return [
        Cell(*values)
        for values in targets.order_by("position").values_list(
            "pk", *(Cell._fields[1:] if with_times else Cell._fields[1:-2])
        )
    ]


def newest_cells(*, actor: Actor, run_id: UUID) -> list[Cell]:
    """Return the organizations of a run that changed within two seconds of its newest change."""
    newest = RunTarget.objects.visible_to(actor).filter(run=run_id).aggregate(newest=Max("changed_at"))["newest"]
    return board(actor=actor, run_id=run_id, since=newest - OVERLAP) if newest else []


def progress_of(*, actor: Actor, run_id: UUID) -> Progress:
    """Return how far a run is, read in one pass."""
    figures = (
        RunTarget.objects.visible_to(actor)
        .filter(run=run_id)
        .aggregate(
            **{state.value: Count("pk", filter=Q(state=state)) for state in TargetState},
            sent=Count("pk", filter=Q(state=TargetState.RUNNING, intent_fence=F("fence"))),
            deferred=Count("pk", filter=Q(state=TargetState.QUEUED, not_before__gt=Now())),
        )
    )
    counts = {state.value: figures[state.value] for state in TargetState if figures[state.value]}
    return Progress(counts, figures["sent"], figures["deferred"])


def counts_by_step(*, actor: Actor, run_id: UUID) -> dict[int, dict[str, int]]:
    """Return how many organizations of a run of several steps ended each step how, by step and state."""
    ended = StepOutcome.objects.filter(run_target__in=RunTarget.objects.visible_to(actor).filter(run=run_id))
    found: dict[int, dict[str, int]] = {}
    for step, state, number in ended.order_by().values_list("step", "state").annotate(number=Count("pk")):
        found.setdefault(step, {})[state] = number
    return found


def organizations_of_targets(*, actor: Actor, run_id: UUID, states: Sequence[str], error_class: str) -> list[UUID]:
    """Return the organizations of a run whose target is in one of `states`, or all; of one error class, or any."""
    targets = RunTarget.objects.visible_to(actor).filter(run=run_id)
    if states:
        targets = targets.filter(state__in=states)
    if error_class:
        targets = targets.filter(error_class=error_class)
    return list(targets.order_by("position").values_list("organization_id", flat=True))


def planned_reach(*, actor: Actor, run: Run) -> Reach:
    """Return how many organizations of a plan can be reached, as far as is known now."""
    figures = (
        Organization.objects.visible_to(actor)
        .filter(tenant_id__in=run.plan["organizations"])
        .aggregate(**{reach.value: Count("pk", filter=Q(reachability=reach)) for reach in Reachability})
    )
    return Reach(**figures)


def planned_organizations(*, actor: Actor, run: Run, search: str = "", cursor: str = "") -> Page[Organization]:
    """Return the frozen list of a plan by name, narrowed by `search`."""
    found = Organization.objects.visible_to(actor).filter(tenant_id__in=run.plan["organizations"]).matching(search)
    return page_by_key(found, order="name", cursor=cursor)


def planned_organization_ids(*, actor: Actor, run: Run) -> list[UUID]:
    """Return the organizations of a plan by name."""
    found = Organization.objects.visible_to(actor).filter(tenant_id__in=run.plan["organizations"])
    return list(found.order_by("name", "pk").values_list("pk", flat=True))


def planned_named(*, actor: Actor, run: Run, number: int) -> list[tuple[UUID, str]]:
    """Return tenant id and name of the first organizations of a plan by name."""
    found = Organization.objects.visible_to(actor).filter(tenant_id__in=run.plan["organizations"])
    return list(found.order_by("name", "pk").values_list("tenant_id", "name")[:number])


def all_planned_organizations(*, actor: Actor, run: Run) -> list[Organization]:
    """Return the organizations of a plan by name."""
    found = Organization.objects.visible_to(actor).filter(tenant_id__in=run.plan["organizations"])
    return list(found.order_by("name", "pk"))


def target_of(*, actor: Actor, target_id: UUID) -> RunTarget | None:
    """Return one target with its run and organization, or None."""
    return RunTarget.objects.visible_to(actor).select_related("run", "organization").filter(pk=target_id).first()


def step_outcomes_of(target: RunTarget) -> list[StepOutcome]:
    """Return the ended steps of a target, in order."""
    return list(StepOutcome.objects.filter(run_target=target).order_by("step"))


def attempts_of(target: RunTarget) -> list[Attempt]:
    """Return every attempt of a target, oldest first."""
    return list(Attempt.objects.filter(run_target=target).order_by("number"))


def connections_of(target: RunTarget) -> dict[UUID, Connection]:
    """Return the connections that a target's attempts opened, by attempt."""
    return {connection.attempt_id: connection for connection in Connection.objects.filter(attempt__run_target=target)}


def events_of(*, actor: Actor, target: RunTarget) -> list[AuditEvent]:
    """Return the audit events about a target, oldest first; none for those who may not read the trail."""
    events = AuditEvent.objects.visible_to(actor).filter(run_id=target.run_id, target_id=str(target.pk))
    return list(events.order_by("occurred_at", "pk"))


def events_page(*, actor: Actor, run_id: UUID, organization: str = "", cursor: str = "") -> Page[AuditEvent]:
    """Return the audit events of a run and of its organizations, oldest first; none for those who may not read them."""
    events = AuditEvent.objects.visible_to(actor).filter(run_id=run_id)
    for word in organization.split():
        events = events.filter(organization_name__icontains=word)
    return page_by_key(events, order="occurred_at", cursor=cursor)
