"""What was kept of one organization's attempts: answers, raw requests, and the download of all its objects."""

from uuid import UUID

from django.db import transaction

from jobs.results.bodies import decompress
from jobs.results.models import Result
from jobs.results.selectors import latest_result
from jobs.runs.events import target_as_object
from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused


class NothingToDownload(Refused):
    """The organization has no stored answer."""


def results_by_attempt(target: RunTarget) -> dict[UUID, list[Result]]:
    """Return what each attempt of a target brought, step by step, late answers included, without the bodies."""
    found: dict[UUID, list[Result]] = {}
    for result in Result.objects.filter(run_target=target).defer("body").order_by("step"):
        found.setdefault(result.attempt_id, []).append(result)
    return found


def answer_of(target: RunTarget, step: int | None = None) -> Result | None:
    """Return the answer of Exchange that the outcome of a target rests on; None when none came or none was usable.

    Of a run of several steps it is that of `step`, which has answered; 0 is none.
    """
    if step is not None:
        return latest_result(target, step) if step else None
    if target.state not in (TargetState.SUCCEEDED, TargetState.FAILED):
        return None
    result = latest_result(target)
    return result if result and result.attempt.answered_at is not None else None


@transaction.atomic
def download_target_rows(*, actor: Actor, target_id: UUID, step: int | None = None) -> tuple[RunTarget, bytes]:
    """Return a target and all its objects as JSON lines, and record the download; raises `NothingToDownload`.

    Of a run of several steps these are the objects of `step`.
    """
    actor.require(Permission.RUN_EXPORT)
    target = RunTarget.objects.visible_to(actor).select_related("run").filter(pk=target_id).first()
    result = answer_of(target, step) if target else None
    if target is None or result is None:
        raise NothingToDownload("Exchange has not answered for this organization, so there is nothing to download.")
    record(AuditAction.EXPORT_DOWNLOADED, actor=actor, target=target_as_object(target), data={"sha256": result.sha256})
    return target, decompress(bytes(result.body))
