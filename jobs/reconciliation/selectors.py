"""Questions about unknown outcomes and what was found out about them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.unknown_filter import WAITING, UnknownFilter, filtered_unknown
from jobs.runs.models import RunTarget
from jobs.runs.querysets import RunTargetQuerySet
from jobs.runs.states import TargetState
from portal.core.actors import Actor
from portal.core.pagination import Page, each_by_key, page_by_key

SORTS = {"lost": "finished_at", "organization": "organization_name", "cmdlet": "run__cmdlet", "verdict": "verdict"}
"""What the list can be sorted by, under the word in its address."""

NEWEST_FIRST = "-lost"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class UnknownOutcome:
    """One organization whose outcome is unknown, with the newest thing that was found out; None before the first."""

    target: RunTarget
    latest: Reconciliation | None


def unknown_page(*, actor: Actor, wanted: UnknownFilter, sort: str = NEWEST_FIRST, cursor: str = "") -> Page[RunTarget]:
    """Return unknown outcomes, each with its run; `sort` is a word of `SORTS`."""
    return page_by_key(_shown(actor, wanted), order=_order(sort), cursor=cursor)


def all_unknown(*, actor: Actor, wanted: UnknownFilter, sort: str = NEWEST_FIRST) -> Iterator[UnknownOutcome]:
    """Yield every outcome of `unknown_page` with what was found out, some hundreds in memory at a time."""
    chunk: list[RunTarget] = []
    for target in each_by_key(_shown(actor, wanted), order=_order(sort)):
        chunk.append(target)
        if len(chunk) == _CHUNK:
            yield from with_latest(chunk)
            chunk = []
    yield from with_latest(chunk)


def with_latest(targets: Sequence[RunTarget]) -> list[UnknownOutcome]:
    """Return `targets` with the newest thing that was found out about each."""
    found = Reconciliation.objects.filter(run_target__in=targets, judged_at__isnull=False)
    latest = {each.run_target_id: each for each in found.order_by("made_at", "pk")}
    return [UnknownOutcome(target, latest.get(target.pk)) for target in targets]


def found_out(*, target: RunTarget) -> list[Reconciliation]:
    """Return every look at a target and every decision about it, the newest first, also a look that goes on."""
    found = Reconciliation.objects.filter(run_target=target).select_related("reading")
    return list(found.order_by("-made_at", "-pk"))


def read_for(*, target: RunTarget) -> RunTarget | None:
    """Return the target whose unknown outcome the reading `target` looked into; None when it looked into none."""
    look = Reconciliation.objects.filter(reading=target).select_related("run_target__run").first()
    return look.run_target if look else None


def unknown_by_verdict(*, actor: Actor) -> Mapping[str, int]:
    """Return how many unknown outcomes there are by keys of `VERDICTS`."""
    unknown = RunTarget.objects.visible_to(actor).filter(state=TargetState.UNKNOWN)
    counted = unknown.order_by().values_list("verdict").annotate(number=Count("pk"))
    return {verdict or WAITING: number for verdict, number in counted}


def unknown_of_runs(*, actor: Actor, run_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """Return the same for each of these runs that has any."""
    unknown = RunTarget.objects.visible_to(actor).filter(run__in=run_ids, state=TargetState.UNKNOWN)
    found: dict[UUID, dict[str, int]] = {}
    for run_id, verdict, number in unknown.order_by().values_list("run", "verdict").annotate(number=Count("pk")):
        found.setdefault(run_id, {})[verdict or WAITING] = number
    return found


def _shown(actor: Actor, wanted: UnknownFilter) -> RunTargetQuerySet:
    shown = filtered_unknown(actor=actor, wanted=wanted).select_related("run", "organization")
    return shown.defer("run__plan", "run__counts")


def _order(sort: str) -> str:
    return f"{'-' * sort.startswith('-')}{SORTS[sort.removeprefix('-')]}"
