"""What came of the looks: readings that have ended become verdicts, or another look later."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from jobs.catalogue.read_backs import reading_of
from jobs.reconciliation.due import Due, call_of, sending_attempts, unknown_before
from jobs.reconciliation.evidence import Call, Found, Judgement
from jobs.reconciliation.looks import MOST_IN_VAIN, next_look
from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.reconciler import RECONCILER
from jobs.reconciliation.sightings import Sighting, sightings_of
from jobs.reconciliation.verdicts import judge
from jobs.runs.events import target_as_object
from jobs.runs.integrity import alteration_of, cmdlet_at
from jobs.runs.models import Attempt, RunTarget
from jobs.runs.states import OPEN_TARGET_STATES, TargetState, Verdict
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.clock import database_now

log = structlog.get_logger(__name__)

ALTERED = "The plan of the run was altered in the database after its review: what was wanted is not certain any more."
_MOST_AT_ONCE = 500


@transaction.atomic
def judge_looks() -> int:
    """Judge every look whose reading has ended; returns how many. Of two at once, each judges what is left to it."""
    ended = (
        Reconciliation.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(judged_at=None, reading__isnull=False)
        .exclude(reading__state__in=OPEN_TARGET_STATES)
        .prefetch_related("run_target__run", "run_target__organization", "reading__run")
        .order_by("made_at", "pk")[:_MOST_AT_ONCE]
    )
    looks = list(ended)
    unknown = {look.pk: _unknown(look.run_target) for look in looks}
    attempts = sending_attempts(list(unknown.values()))
    altered = {run.pk for run in {target.run for target in unknown.values()} if alteration_of(run)}
    sightings = sightings_of([look.reading for look in looks if look.reading is not None])
    now = database_now()
    for look in looks:
        target, sighting = unknown[look.pk], sightings[_reading_id(look)]
        if target.run_id in altered:
            _close(look, sighting, Judgement(Verdict.NEEDS_PERSON, ALTERED), now)
        else:
            _compare(look, sighting, target, attempts.get(target.pk), now)
    fields = ["verdict", "detail", "lines", "request_id", "looked_at", "judged_at", "next_look_at"]
    Reconciliation.objects.bulk_update(looks, fields, batch_size=200)
    _settle([look for look in looks if look.verdict])
    return len(looks)


def ask_person(members: Sequence[Due], now: datetime, why: str) -> None:
    """Hand over to a person what nothing reads back, in the present transaction."""
    asked = [
        Reconciliation(
            run_target=due.target,
            step=due.unknown.step,
            look=due.looks + 1,
            verdict=Verdict.NEEDS_PERSON,
            detail=why,
            by_id=RECONCILER.id,
            by=RECONCILER.label,
            made_at=now,
            judged_at=now,
        )
        for due in members
    ]
    Reconciliation.objects.bulk_create(asked)
    _settle(asked)


def _unknown(target: RunTarget) -> RunTarget:
    """Return the target whose call got no answer: the same one, or the earlier one that it tries again."""
    return target if target.state == TargetState.UNKNOWN else unknown_before(target) or target


def _reading_id(look: Reconciliation) -> UUID:
    assert look.reading_id is not None  # noqa: S101 - only looks with a reading are asked for
    return look.reading_id


def _compare(
    look: Reconciliation, sighting: Sighting, target: RunTarget, attempt: Attempt | None, now: datetime
) -> None:
    """Enter into `look` what `sighting` means, and when to look again where it means nothing yet."""
    call = None
    try:
        call = call_of(target, attempt)
        judgement = _judgement(look, sighting, call)
    except Exception:  # whatever Exchange answered there, the other organizations get their verdicts
        log.exception("reconciliation.not_compared", run_target_id=str(target.pk), look=look.look)
        judgement = Judgement(Verdict.NEEDS_PERSON, "Signalbox could not compare what was found with what was wanted.")
    _close(look, sighting, judgement, now)
    if judgement.verdict is None and call is not None:
        look.next_look_at = next_look(look.look or 1, looked_at=sighting.looked_at or now, ends_by=call.ends_by)


def _close(look: Reconciliation, sighting: Sighting, judgement: Judgement, now: datetime) -> None:
    look.judged_at, look.looked_at, look.request_id = now, sighting.looked_at or now, sighting.request_id
    look.verdict, look.detail = judgement.verdict or "", judgement.detail
    look.lines = [asdict(line) for line in judgement.lines]


def _judgement(look: Reconciliation, sighting: Sighting, call: Call | None) -> Judgement:
    if call is None:
        return Judgement(Verdict.NEEDS_PERSON, "When the call was sent is not recorded.")
    if sighting.problem:
        in_vain = sighting.is_hopeless or (look.look or 1) >= MOST_IN_VAIN
        return Judgement(Verdict.NEEDS_PERSON if in_vain else None, sighting.problem)
    reading = reading_of(call.cmdlet, call.parameters)
    if reading is None or sighting.looked_at is None:
        return Judgement(Verdict.NEEDS_PERSON, f"Nothing reads back what {call.cmdlet} changes.")
    others = dict(zip(reading.strangers, sighting.others, strict=False))
    known = {name: names for name, names in others.items() if names}
    return judge(call, reading, Found(sighting.rows, sighting.looked_at, known))


def _settle(looks: Sequence[Reconciliation]) -> None:
    """Let the verdicts of `looks` stand beside the outcomes, each with its event, unless a person has decided."""
    stepped = {(look.run_target.run, look.step) for look in looks}
    cmdlets = {(run.pk, step): cmdlet_at(run, step) for run, step in stepped}
    events = []
    for look in looks:
        undecided = RunTarget.objects.filter(pk=look.run_target_id, verdict="")
        if undecided.update(verdict=look.verdict):
            events.append(_event(look, cmdlets[look.run_target.run_id, look.step]))
    write(events)


def _event(look: Reconciliation, cmdlet: str) -> AuditEvent:
    target = look.run_target
    return draft(
        AuditAction.RUN_TARGET_RECONCILED,
        actor=RECONCILER,
        target=target_as_object(target),
        data={
            "cmdlet": cmdlet,
            "on_behalf_of": target.run.requested_by,
            "verdict": Verdict(look.verdict).label.lower(),
            "detail": look.detail,
            "read_cmdlet": look.read_cmdlet,
            "reading_run": str(look.reading.run_id) if look.reading else "",
            "request_id": look.request_id,
            "look": look.look,
        },
    )
