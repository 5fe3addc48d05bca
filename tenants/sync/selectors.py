"""What pages ask about synchronizations."""

from uuid import UUID

from tenants.sync.models import Synchronization, SynchronizationState


def latest_synchronization() -> Synchronization | None:
    """Return the newest synchronization, with its partner."""
    return Synchronization.objects.select_related("partner").order_by("-requested_at", "-pk").first()


def find_synchronization(synchronization_id: UUID) -> Synchronization | None:
    """Return one synchronization, with its partner."""
    return Synchronization.objects.select_related("partner").filter(pk=synchronization_id).first()


def is_open(synchronization: Synchronization) -> bool:
    """Whether the synchronization can still go on."""
    return synchronization.state in (SynchronizationState.QUEUED, SynchronizationState.RUNNING)
