"""Questions to the history of runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef

from jobs.runs.models import Run, RunTarget
from jobs.runs.querysets import RunQuerySet
from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES
from portal.core.actors import Actor
from portal.core.pagination import Page, page_by_key

DRAFTS_SHOWN = 10
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; empty texts and None mean all.

    `launched_from` is included and `launched_before` is not (both aware); `requested_by_id` is one person's id.
    """

    cmdlet: str = ""
    state: str = ""
    risk: str = ""
    person: str = ""
    organization: str = ""
    requested_by_id: str = ""
    launched_from: datetime | None = None
    launched_before: datetime | None = None


def runs_page(*, actor: Actor, wanted: RunFilter, cursor: str = "") -> Page[Run]:
    """Return launched runs, newest first, each with its counts by state, also while it goes on."""
    page = page_by_key(_wanted(actor, wanted), order="-launched_at", cursor=cursor)
    _count_open(actor, page.rows)
    return page


def all_runs(*, actor: Actor, wanted: RunFilter) -> Iterator[Run]:
    """Yield every launched run that `wanted` lets through, newest first, some hundreds in memory at a time."""
    chunk: list[Run] = []
    for run in _wanted(actor, wanted).order_by("-launched_at", "-pk").iterator(chunk_size=_CHUNK):
        chunk.append(run)
        if len(chunk) == _CHUNK:
            _count_open(actor, chunk)
            yield from chunk
            chunk = []
    _count_open(actor, chunk)
    yield from chunk


def drafts(*, actor: Actor) -> list[Run]:
    """Return the latest drafts of this person."""
    own = Run.objects.visible_to(actor).filter(state="draft", launched_at=None, requested_by_id=actor.id)
    return list(own.order_by("-drafted_at")[:DRAFTS_SHOWN])


def recent_runs(*, actor: Actor, cmdlet: str, number: int = 5) -> list[Run]:
    """Return the latest runs of a cmdlet, newest first, each with its counts by state."""
    found = Run.objects.visible_to(actor).filter(cmdlet=cmdlet, launched_at__isnull=False)
    rows = list(found.order_by("-launched_at")[:number])
    _count_open(actor, rows)
    return rows


def ended_runs(*, actor: Actor, number: int) -> list[Run]:
    """Return the runs that have ended, the latest launched first."""
    ended = Run.objects.visible_to(actor).launched().exclude(finished_at=None)
    return list(ended.order_by("-launched_at", "-pk")[:number])


def open_runs(*, actor: Actor, number: int) -> list[Run]:
    """Return the runs that go on, the latest launched first."""
    return list(Run.objects.visible_to(actor).open().order_by("-launched_at", "-pk")[:number])


def ended_targets(*, actor: Actor, runs: Sequence[Run]) -> dict[UUID, int]:
    """Return how many organizations of each run have an outcome; runs without any are left out."""
    ended = RunTarget.objects.visible_to(actor).filter(run__in=runs).exclude(state__in=OPEN_TARGET_STATES)
    return dict(ended.order_by().values_list("run_id").annotate(number=Count("pk")))


def runs_with_unknown_outcomes(*, actor: Actor, number: int) -> list[Run]:
    """Return the ended runs in which the answer to a change was lost, the latest launched first."""
    runs = Run.objects.visible_to(actor).filter(counts__unknown__gt=0)
    return list(runs.order_by("-launched_at", "-pk")[:number])


def _wanted(actor: Actor, wanted: RunFilter) -> RunQuerySet:
    runs = Run.objects.visible_to(actor).filter(launched_at__isnull=False)
    for word in wanted.cmdlet.split():
        runs = runs.filter(cmdlet__icontains=word)
    for word in wanted.person.split():
        runs = runs.filter(requested_by__icontains=word)
    exact = {"state": wanted.state, "risk": wanted.risk, "requested_by_id": wanted.requested_by_id}
    runs = runs.filter(**{field: value for field, value in exact.items() if value})
    if wanted.launched_from:
        runs = runs.filter(launched_at__gte=wanted.launched_from)
    if wanted.launched_before:
        runs = runs.filter(launched_at__lt=wanted.launched_before)
    if wanted.organization:
        places = RunTarget.objects.visible_to(actor).filter(run=OuterRef("pk"))
        for word in wanted.organization.split():
            places = places.filter(organization_name__icontains=word)
        runs = runs.filter(Exists(places))
    return runs


def _count_open(actor: Actor, runs: Sequence[Run]) -> None:
    """Fill in the counts of runs that go on; those of ended ones are stored with them."""
    unfinished = {run.pk: run for run in runs if run.state in OPEN_RUN_STATES}
    counts: dict[UUID, dict[str, int]] = {pk: {} for pk in unfinished}
    for run_id, state, number in (
        RunTarget.objects.visible_to(actor)
        .filter(run__in=list(unfinished))
        .order_by()
        .values_list("run", "state")
        .annotate(number=Count("pk"))
    ):
        counts[run_id][state] = number
    for pk, run in unfinished.items():
        run.counts = counts[pk]
