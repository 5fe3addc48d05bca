"""Reading the partner's organizations: started by a person, carried out by a task, stored in one transaction."""

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.secrets.errors import SecretUnreadable
from portal.core.stops import is_everything_stopped, refuse_while_stopped
from portal.core.tasks import enqueue
from portal.core.text import storable
from tenants.microsoft.errors import MicrosoftError
from tenants.microsoft.explanations import explain
from tenants.partner.models import Partner
from tenants.partner.services import as_object
from tenants.sync.models import Synchronization, SynchronizationState
from tenants.sync.reading import CustomerReader, Progress
from tenants.sync.selectors import last_read_at
from tenants.sync.storing import Counts, store_reading
from tenants.tokens.failures import TokenFailure

LONGEST = timedelta(minutes=15)
GRACE = timedelta(seconds=30)


@transaction.atomic
def start_synchronization(*, actor: Actor, partner: Partner) -> Synchronization:
    """Ask for the organizations to be read; returns the one that is under way when there is one.

    Raises `Refused` while everything is stopped.
    """
    actor.require(Permission.PARTNER_SYNCHRONIZE)
    refuse_while_stopped()
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    open_one = Synchronization.objects.filter(
        partner=partner, state__in=[SynchronizationState.QUEUED, SynchronizationState.RUNNING]
    ).first()
    if open_one:
        enqueue("tenants.sync.synchronize", synchronization_id=str(open_one.pk))
        return open_one
    synchronization = Synchronization.objects.create(partner=partner, requested_by=actor.label)
    record(AuditAction.SYNCHRONIZATION_STARTED, actor=actor, target=as_object(partner))
    enqueue("tenants.sync.synchronize", synchronization_id=str(synchronization.pk))
    return synchronization


def sweep_synchronizations() -> None:
    """Ring again for synchronizations that nobody began, and end those whose worker was lost."""
    now = timezone.now()
    lost = Synchronization.objects.filter(state=SynchronizationState.RUNNING, started_at__lt=now - LONGEST)
    for synchronization in lost.select_related("partner"):
        _fail(Actor.system("sweeper"), synchronization, Refused("Its worker was lost. Read the organizations again."))
    waiting = Synchronization.objects.filter(state=SynchronizationState.QUEUED, requested_at__lt=now - GRACE)
    for key in waiting.values_list("pk", flat=True):
        enqueue("tenants.sync.synchronize", synchronization_id=str(key))


def synchronize(*, synchronization_id: UUID) -> None:
    """Carry a queued synchronization out; one that another worker has already begun is left alone.

    While everything is stopped it stays queued, and one that goes on ends before its next question to Microsoft.
    """
    if is_everything_stopped():
        return
    begun = Synchronization.objects.filter(pk=synchronization_id, state=SynchronizationState.QUEUED).update(
        state=SynchronizationState.RUNNING, started_at=timezone.now()
    )
    if not begun:
        return
    synchronization = Synchronization.objects.select_related("partner").get(pk=synchronization_id)
    actor = Actor.system("synchronization")
    try:
        reading = CustomerReader(synchronization.partner, _reporter(synchronization)).read()
        with transaction.atomic():
            known_at = last_read_at(synchronization.partner)
            counts = store_reading(actor=actor, partner=synchronization.partner, reading=reading, known_at=known_at)
            _finish(actor, synchronization, counts, total=len(reading.customers))
    except (TokenFailure, MicrosoftError, SecretUnreadable, Refused) as failure:
        _fail(actor, synchronization, failure)
    except Exception:
        _fail(actor, synchronization, Refused("Something unexpected happened; the log of the worker says what."))
        raise


def _reporter(synchronization: Synchronization) -> Progress:
    def report(step: str, done: int, total: int) -> None:
        refuse_while_stopped()
        Synchronization.objects.filter(pk=synchronization.pk).update(step=step, done=done, total=total)
        if not connection.in_atomic_block:
            connection.close()  # nobody holds one while waiting for Microsoft

    return report


def _fail(actor: Actor, synchronization: Synchronization, failure: Exception) -> None:
    explanation = explain(failure) if isinstance(failure, MicrosoftError) else getattr(failure, "explanation", None)
    sentence = f"{explanation.title}. {explanation.fix} ({failure})" if explanation else str(failure)
    with transaction.atomic():
        if not _end(synchronization, SynchronizationState.FAILED, error=storable(sentence)):
            return
        record(
            AuditAction.SYNCHRONIZATION_FAILED,
            actor=actor,
            target=as_object(synchronization.partner),
            data={"error": storable(sentence)},
        )


def _finish(actor: Actor, synchronization: Synchronization, counts: Counts, *, total: int) -> None:
    facts = {"added": counts.added, "vanished": counts.vanished, "changed": counts.changed, "total": total}
    ended = {"step": "", "done": total, "read_at": counts.read_at, **facts}
    if not _end(synchronization, SynchronizationState.SUCCEEDED, **ended):
        raise Refused("It took too long and was given up meanwhile. Read the organizations again.")
    record(AuditAction.SYNCHRONIZATION_FINISHED, actor=actor, target=as_object(synchronization.partner), data=facts)


def _end(synchronization: Synchronization, state: SynchronizationState, **values: object) -> bool:
    """End a synchronization that runs, once; returns whether it was still running."""
    running = Synchronization.objects.filter(pk=synchronization.pk, state=SynchronizationState.RUNNING)
    return bool(running.update(state=state, finished_at=timezone.now(), **values))
