"""Making the file of an export: the worker's side."""

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone
from rq.timeouts import JobTimeoutException

from portal.accounts.selectors import person_with_id
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor, Source
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import utc
from portal.exports.events import EXPORTER, as_object
from portal.exports.files import export_path, open_workplace, remove_workplace, seal
from portal.exports.listings import Row, Selection, Table, listing_named
from portal.exports.models import Export, ExportFormat, ExportState
from portal.exports.writers.comma_separated import write_csv
from portal.exports.writers.json_lines import write_jsonl
from portal.exports.writers.workbook import write_xlsx

log = structlog.get_logger(__name__)
LIFETIME = timedelta(days=7)
REPORT_SECONDS = 0.5


class Superseded(Exception):
    """The export was cancelled, or another worker makes it: whatever this one wrote is worth nothing."""


@dataclass(frozen=True, slots=True)
class _Written:
    rows: int
    notes: str = ""


def make_export(*, export_id: UUID) -> None:
    """Make the file of a queued export; one that another worker has begun, or nobody wants any more, is left alone."""
    export = _begin(export_id)
    if export is None:
        return
    try:
        path = open_workplace(export)
        written = _write(export, path)
        _finish(export, path, written)
    except Superseded:
        log.info("export.superseded", export=str(export_id), attempt=export.attempt)
    except Exception as error:
        end_in_failure(export, _reason(error))
        if isinstance(error, Refused | PermissionRefused):
            return
        log.exception("export.failed", export=str(export_id), error=str(error))
        raise
    finally:
        remove_workplace(export)


@transaction.atomic
def end_in_failure(export: Export, error: str) -> None:
    """End an attempt at an export, once: whoever comes second changes nothing."""
    if not _held(export):
        return
    export.state, export.error, export.finished_at = ExportState.FAILED, error, timezone.now()
    export.save(update_fields=["state", "error", "finished_at"])
    data = {"format": export.format, "error": error}
    record(AuditAction.EXPORT_FAILED, actor=EXPORTER, target=as_object(export), data=data)


def _begin(export_id: UUID) -> Export | None:
    now = timezone.now()
    begun = Export.objects.filter(pk=export_id, state=ExportState.QUEUED).update(
        state=ExportState.RUNNING, attempt=F("attempt") + 1, done=0, started_at=now, reported_at=now
    )
    return Export.objects.get(pk=export_id) if begun else None


def _write(export: Export, path: Path) -> _Written:
    actor = _requester(export)
    listing = listing_named(export.listing)
    listing.require(actor)
    table = listing.open(actor, Selection(export.of_id, QueryDict(export.query)))
    rows = _reporting(export, table.rows())
    if export.format == ExportFormat.CSV:
        return _Written(write_csv(path, table.columns(), rows))
    if export.format == ExportFormat.JSONL:
        return _Written(write_jsonl(path, rows))
    return _Written(*write_xlsx(path, listing.title, table.columns(), rows, lambda count: _about(export, table, count)))


def _requester(export: Export) -> Actor:
    """Return who asked, with the rights held now."""
    person = person_with_id(export.requested_by_id)
    if person is None:
        raise Refused(f"{export.requested_by} can no longer sign in, so this export is not made.")
    return person.as_actor(Source.TASK)


def _reporting(export: Export, rows: Iterable[Row]) -> Iterator[Row]:
    """Hand the rows on; twice a second say how many, and stop when the export is no longer this attempt's."""
    said = monotonic()
    for done, row in enumerate(rows, start=1):
        yield row
        if monotonic() - said >= REPORT_SECONDS:
            said = monotonic()
            mine = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, attempt=export.attempt)
            if not mine.update(done=done, reported_at=timezone.now()):
                raise Superseded


def _about(export: Export, table: Table, count: int) -> Iterator[tuple[str, str]]:
    yield "What", table.title
    yield "Filter", table.filters or "none: everything that was listed"
    yield "Rows", f"{count:,}"
    yield "Asked for by", export.requested_by
    yield "Asked for", utc(export.requested_at)
    yield "Made", utc(timezone.now())
    yield "Times", "in UTC"
    yield from table.facts
    yield "Export", str(export.pk)
    yield "Hash", "the SHA-256 of this file is on the export's page and in the audit trail"


@transaction.atomic
def _finish(export: Export, path: Path, written: _Written) -> None:
    """Offer the finished file: it gets its name and the export its state together, and only whole files get a name."""
    size, digest = seal(path)
    if not _held(export):
        raise Superseded
    os.replace(path, export_path(export))
    now = timezone.now()
    export.state, export.finished_at, export.expires_at = ExportState.READY, now, now + LIFETIME
    export.row_count, export.byte_count, export.sha256, export.notes = written.rows, size, digest, written.notes
    export.done = written.rows
    fields = ["state", "finished_at", "expires_at", "row_count", "byte_count", "sha256", "notes", "done"]
    export.save(update_fields=fields)
    data = {"format": export.format, "rows": written.rows, "bytes": size, "sha256": digest}
    record(AuditAction.EXPORT_FINISHED, actor=EXPORTER, target=as_object(export), data=data)


def _held(export: Export) -> bool:
    mine = Export.objects.select_for_update().filter(pk=export.pk)
    return mine.filter(state=ExportState.RUNNING, attempt=export.attempt).exists()


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionRefused):
        return f"The right was withdrawn after this export was asked for. {error}"
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, JobTimeoutException):
        return "It took longer than an hour. Narrow the filters and export in parts."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk of the portal is full. Tell an administrator; deleting exports helps at once."
    return "The file could not be written. Make it again; if that fails too, tell an administrator."
