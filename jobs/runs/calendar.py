"""The history of runs by day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from jobs.runs.run_filter import RunFilter, ended_in, filtered_runs
from portal.core.actors import Actor

WEEKS = 53


@dataclass(frozen=True, slots=True)
class Day:
    """What was launched on one day (UTC): runs, those that change something, organizations in them, and outcomes."""

    day: date
    runs: int
    changing: int
    organizations: int
    with_failures: int
    with_unknown: int


def first_day(today: date) -> date:
    """Return the Monday with which the calendar begins that ends in the week of `today`."""
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def days_with_runs(*, actor: Actor, wanted: RunFilter, today: date) -> list[Day]:
    """Return the days of the calendar on which runs were launched that `wanted` lets through, oldest first."""
    since = datetime.combine(first_day(today), time(), UTC)
    days = (
        filtered_runs(actor=actor, wanted=wanted)
        .filter(launched_at__gte=since)
        .order_by()
        .values_list(TruncDate("launched_at", tzinfo=UTC))
        .annotate(
            runs=Count("pk"),
            changing=Count("pk", filter=~Q(effect="read")),
            organizations=Sum("target_count"),
            with_failures=Count("pk", filter=ended_in("failures")),
            with_unknown=Count("pk", filter=ended_in("unknown")),
        )
    )
    return sorted((Day(*figures) for figures in days), key=lambda each: each.day)
