"""Loading a volume: a year of made-up runs in made-up organizations, to measure and to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from jobs.results.rows.models import RowTable
from jobs.results.rows.unfolding import unfold_run
from jobs.volume.chance import Chance
from jobs.volume.making import Maker, Person
from jobs.volume.places import make_organizations
from jobs.volume.shape import shapes
from portal.accounts.models import User

BATCH = 4000
Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded; `largest_run_id` is the run with a tenth of all rows."""

    organizations: int
    runs: int
    targets: int
    rows: int
    events: int
    largest_run_id: UUID


def load_volume(*, organizations: int, targets: int, rows: int, seed: int, until: datetime, report: Report) -> Loaded:
    """Load runs of the year before `until`; the same seed and date give the same volume."""
    places = make_organizations(Chance(seed), organizations)
    chance = Chance(seed)
    people = [Person(str(user.pk), str(user)) for user in User.objects.order_by("username")] or [Person("", "Person")]
    maker = Maker(chance, places, people)
    run_ids = []
    done = 0
    for shape in shapes(chance, organizations=len(places), targets=targets, rows=rows, until=until):
        run_ids.append(maker.make(shape))
        done += shape.organizations
        if done // BATCH != (done - shape.organizations) // BATCH:
            _copy(maker)
            report("Making up run targets", done, targets)
    _copy(maker)
    _analyze()
    for number, run_id in enumerate(run_ids, start=1):
        _unfold(run_id)
        if number % 20 == 0 or number == len(run_ids):
            report("Unfolding results", number, len(run_ids))
    _analyze()
    return Loaded(
        organizations=len(places),
        runs=maker.runs.copied,
        targets=maker.targets.copied,
        rows=maker.row_count,
        events=maker.events.table.copied,
        largest_run_id=UUID(run_ids[-1]),
    )


@transaction.atomic
def _copy(maker: Maker) -> None:
    maker.copy()


@transaction.atomic
def _unfold(run_id: str) -> None:
    RowTable.objects.create(run_id=run_id, changed_at=timezone.now())
    unfold_run(run_id=run_id)


def _analyze() -> None:
    """Tell PostgreSQL what its tables hold now, before it plans with what they held before."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
