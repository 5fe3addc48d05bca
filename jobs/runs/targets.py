"""The organizations of a run as a list: narrowed, sorted, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, F, IntegerField, Value
from django.db.models.functions import Coalesce

from jobs.runs.models import RunTarget
from jobs.runs.querysets import RunTargetQuerySet
from portal.core.actors import Actor
from portal.core.pagination import Page, each_by_key, page_by_key

ORDERS = {
    "name": "position",
    "state": "state",
    "cause": "error_class",
    "duration": "took",
    "attempts": "attempt_count",
    "objects": "rows",
}
"""The field behind each key by which targets are sorted; those that have not ended took no time."""


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """Which targets of a run are wanted; empty texts and None mean all."""

    state: str = ""
    error_class: str = ""
    organization: str = ""
    took_at_least: timedelta | None = None
    attempts_at_least: int | None = None
    objects_at_least: int | None = None


def targets_page(
    *, actor: Actor, run_id: UUID, wanted: TargetFilter, sort: str = "name", cursor: str = ""
) -> Page[RunTarget]:
    """Return the targets that `wanted` lets through, sorted by a key of `ORDERS` (`-` first for descending)."""
    field = ORDERS[sort.lstrip("-")]
    order = f"-{field}" if sort.startswith("-") else field
    return page_by_key(_wanted(actor, run_id, wanted), order=order, cursor=cursor)


def all_targets(*, actor: Actor, run_id: UUID, wanted: TargetFilter) -> Iterator[RunTarget]:
    """Yield every target that `wanted` lets through, with its organization, by position."""
    return each_by_key(_wanted(actor, run_id, wanted).select_related("organization"), order="position")


def causes_in(*, actor: Actor, run_id: UUID) -> list[tuple[str, int]]:
    """Return the error classes that occur in a run with their numbers, most frequent first."""
    failed = RunTarget.objects.visible_to(actor).filter(run=run_id).exclude(error_class="")
    counted = failed.order_by().values_list("error_class").annotate(number=Count("pk"))
    return sorted(counted, key=lambda item: (-item[1], item[0]))


def _wanted(actor: Actor, run_id: UUID, wanted: TargetFilter) -> RunTargetQuerySet:
    targets = (
        RunTarget.objects.visible_to(actor)
        .filter(run=run_id)
        .annotate(
            took=Coalesce(F("finished_at") - F("started_at"), timedelta()),
            rows=Coalesce("row_count", Value(-1), output_field=IntegerField()),
        )
    )
    exact = {
        "state": wanted.state,
        "error_class": wanted.error_class,
        "took__gte": wanted.took_at_least,
        "attempt_count__gte": wanted.attempts_at_least,
        "rows__gte": wanted.objects_at_least,
    }
    targets = targets.filter(**{field: value for field, value in exact.items() if value})
    for word in wanted.organization.split():
        targets = targets.filter(organization_name__icontains=word)
    return targets
