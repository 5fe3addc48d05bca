"""Questions to the history of runs."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Count

from jobs.runs.models import Run, RunTarget
from jobs.runs.run_filter import RunFilter, filtered_runs
from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES
from portal.core.actors import Actor
from portal.core.pagination import PAGE_SIZE, Page, page_by_key

DRAFTS_SHOWN = 10
SORTS = {"launched": "launched_at", "cmdlet": "cmdlet", "organizations": "target_count", "person": "requested_by"}
"""What the history can be sorted by, under the word in its address."""

NEWEST_FIRST = "-launched"
_CHUNK = 500


def runs_page(
    *, actor: Actor, wanted: RunFilter, sort: str = NEWEST_FIRST, cursor: str = "", size: int = PAGE_SIZE
) -> Page[Run]:
    """Return launched runs, each with its counts by state, also while it goes on; `sort` is a word of `SORTS`."""
    order = f"{'-' * sort.startswith('-')}{SORTS[sort.removeprefix('-')]}"
    page = page_by_key(filtered_runs(actor=actor, wanted=wanted).defer("plan"), order=order, cursor=cursor, size=size)
    _count_open(actor, page.rows)
    return page


def all_runs(*, actor: Actor, wanted: RunFilter, sort: str = NEWEST_FIRST) -> Iterator[Run]:
    """Yield every run of `runs_page`, some hundreds in memory at a time."""
    cursor = ""
    while True:
        page = runs_page(actor=actor, wanted=wanted, sort=sort, cursor=cursor, size=_CHUNK)
        yield from page.rows
        cursor = page.next_cursor
        if not cursor:
            return


def runs_now(*, actor: Actor, run_ids: Sequence[UUID]) -> list[Run]:
    """Return these runs as they are now, each with its counts by state."""
    rows = list(Run.objects.visible_to(actor).launched().filter(pk__in=run_ids).defer("plan").order_by("pk"))
    _count_open(actor, rows)
    return rows


def drafts(*, actor: Actor) -> list[Run]:
    """Return the latest drafts of this person."""
    own = Run.objects.visible_to(actor).filter(state="draft", launched_at=None, requested_by_id=actor.id)
    return list(own.defer("plan").order_by("-drafted_at")[:DRAFTS_SHOWN])


def recent_runs(*, actor: Actor, cmdlet: str, number: int = 5) -> list[Run]:
    """Return the latest runs of a cmdlet, newest first, each with its counts by state."""
    found = Run.objects.visible_to(actor).of_people().filter(cmdlet=cmdlet, launched_at__isnull=False)
    rows = list(found.defer("plan").order_by("-launched_at")[:number])
    _count_open(actor, rows)
    return rows


def ended_runs(*, actor: Actor, number: int) -> list[Run]:
    """Return the runs that have ended, the latest launched first."""
    ended = Run.objects.visible_to(actor).launched().of_people().exclude(finished_at=None)
    return list(ended.defer("plan").order_by("-launched_at", "-pk")[:number])


def open_runs(*, actor: Actor, number: int) -> list[Run]:
    """Return the runs that go on, the latest launched first."""
    wanted = Run.objects.visible_to(actor).open().of_people()
    return list(wanted.defer("plan").order_by("-launched_at", "-pk")[:number])


def ended_targets(*, actor: Actor, runs: Sequence[Run]) -> dict[UUID, int]:
    """Return how many organizations of each run have an outcome; runs without any are left out."""
    ended = RunTarget.objects.visible_to(actor).filter(run__in=runs).exclude(state__in=OPEN_TARGET_STATES)
    return dict(ended.order_by().values_list("run_id").annotate(number=Count("pk")))


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
