"""What nobody watches: exports whose message or worker was lost, expired files, leftovers."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.exports.events import EXPORTER, as_object
from portal.exports.files import remove_file, remove_leftovers
from portal.exports.making import end_in_failure
from portal.exports.models import Export, ExportState
from portal.exports.queue import ring

log = structlog.get_logger(__name__)
SILENCE = timedelta(minutes=2)
"""A worker says twice a second how far it is; one that was silent for so long is lost."""
GRACE = timedelta(seconds=30)
MOST_ATTEMPTS = 3


def sweep_exports() -> None:
    """Take exports from lost workers, ring for those that nobody began, delete files that expired or were left."""
    now = timezone.now()
    for export in Export.objects.filter(state=ExportState.RUNNING, reported_at__lt=now - SILENCE):
        _take_back(export)
    overdue = Q(requested_at__lt=now - GRACE) | Q(attempt__gt=0)
    waiting = Export.objects.filter(overdue, state=ExportState.QUEUED)
    if to_ring := list(waiting.order_by("requested_at")):
        ring(to_ring)
    for export in Export.objects.filter(state=ExportState.READY, expires_at__lt=now):
        _expire(export)
    _clear_leftovers()


def _take_back(export: Export) -> None:
    """Queue an export again whose worker was lost; the third time, end it."""
    if export.attempt >= MOST_ATTEMPTS:
        end_in_failure(
            export, f"Its worker was lost {export.attempt} times. Narrow the filters, or tell an administrator."
        )
        return
    lost = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, attempt=export.attempt)
    if lost.update(state=ExportState.QUEUED, done=0):
        log.warning("export.worker_lost", export=str(export.pk), attempt=export.attempt)


@transaction.atomic
def _expire(export: Export) -> None:
    if Export.objects.filter(pk=export.pk, state=ExportState.READY).update(state=ExportState.EXPIRED):
        record(AuditAction.EXPORT_EXPIRED, actor=EXPORTER, target=as_object(export), data={"sha256": export.sha256})
        transaction.on_commit(lambda: remove_file(export))


def _clear_leftovers() -> None:
    """Delete what killed workers and interrupted deletions left in the folder."""
    kept = Export.objects.filter(state__in=(ExportState.RUNNING, ExportState.READY)).values_list("pk", "attempt")
    remove_leftovers(lambda: dict(kept))
