"""Exports as their pages show them: finished words and addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from portal.core.actors import Actor
from portal.core.health import broker_answers
from portal.core.templatetags.presentation import counted
from portal.exports.listings import ListingUnknown, listing_named
from portal.exports.models import UNDER_WAY, Export, ExportState
from portal.exports.selectors import positions_in_queue

PATIENCE = timedelta(seconds=3)
LONG = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export; `waits` says why a queued one has not begun, `blocked` why it cannot be downloaded or made again."""

    export: Export
    listing: str
    state: str
    under_way: bool
    ready: bool
    progress: str
    waits: str
    blocked: str
    poll: str

    @property
    def anchor(self) -> str:
        """The id of the button that asked for it."""
        return menu_id(self.export.listing, self.export.of_id)


def menu_id(listing: str, of_id: str) -> str:
    """Return the DOM id of the export button of a listing."""
    return f"export-{listing}-{of_id}".rstrip("-")


def export_rows(actor: Actor, exports: Iterable[Export]) -> list[ExportRow]:
    """Return rows for a list; the queue and the broker are asked once, and only when something waits."""
    shown = list(exports)
    queued = [export for export in shown if export.state == ExportState.QUEUED]
    positions = positions_in_queue() if queued else {}
    overdue = any(timezone.now() - export.requested_at > PATIENCE for export in queued)
    away = overdue and not broker_answers()
    return [_row(actor, export, _waits(export, positions.get(export.pk, 0), away=away)) for export in shown]


def _row(actor: Actor, export: Export, waits: str) -> ExportRow:
    expired = export.state == ExportState.READY and bool(export.expires_at and export.expires_at <= timezone.now())
    title, blocked = _listing(actor, export)
    return ExportRow(
        export=export,
        listing=title,
        state="file_expired" if expired or export.state == ExportState.EXPIRED else export.state,
        under_way=export.state in UNDER_WAY,
        ready=export.state == ExportState.READY and not expired,
        progress=_progress(export),
        waits=waits,
        blocked=blocked,
        poll={ExportState.QUEUED: "every 3s", ExportState.RUNNING: "every 1s"}.get(ExportState(export.state), ""),
    )


def _listing(actor: Actor, export: Export) -> tuple[str, str]:
    try:
        listing = listing_named(export.listing)
    except ListingUnknown as unknown:
        return export.listing, str(unknown)
    missing = sorted(permission.value for permission in listing.permissions - actor.permissions)
    return listing.title, f"You no longer hold “{missing[0]}”. Ask an administrator for it." if missing else ""


def _progress(export: Export) -> str:
    if export.state != ExportState.RUNNING:
        return ""
    if export.total:
        return f"{export.done:,} of {counted(max(export.total, export.done), 'row')}"
    return f"{counted(export.done, 'row')} so far"


def _waits(export: Export, before: int, *, away: bool) -> str:
    if export.state != ExportState.QUEUED:
        return ""
    if away:
        return "The queue cannot be reached. The export stays queued and begins as soon as the queue is back."
    if before:
        return f"Waits for {counted(before, 'export')} before it."
    if timezone.now() - export.requested_at > LONG:
        return "No worker has taken it yet. Tell an administrator: the process rq-worker may not be running."
    return "Begins in a moment."
