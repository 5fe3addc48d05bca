"""What people do with exports: ask, cancel, download, delete, ask again."""

from uuid import UUID

from django.db import transaction
from django.http import QueryDict

from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.events import as_object
from portal.exports.files import export_path, remove_file
from portal.exports.listings import Selection, listing_named
from portal.exports.models import UNDER_WAY, Export, ExportFormat, ExportState
from portal.exports.querysets import ExportQuerySet
from portal.exports.queue import ring

NOT_PART_OF_A_FILE = ("cursor", "format")


class ExportRefused(Refused):
    """The export cannot be made or is not there any more."""


@transaction.atomic
def request_export(
    *, actor: Actor, listing: str, of_id: str = "", query: str = "", file_format: ExportFormat = ExportFormat.CSV
) -> Export:
    """Ask for a file of everything that a listing shows under `query`, the query string of its page.

    One that is being made already for the same person is returned as it is. Raises `Refused`.
    """
    found = listing_named(listing)
    found.require(actor)
    parameters = part_of_a_file(query)
    table = found.open(actor, Selection(of_id, parameters))
    wanted = {"listing": listing, "of_id": of_id, "query": parameters.urlencode(), "format": file_format}
    under_way = Export.objects.asked_by(actor).filter(**wanted, state__in=UNDER_WAY).first()
    if under_way:
        return under_way
    export = Export.objects.create(
        **wanted,
        title=table.title[:400],
        filters=table.filters,
        page=table.url,
        run_id=table.run_id,
        total=table.total,
        requested_by_id=actor.id,
        requested_by=actor.label,
    )
    data = {"format": export.format, "listing": listing, "filters": export.filters}
    record(AuditAction.EXPORT_REQUESTED, actor=actor, target=as_object(export), data=data)
    transaction.on_commit(lambda: ring([export]))
    return export


def repeat_export(*, actor: Actor, export_id: UUID) -> Export:
    """Ask anew for what an earlier export held, as it is now and with the rights of `actor`; raises `Refused`."""
    export = _found(Export.objects.visible_to(actor), export_id)
    return request_export(
        actor=actor,
        listing=export.listing,
        of_id=export.of_id,
        query=export.query,
        file_format=ExportFormat(export.format),
    )


@transaction.atomic
def cancel_export(*, actor: Actor, export_id: UUID) -> Export:
    """End an export that is queued or being made; its worker stops at the next row. Raises `ExportRefused`."""
    export = _found(_own_or_managed(actor).select_for_update(), export_id)
    if export.state not in UNDER_WAY:
        raise ExportRefused(f"There is nothing to cancel: this export is {export.get_state_display().lower()}.")
    export.state = ExportState.CANCELLED
    export.save(update_fields=["state"])
    record(AuditAction.EXPORT_CANCELLED, actor=actor, target=as_object(export), data={"rows": export.done})
    return export


@transaction.atomic
def delete_export(*, actor: Actor, export_id: UUID) -> Export:
    """Delete an export and its file now; what was done with it stays in the audit trail. Raises `ExportRefused`."""
    export = _found(_own_or_managed(actor).select_for_update(), export_id)
    if export.state in UNDER_WAY:
        raise ExportRefused("This export is being made. Cancel it first.")
    record(AuditAction.EXPORT_DELETED, actor=actor, target=as_object(export), data={"sha256": export.sha256})
    Export.objects.filter(pk=export.pk).delete()
    transaction.on_commit(lambda: remove_file(export))
    return export


@transaction.atomic
def download_export(*, actor: Actor, export_id: UUID) -> Export:
    """Return a finished export for download and record that; raises `Refused` when it is not there (any more).

    The rights are those of this moment: whoever may no longer see the listing may no longer download it.
    """
    export = _found(Export.objects.visible_to(actor), export_id)
    listing_named(export.listing).require(actor)
    if export.state != ExportState.READY or not export_path(export).exists():
        raise ExportRefused(_unavailable(export))
    record(AuditAction.EXPORT_DOWNLOADED, actor=actor, target=as_object(export), data={"sha256": export.sha256})
    return export


def part_of_a_file(query: str) -> QueryDict:
    """Return what of a page's query decides what a file holds: not the page, not what is empty."""
    parameters = QueryDict(query, mutable=True)
    for name in [name for name, values in parameters.lists() if name in NOT_PART_OF_A_FILE or not any(values)]:
        del parameters[name]
    return parameters


def _own_or_managed(actor: Actor) -> ExportQuerySet:
    """Return the exports that `actor` may end: their own; all for those who may also see all."""
    return (
        Export.objects.visible_to(actor)
        if actor.has_everywhere(Permission.EXPORT_READ_ALL)
        else Export.objects.asked_by(actor)
    )


def _found(exports: ExportQuerySet, export_id: UUID) -> Export:
    export = exports.filter(pk=export_id).first()
    if export is None:
        raise ExportRefused("There is no such export.")
    return export


def _unavailable(export: Export) -> str:
    sentences: dict[str, str] = {
        ExportState.QUEUED: "This export waits for its worker. It can be downloaded once it is ready.",
        ExportState.RUNNING: "This export is being made. It can be downloaded once it is ready.",
        ExportState.FAILED: "This export could not be made, so there is no file.",
        ExportState.CANCELLED: "This export was cancelled before it was complete, so there is no file.",
    }
    return sentences.get(export.state, "This export has expired and its file was deleted. Make it again.")
