"""Unfolding: stored answers become rows that can be searched, ordered and counted in the database.

Nothing here is evidence: what is unfolded can be thrown away at any moment. It goes on in steps of a transaction each,
so a worker that dies leaves whole steps behind, and the next one continues there.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import django_rq
import structlog
from django.db import connection, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone
from redis import RedisError

from jobs.results.bodies import unpack
from jobs.results.rows.models import RowColumn, RowPart, RowTable
from jobs.results.rows.parts import PART_SIZE, Row, columns_of, cut, search_text
from jobs.results.selectors import latest_results
from jobs.results.tables import STEP, column_of
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import TargetState, is_open

log = structlog.get_logger(__name__)
AT_ONCE = 1000
"""So many rows are unfolded while somebody waits for the page; more is work for the RQ worker."""
TARGETS_AT_ONCE = 300
PATIENCE = timedelta(seconds=10)
FRESH = timedelta(days=1)
UNOPENED = timedelta(days=30)
_ANSWERED = (TargetState.SUCCEEDED, TargetState.FAILED)
_COPY_COLUMNS = "COPY row_column (run_id, part, name, place, kind, filled, texts, amounts) FROM STDIN (FORMAT BINARY)"
_COLUMN_TYPES = ["uuid", "int4", "text", "int4", "varchar", "int4", "text[]", "float8[]"]
_COPY_PARTS = "COPY row_part (run_id, number, positions, numbers, search) FROM STDIN (FORMAT BINARY)"
_PART_TYPES = ["uuid", "int4", "int4[]", "int4[]", "text"]


def prepare_rows(run: Run) -> RowTable:
    """Return the table of a run, with what has come in since; ring for the worker when that is much."""
    table, _ = RowTable.objects.get_or_create(run=run, defaults={"changed_at": timezone.now()})
    if table.is_complete and timezone.now() - table.changed_at < FRESH:
        return table
    if _rows_waiting(table, run) <= AT_ONCE:
        unfold_run(run_id=str(run.pk))
    else:
        _ring(table)
    table.refresh_from_db()
    return table


def unfold_whole_run(run: Run) -> None:
    """Unfold whatever of a run is not unfolded yet, here and now."""
    RowTable.objects.get_or_create(run=run, defaults={"changed_at": timezone.now()})
    unfold_run(run_id=str(run.pk))


def unfold_run(*, run_id: str) -> None:
    """Unfold every answer of a run that is not unfolded yet (the RQ job); doing it twice changes nothing."""
    while _step(UUID(run_id)):
        pass


def fold_run(run_id: UUID) -> None:
    """Throw the rows of a run away; the answers stay."""
    with transaction.atomic():
        RowColumn.objects.filter(run=run_id).delete()
        RowPart.objects.filter(run=run_id).delete()
        RowTable.objects.filter(run=run_id).delete()


def sweep_rows() -> None:
    """Throw away the rows of ended runs that nobody has opened for a month."""
    for run_id in RowTable.objects.filter(changed_at__lt=Now() - UNOPENED).values_list("pk", flat=True)[:10]:
        fold_run(run_id)


def _rows_waiting(table: RowTable, run: Run) -> int:
    """Return how many rows a call of `unfold_run` would unfold now."""
    anew = not table.is_final and not is_open(run.state)
    targets = RunTarget.objects.filter(run=run)
    waiting = targets if anew else targets.exclude(position__in=table.unfolded)
    if run.step_count > 1:
        return waiting.aggregate(rows=Sum("step_outcomes__row_count"))["rows"] or 0
    return waiting.filter(state__in=_ANSWERED).aggregate(rows=Sum("row_count"))["rows"] or 0


def _ring(table: RowTable) -> None:
    """Ring for the RQ worker, unless it was rung for, or made progress, a moment ago."""
    quiet = Q(rung_at=None) | Q(rung_at__lt=Now() - PATIENCE, changed_at__lt=Now() - PATIENCE)
    if not RowTable.objects.filter(quiet, pk=table.pk).update(rung_at=Now()):
        return
    try:
        _send(str(table.pk))
    except RedisError as error:
        log.warning("broker.unreachable", run=str(table.pk), error=str(error))


def _send(run_id: str) -> None:
    django_rq.get_queue("exports").enqueue(unfold_run, run_id=run_id, at_front=True)


class Answered(NamedTuple):
    """A target that has an outcome."""

    target_id: UUID
    position: int
    has_rows: bool


@transaction.atomic
def _step(run_id: UUID) -> bool:
    """Unfold the next organizations, about `PART_SIZE` rows; returns whether there may be more to do."""
    table = RowTable.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=run_id).first()
    if table is None:
        return False
    run = Run.objects.only("state", "step_count").get(pk=run_id)
    if not table.is_final and not is_open(run.state):
        _begin_anew(table)
    targets = _next_targets(table, run)
    if targets:
        _store(table, targets, with_step=run.step_count > 1)
    table.unfolded = sorted({*table.unfolded, *(target.position for target in targets)})
    table.changed_at = timezone.now()
    table.save()
    return bool(targets)


def _begin_anew(table: RowTable) -> None:
    """Make room for the final table, in which rows stand in the order of the organizations."""
    RowColumn.objects.filter(run=table.pk).delete()
    RowPart.objects.filter(run=table.pk).delete()
    table.is_final, table.unfolded, table.part_count, table.row_count = True, [], 0, 0


def _next_targets(table: RowTable, run: Run) -> list[Answered]:
    """Return the next targets that have an outcome, until their rows fill a part."""
    ended = RunTarget.objects.filter(run=run, finished_at__isnull=False)
    if table.is_final:  # in order: what follows the last one is all that is left
        ended = ended.filter(position__gt=table.unfolded[-1] if table.unfolded else -1)
    else:
        ended = ended.exclude(position__in=table.unfolded)
    found: list[Answered] = []
    rows = 0
    rows_in = Sum("step_outcomes__row_count") if run.step_count > 1 else F("row_count")
    for pk, position, state, row_count in (
        ended.annotate(rows_in=rows_in)
        .order_by("position")
        .values_list("pk", "position", "state", "rows_in")[:TARGETS_AT_ONCE]
    ):
        # Earlier steps may have answered where the last one did not.
        has_rows = bool(row_count) and (run.step_count > 1 or state in _ANSWERED)
        found.append(Answered(pk, position, has_rows))
        rows += row_count or 0 if has_rows else 0
        if rows >= PART_SIZE:
            break
    return found


def _store(table: RowTable, targets: list[Answered], *, with_step: bool) -> None:
    parts = list(cut(_rows_of(targets, with_step=with_step)))
    columns = [columns_of(part) for part in parts]
    numbers = range(table.part_count, table.part_count + len(parts))
    with connection.cursor() as cursor:
        with cursor.copy(_COPY_PARTS) as copy:
            copy.set_types(_PART_TYPES)
            for number, part, found in zip(numbers, parts, columns, strict=True):
                places = [row.position for row in part], [row.number for row in part]
                copy.write_row((table.pk, number, *places, search_text(found)))
        with cursor.copy(_COPY_COLUMNS) as copy:
            copy.set_types(_COLUMN_TYPES)
            for number, found in zip(numbers, columns, strict=True):
                for place, column in enumerate(found):
                    facts = (column.name, place, column.kind.value, column.filled)
                    copy.write_row((table.pk, number, *facts, column.texts, column.amounts))
    table.part_count += len(parts)
    table.row_count += sum(map(len, parts))


def _rows_of(targets: list[Answered], *, with_step: bool) -> Iterator[Row]:
    """Yield the rows that the targets' outcomes rest on, of several steps numbered through, each with its step."""
    answered = [target.target_id for target in targets if target.has_rows]
    results = latest_results(answered).filter(row_count__gt=0).annotate(position=F("run_target__position"))
    number, position = 0, -1
    for result in results.only("step", "body").iterator(chunk_size=50):
        number = number if result.position == position else 0
        position = result.position
        for properties in unpack(bytes(result.body)):
            number += 1
            yield Row(position, number, _with_step(result.step, properties) if with_step else properties)


def _with_step(step: int, properties: dict[str, Any]) -> dict[str, Any]:
    own = {column_of(name) if name == STEP else name: value for name, value in properties.items()}
    return {STEP: step, **own}
