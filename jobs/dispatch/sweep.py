"""The sweeper: gives back what dead workers held, and rings for everything that is due."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs.approvals.notices import ring_for_due_notices
from jobs.approvals.requests import expire_requests
from jobs.dispatch.off_boarding import skip_vanished_organizations
from jobs.dispatch.overdue import end_overdue_targets
from jobs.dispatch.reap import SWEEPER, close_lost_connections, reap_lost_targets
from jobs.dispatch.rings import ring_for
from jobs.dispatch.start import start_run
from jobs.global_stop.selectors import stop_in_force
from jobs.results.rows.unfolding import sweep_rows
from jobs.runs.models import Run, RunTarget
from jobs.runs.secrets import sweep_secrets
from jobs.runs.services import cancel_queued_targets, finish_if_done
from jobs.runs.states import RunState, TargetState
from portal.accounts.sessions.services import sweep_sessions
from portal.exports.sweeping import sweep_exports
from tenants.sign_ins.services import sweep_sign_ins
from tenants.sync.services import sweep_synchronizations

log = structlog.get_logger(__name__)
GRACE = timedelta(seconds=5)


def sweep() -> None:
    """Do one round: reap, close, skip, expire, cancel, start, finish, ring."""
    reap_lost_targets()
    close_lost_connections()
    end_overdue_targets()
    skip_vanished_organizations(actor=SWEEPER)
    expire_requests()
    for run in Run.objects.open().order_by("launched_at"):
        if run.cancel_requested_at is not None:
            with transaction.atomic():
                cancel_queued_targets(actor=SWEEPER, run=run)
        elif run.state == RunState.QUEUED:
            start_run(run_id=run.pk)
        finish_if_done(actor=SWEEPER, run_id=run.pk)
    if not stop_in_force():
        ring_for_due_targets()
    ring_for_due_notices()
    sweep_secrets()
    sweep_sign_ins()
    sweep_sessions()
    sweep_synchronizations()
    sweep_rows()
    sweep_exports()  # last, because a full or broken disk ends it


def ring_for_due_targets() -> None:
    """Ring for targets that have been due for a while, when fewer messages wait: then messages were lost."""
    due = RunTarget.objects.filter(
        Q(not_before=None) | Q(not_before__lte=Now()),
        state=TargetState.QUEUED,
        run__state=RunState.RUNNING,
    ).exclude(changed_at__range=(Now() - GRACE, Now()))  # a clock that was ahead keeps none from being rung for
    ring_for(due[: settings.MOST_RINGS].count())
