"""Exports: asked for by a person, made by an RQ job, downloaded once or often, deleted after a week."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import django_rq
import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import RedisError

from jobs.results.models import Export, ExportFormat, ExportState
from jobs.results.selectors import TargetRows, merged_columns, rows_by_target
from jobs.results.tables import write_csv, write_jsonl
from jobs.runs.models import Run
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused

log = structlog.get_logger(__name__)
LIFETIME = timedelta(days=7)
LONGEST = timedelta(hours=1)
EXPORTER = Actor.system("exporter")
REPORT_EVERY = 50


class ExportRefused(Refused):
    """The export cannot be made or is not there any more."""


def export_path(export: Export) -> Path:
    """Return where the file of an export lies."""
    return Path(settings.EXPORT_DIR) / f"{export.pk}.{export.format}"


@transaction.atomic
def request_export(*, actor: Actor, run_id: UUID, file_format: ExportFormat) -> Export:
    """Ask for a file of all results of a run; one that is being made already is returned as it is."""
    actor.require(Permission.RUN_EXPORT)
    run = Run.objects.visible_to(actor).launched().select_for_update().filter(pk=run_id).first()
    if run is None:
        raise ExportRefused("There is no such run.")
    under_way = Export.objects.filter(
        run=run, format=file_format, state__in=[ExportState.QUEUED, ExportState.RUNNING], requested_by_id=actor.id
    ).first()
    if under_way:
        return under_way
    export = Export.objects.create(
        run=run, format=file_format, total=run.target_count, requested_by_id=actor.id, requested_by=actor.label
    )
    record(AuditAction.EXPORT_REQUESTED, actor=actor, target=_as_object(export), data={"format": export.format})
    transaction.on_commit(lambda: enqueue_export(export.pk))
    return export


def enqueue_export(export_id: UUID) -> None:
    """Ring for the RQ worker; a broker that is away is logged, and the sweeper rings again."""
    try:
        django_rq.get_queue("exports").enqueue(make_export, str(export_id))
    except RedisError as error:
        log.warning("broker.unreachable", export=str(export_id), error=str(error))


def make_export(export_id: str) -> None:
    """Make the file of a queued export (the RQ job); one that is made already is left alone."""
    begun = Export.objects.filter(pk=export_id, state=ExportState.QUEUED).update(
        state=ExportState.RUNNING, started_at=timezone.now()
    )
    if not begun:
        return
    export = Export.objects.select_related("run").get(pk=export_id)
    try:
        lines = _write(export)
    except Exception as error:
        _end(export, ExportState.FAILED, AuditAction.EXPORT_FAILED, error="The file could not be written.")
        log.exception("export.failed", export=export_id, error=str(error))
        raise
    content = export_path(export)
    export.row_count, export.byte_count, export.sha256 = lines, content.stat().st_size, _sha256(content)
    _end(export, ExportState.READY, AuditAction.EXPORT_FINISHED)


def download_export(*, actor: Actor, export_id: UUID) -> Export:
    """Return a finished export for download and record that; raises `ExportRefused` when it is not there (any more)."""
    actor.require(Permission.RUN_EXPORT)
    with transaction.atomic():
        visible = Export.objects.filter(run__in=Run.objects.visible_to(actor)).select_related("run")
        export = visible.filter(pk=export_id).first()
        if export is None:
            raise ExportRefused("There is no such export.")
        if export.state != ExportState.READY or not export_path(export).exists():
            raise ExportRefused("This export has expired. Make it again from the run.")
        record(AuditAction.EXPORT_DOWNLOADED, actor=actor, target=_as_object(export), data={"sha256": export.sha256})
    return export


def sweep_exports() -> None:
    """Ring again for exports that nobody began, end those whose worker was lost, delete the files of expired ones."""
    now = timezone.now()
    for export in Export.objects.filter(state=ExportState.QUEUED, requested_at__lt=now - timedelta(seconds=60)):
        enqueue_export(export.pk)
    lost = Export.objects.filter(state=ExportState.RUNNING, started_at__lt=now - LONGEST)
    for export in lost.select_related("run"):
        _end(export, ExportState.FAILED, AuditAction.EXPORT_FAILED, error="Its worker was lost.")
    for export in Export.objects.filter(state=ExportState.READY, expires_at__lt=now).select_related("run"):
        _expire(export)


def _write(export: Export) -> int:
    path = export_path(export)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _unfinished_path(export)
    targets = _reporting(export, rows_by_target(actor=EXPORTER, run_id=export.run_id))
    with draft.open("w", encoding="utf-8", newline="") as file:
        if export.format == ExportFormat.CSV:
            lines = write_csv(file, merged_columns(actor=EXPORTER, run_id=export.run_id), targets)
        else:
            lines = write_jsonl(file, targets)
    draft.rename(path)
    return lines


def _unfinished_path(export: Export) -> Path:
    return export_path(export).with_suffix(".part")


def _reporting(export: Export, targets: Iterator[TargetRows]) -> Iterator[TargetRows]:
    for done, item in enumerate(targets, start=1):
        if done % REPORT_EVERY == 0:
            Export.objects.filter(pk=export.pk).update(done=done)
        yield item


@transaction.atomic
def _expire(export: Export) -> None:
    if Export.objects.filter(pk=export.pk, state=ExportState.READY).update(state=ExportState.EXPIRED):
        export_path(export).unlink(missing_ok=True)
        record(AuditAction.EXPORT_EXPIRED, actor=EXPORTER, target=_as_object(export), data={"sha256": export.sha256})


@transaction.atomic
def _end(export: Export, state: ExportState, action: AuditAction, *, error: str = "") -> None:
    """End an export that is being made, once: whoever comes second changes nothing."""
    if not Export.objects.select_for_update().filter(pk=export.pk, state=ExportState.RUNNING).exists():
        return
    now = timezone.now()
    export.state, export.error, export.finished_at, export.expires_at = state, error, now, now + LIFETIME
    export.done = export.total
    export.save(
        update_fields=["state", "error", "finished_at", "expires_at", "done", "row_count", "byte_count", "sha256"]
    )
    _unfinished_path(export).unlink(missing_ok=True)
    record(
        action,
        actor=EXPORTER,
        target=_as_object(export),
        data={"format": export.format, "rows": export.row_count, "sha256": export.sha256},
    )


def _as_object(export: Export) -> Object:
    return Object("export", str(export.pk), str(export.run), run_id=export.run_id)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
