"""Celery's door to the notices."""

from celery import shared_task

from jobs.approvals import notices


@shared_task(name="jobs.approvals.deliver_notices")
def deliver_notices() -> None:
    """Deliver what is due."""
    notices.deliver_notices()
