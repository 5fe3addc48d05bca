"""What an earlier worker of this machine left behind when it was killed."""

import psutil
import structlog
from django.db.models.functions import Now

from jobs.dispatch.worker import worker_name
from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from portal.core.tasks import ring

log = structlog.get_logger(__name__)


def give_up_leases_of_dead_workers() -> int:
    """End the leases of this machine's workers whose process is gone, and have the sweeper look; returns how many.

    Otherwise their targets wait until the leases run out by themselves.
    """
    host = worker_name().rpartition(":")[0]
    held = RunTarget.objects.filter(state=TargetState.RUNNING, lease_owner__startswith=f"{host}:")
    owners = set(held.values_list("lease_owner", flat=True))
    dead = [owner for owner in owners if not psutil.pid_exists(int(owner.rpartition(":")[2]))]
    given_up = held.filter(lease_owner__in=dead).update(lease_until=Now()) if dead else 0
    if given_up:
        log.warning("leases.given_up", workers=dead, targets=given_up)
        ring("jobs.dispatch.sweep")
    return given_up
