"""What pages ask about exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.core.actors import Actor
from portal.core.pagination import Page, page_by_key
from portal.exports.models import UNDER_WAY, Export, ExportState

SORTS = {"asked": "requested_at", "what": "title", "rows": "row_count", "size": "byte_count"}
NEWEST_FIRST = "-asked"


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """Which exports are wanted; empty texts mean all. `everybody` includes those of others that one may see."""

    text: str = ""
    listing: str = ""
    format: str = ""
    state: str = ""
    everybody: bool = False


def exports_page(*, actor: Actor, wanted: ExportFilter, sort: str = NEWEST_FIRST, cursor: str = "") -> Page[Export]:
    """Return exports in the order of `sort`, a key of `SORTS` with `-` first for descending."""
    visible = Export.objects.visible_to(actor) if wanted.everybody else Export.objects.asked_by(actor)
    for word in wanted.text.split():
        visible = visible.filter(title__icontains=word)
    exact = {"listing": wanted.listing, "format": wanted.format, "state": wanted.state}
    visible = visible.filter(**{field: value for field, value in exact.items() if value})
    sign, key = ("-", sort[1:]) if sort.startswith("-") else ("", sort)
    return page_by_key(visible, order=f"{sign}{SORTS[key]}", cursor=cursor)


def export_of(*, actor: Actor, export_id: UUID) -> Export | None:
    """Return one export that `actor` may know of, or None."""
    return Export.objects.visible_to(actor).filter(pk=export_id).first()


def positions_in_queue() -> Mapping[UUID, int]:
    """Return how many exports come before each queued one: the one being made, and those asked for earlier."""
    under_way = Export.objects.filter(state__in=UNDER_WAY).order_by("requested_at", "pk")
    running, queued = 0, []
    for pk, state in under_way.values_list("pk", "state"):
        if state == ExportState.RUNNING:
            running += 1
        else:
            queued.append(pk)
    return {pk: running + before for before, pk in enumerate(queued)}
