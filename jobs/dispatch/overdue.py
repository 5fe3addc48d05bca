"""Ending targets that waited to their deadline because nothing could be sent: throttled, or no token to be had."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from jobs.dispatch.reap import SWEEPER
from jobs.exchange.disturbances import THROTTLED_TOO_LONG
from jobs.runs.events import target_as_object
from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.throttling.decisions import Reason
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from portal.audit.actions import AuditAction
from portal.audit.services import draft, write

_AT_ONCE = 500


def end_overdue_targets() -> int:
    """End every queued target that was left alone for as long as one organization is tried; returns how many.

    It ends as errored, with what kept it waiting: nothing was sent.
    """
    number = 0
    while ended := _end_some():
        number += ended
    return number


@transaction.atomic
def _end_some() -> int:
    overdue = list(
        _overdue()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("run")
        .defer("run__plan")
        .order_by("pk")[:_AT_ONCE]
    )
    breakers = _overdue_breakers().in_bulk({target.identity for target in overdue})
    gates = OrganizationGate.objects.in_bulk({target.organization_id for target in overdue})
    found = [(target, breakers.get(target.identity) or gates.get(target.organization_id)) for target in overdue]
    # What held one back may have been forgotten meanwhile: then it goes on.
    reasons = {target: reason for target, reason in found if reason}
    now = timezone.now()
    for target, reason in reasons.items():
        target.state, target.finished_at, target.changed_at, target.not_before = TargetState.ERRORED, now, now, None
        target.error_class, target.error_code, target.error_detail = _explained(reason, target)
    RunTarget.objects.bulk_update(
        reasons,
        ["state", "finished_at", "changed_at", "not_before", "error_class", "error_code", "error_detail"],
        batch_size=_AT_ONCE,
    )
    write(
        [
            draft(
                AuditAction.RUN_TARGET_ENDED,
                actor=SWEEPER,
                target=target_as_object(target),
                data={
                    "cmdlet": target.run.cmdlet,
                    "on_behalf_of": target.run.requested_by,
                    "state": target.state,
                    "error_class": target.error_class,
                    "code": target.error_code,
                },
            )
            for target in reasons
        ]
    )
    return len(reasons)


def _overdue() -> QuerySet[RunTarget]:
    gates = OrganizationGate.objects.filter(closed_until__gt=Now(), since__lte=_long_ago())
    return RunTarget.objects.filter(
        Exists(gates.filter(organization=OuterRef("organization")))
        | Exists(_overdue_breakers().filter(key=OuterRef("identity"))),
        state=TargetState.QUEUED,
        run__state=RunState.RUNNING,
        queued_at__lte=_long_ago(),
    )


def _overdue_breakers() -> QuerySet[IdentityBreaker]:
    return IdentityBreaker.objects.filter(opened_at__lte=_long_ago())


def _long_ago() -> CombinedExpression:
    return Now() - timedelta(seconds=settings.TARGET_DEADLINE_SECONDS)


def _explained(reason: IdentityBreaker | OrganizationGate, target: RunTarget) -> tuple[str, str, str]:
    """Return error class, code and detail; of several steps, earlier ones may have been sent."""
    minutes = settings.TARGET_DEADLINE_SECONDS // 60
    has_steps = target.run.step_count > 1
    not_sent = f"Step {target.step} was not sent." if has_steps else "Nothing was sent."
    if isinstance(reason, IdentityBreaker):
        first = reason.refusals[0]
        detail = f"For {minutes} minutes no token could be had as {reason.name}. {not_sent}"
        return first["error_class"], first["code"], detail
    if reason.reason == Reason.FAILING:
        return reason.error_class, "", f"For {minutes} minutes this organization could not be asked. {not_sent}"
    did_not_run = f"Step {target.step} did not run." if has_steps else "The cmdlet did not run."
    detail = f"Exchange throttled this organization for {minutes} minutes. {did_not_run}"
    return THROTTLED_TOO_LONG.error_class, "", detail
