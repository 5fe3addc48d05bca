"""What a person does about an unknown outcome: decide."""

from uuid import UUID

from django.db import transaction

from jobs.reconciliation.models import Reconciliation
from jobs.runs.events import target_as_object
from jobs.runs.integrity import cmdlet_at
from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState, Verdict
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.clock import database_now
from portal.core.permissions import Permission
from portal.core.refusals import Refused

LONGEST_WORDS = 1000
_DECISIONS = (Verdict.APPLIED, Verdict.NOT_APPLIED)


class NotDecidable(Refused):
    """There is nothing to decide, or the decision lacks something; the message says what to do."""


@transaction.atomic
def decide(*, actor: Actor, target_id: UUID, verdict: str, words: str) -> Reconciliation:
    """Let a person's word stand for an outcome that is unknown; a later decision undoes it, the history stays.

    `verdict` is "applied" or "not_applied", `words` say how the person knows. Raises `NotDecidable`.
    """
    actor.require(Permission.RUN_RECONCILE)
    target = (
        RunTarget.objects.visible_to(actor, Permission.RUN_RECONCILE)
        .select_for_update(of=("self",))
        .select_related("run")
    )
    found = target.filter(pk=target_id).first()
    _check(found, verdict, words)
    assert found is not None  # noqa: S101 - checked
    last = Reconciliation.objects.filter(run_target=found, judged_at__isnull=False).last()
    now = database_now()
    decision = Reconciliation.objects.create(
        run_target=found,
        step=found.step,
        verdict=verdict,
        detail=words.strip(),
        lines=last.lines if last else [],
        read_cmdlet=last.read_cmdlet if last else "",
        by_id=actor.id,
        by=actor.label,
        made_at=now,
        looked_at=last.looked_at if last else None,
        judged_at=now,
    )
    before, found.verdict = found.verdict, verdict
    found.save(update_fields=["verdict"])
    record(
        AuditAction.RUN_TARGET_DECIDED,
        actor=actor,
        target=target_as_object(found),
        data={
            "cmdlet": cmdlet_at(found.run, found.step),
            "on_behalf_of": found.run.requested_by,
            "verdict": Verdict(verdict).label.lower(),
            "verdict_before": Verdict(before).label.lower() if before else "",
            "words": words.strip(),
        },
    )
    return decision


def _check(target: RunTarget | None, verdict: str, words: str) -> None:
    if target is None:
        raise NotDecidable("This organization of the run does not exist.")
    if target.state != TargetState.UNKNOWN:
        raise NotDecidable(
            f"The outcome here is certain: {target.get_state_display().lower()}. There is nothing to decide."
        )
    if verdict not in _DECISIONS:
        raise NotDecidable("Say whether it was carried out or not.")
    if not words.strip():
        raise NotDecidable("Say how you know: what you looked at, and what you saw.")
    if len(words) > LONGEST_WORDS:
        raise NotDecidable(f"Say it in at most {LONGEST_WORDS} characters.")
