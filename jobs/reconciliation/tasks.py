"""Celery's door to the reconciler."""

from celery import shared_task

from jobs.reconciliation.judging import judge_looks
from jobs.reconciliation.readings import launch_looks


@shared_task(name="jobs.reconciliation.reconcile")
def reconcile() -> None:
    """Judge the readings that have ended, and launch those that are due."""
    judge_looks()
    launch_looks()
