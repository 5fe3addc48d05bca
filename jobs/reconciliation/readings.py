"""Looking at unknown outcomes: one run reads back what one step of a run may have changed, over all that are due."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.db import connection, transaction

from jobs.catalogue.cmdlets import UnknownCmdlet
from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.read_backs import reading_of
from jobs.global_stop.selectors import stop_in_force
from jobs.launch import launch_planned
from jobs.readings import calls_of, planned_reading
from jobs.reconciliation.due import Due, due_now
from jobs.reconciliation.judging import ALTERED, ask_person
from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.reconciler import RECONCILER
from jobs.runs.integrity import alteration_of, record_altered_plan
from jobs.runs.models import RunTarget
from jobs.runs.purposes import Purpose
from jobs.runs.ways import FrozenWays
from portal.core.clock import database_now

log = structlog.get_logger(__name__)
_LOCK = 0x5EC0
"""Names the advisory lock under which looks are launched."""


@transaction.atomic
def launch_looks() -> int:
    """Launch a reading for every run and step with organizations that are due; returns how many organizations.

    Of two at once, the second one does nothing, nor does any while everything is stopped. What nothing reads back is
    handed to a person here.
    """
    if not _is_alone() or stop_in_force():
        return 0
    now = database_now()
    groups: dict[tuple[UUID, int, str], list[Due]] = defaultdict(list)
    for due in due_now(now):
        groups[due.unknown.run_id, due.unknown.step, due.target.state].append(due)
    return sum(_look_apart(members, now) for members in groups.values())


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        alone: bool = cursor.fetchone()[0]
        return alone


def _look_apart(members: Sequence[Due], now: datetime) -> int:
    """Look at one group; what goes wrong there is undone, and holds up no other."""
    try:
        with transaction.atomic():
            return _look(members, now)
    except Exception:
        log.exception("reconciliation.not_launched", run=str(members[0].unknown.run_id), organizations=len(members))
        return 0


def _look(members: Sequence[Due], now: datetime) -> int:
    run, position = members[0].unknown.run, members[0].unknown.step
    if alteration := alteration_of(run):
        record_altered_plan(actor=RECONCILER, run=run, refusal=alteration)
        ask_person(members, now, ALTERED)
        return 0
    step = run.steps[position - 1]
    if not FrozenWays.of_plan(run.plan).profiles:
        ask_person(members, now, "The run was planned before connection profiles existed: there is no way in as then.")
        return 0
    try:
        reading = reading_of(step.sent_as, step.parameters)
    except UnknownCmdlet:
        ask_person(members, now, f"{step.cmdlet} is not in the catalogue any more, nor what reads it back.")
        return 0
    if reading is None:
        ask_person(members, now, f"Nothing reads back what {step.cmdlet} changes.")
        return 0
    try:
        calls = calls_of(reading, run)
    except InvalidCall as refusal:
        ask_person(members, now, f"{reading.cmdlet} cannot be asked about it: {refusal}")
        return 0
    organizations = [due.target.organization for due in members]
    why = f"Reads back whether {step.cmdlet} was carried out"
    planned = planned_reading(run, calls, organizations, reason=why, purpose=Purpose.RECONCILIATION)
    planned.reconciles = run
    launched = launch_planned(actor=RECONCILER, run=planned)
    targets = dict(RunTarget.objects.filter(run=launched).values_list("organization", "pk"))
    Reconciliation.objects.bulk_create(
        Reconciliation(
            run_target=due.target,
            step=position,
            look=due.looks + 1,
            reading_id=targets[due.target.organization_id],
            read_cmdlet=reading.cmdlet,
            by_id=RECONCILER.id,
            by=RECONCILER.label,
            made_at=now,
        )
        for due in members
    )
    return len(members)
