"""Celery's door to synchronizations."""

from uuid import UUID

from celery import shared_task

from tenants.sync import services


@shared_task(name="tenants.sync.synchronize")
def synchronize(*, synchronization_id: str) -> None:
    """Carry out one synchronization."""
    services.synchronize(synchronization_id=UUID(synchronization_id))
