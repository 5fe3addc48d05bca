"""Stopping everything at once, and lifting that: with nothing but the database."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from jobs.global_stop.models import GlobalStop
from jobs.global_stop.selectors import stop_in_force
from jobs.runs.models import Run
from jobs.runs.states import RunState
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.tasks import enqueue
from portal.core.text import storable


class StopRefused(Refused):
    """The stop cannot be ordered or lifted, or does not let something start; the message says why."""


@transaction.atomic
def stop_everything(*, actor: Actor, reason: str) -> GlobalStop:
    """Let no cmdlet start anywhere until the stop is lifted; runs stay as they are, what was sent ends by itself.

    Returns the stop; one that is in force already stays as it is. Raises `StopRefused` without a reason.
    """
    actor.require(Permission.GLOBAL_STOP_ORDER)
    reason = storable(reason.strip(), 500)
    if not reason:
        raise StopRefused("Say why everything is stopped: everybody sees the reason on every page.")
    # Whoever lifts the present one at this moment is waited for: then it is no stop any more.
    stop, is_new = GlobalStop.objects.select_for_update().get_or_create(
        lifted_at=None,
        defaults={
            "stopped_at": timezone.now(),
            "stopped_by_id": actor.id[:64],
            "stopped_by": actor.label[:300],
            "reason": reason,
        },
    )
    if is_new:
        record(AuditAction.GLOBAL_STOP_ORDERED, actor=actor, target=_as_object(stop), data={"reason": reason})
    return stop


@transaction.atomic
def lift_global_stop(*, actor: Actor) -> GlobalStop:
    """Let everything go on where it stood; raises `StopRefused` when no stop is in force."""
    actor.require(Permission.GLOBAL_STOP_LIFT)
    stop = GlobalStop.objects.select_for_update().filter(lifted_at=None).first()
    if stop is None:
        raise StopRefused("No stop is in force: it was lifted already.")
    stop.lifted_at, stop.lifted_by = timezone.now(), actor.label[:300]
    stop.save(update_fields=["lifted_at", "lifted_by"])
    record(AuditAction.GLOBAL_STOP_LIFTED, actor=actor, target=_as_object(stop), data={"reason": stop.reason})
    _let_go_on(stop)
    return stop


def refuse_while_stopped() -> None:
    """Raise `StopRefused` while a stop is in force."""
    if stop := stop_in_force():
        raise StopRefused(stop.refusal)


def _let_go_on(stop: GlobalStop) -> None:
    """Ring for every run that `stop` held, and keep how long it did."""
    held_since = Greatest(F("started_at"), stop.stopped_at)
    held = Run.objects.filter(state=RunState.RUNNING, started_at__isnull=False)
    held.update(held_for=F("held_for") + Now() - held_since)
    enqueue("jobs.dispatch.sweep")
    for run_id in held.values_list("pk", flat=True):
        enqueue("jobs.dispatch.start_run", run_id=str(run_id))


def _as_object(stop: GlobalStop) -> Object:
    return Object("global stop", str(stop.pk), str(stop))
