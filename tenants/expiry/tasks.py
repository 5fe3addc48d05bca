"""Celery's door to warnings."""

from celery import shared_task

from portal.core.actors import Actor
from tenants.expiry import services


@shared_task(name="tenants.expiry.warn")
def warn() -> None:
    """Warn of what ends soon."""
    services.warn_of_expiries(actor=Actor.system("scheduler"))
