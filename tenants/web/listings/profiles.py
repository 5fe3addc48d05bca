"""Connection profiles as a listing."""

from collections.abc import Iterator

from django.urls import reverse

from portal.core.actors import Actor
from portal.core.pagination import CHUNK_SIZE, page_by_key
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Selection, Table, address
from portal.exports.listings import Row as Cells
from portal.exports.words import filters_in_words
from tenants.web.profiles.filters import ProfileFilterForm
from tenants.web.profiles.listing import Row, rows_of

COLUMNS = (
    "Name",
    "Partner",
    "Method",
    "Identity",
    "Service",
    "Environment",
    "Delegation",
    "DefaultFor",
    "Groups",
    "OwnOrganizations",
    "AppliesTo",
    "EndsAt",
    "Ending",
    "Note",
    "ChangedAt",
    "ChangedBy",
    "RetiredAt",
    "Profile",
)


def _open(actor: Actor, selection: Selection) -> Table:
    form = ProfileFilterForm(selection.query)
    return Table(
        title="Connection profiles",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(actor, form),
        url=address(reverse("tenants:profiles"), selection.query),
        filters=filters_in_words(form),
    )


def _rows(actor: Actor, form: ProfileFilterForm) -> Iterator[Cells]:
    cursor = ""
    while True:
        page = page_by_key(form.rows(actor), order=form.order, cursor=cursor, size=CHUNK_SIZE)
        yield from map(_row, rows_of(actor, page.rows))
        cursor = page.next_cursor
        if not cursor:
            return


def _row(row: Row) -> Cells:
    profile = row.profile
    values = (
        profile.name,
        profile.partner.name,
        profile.get_method_display(),
        row.identity,
        profile.get_service_display(),
        profile.environment,
        profile.delegation,
        row.uses.default_for,
        row.uses.group_count,
        row.uses.organization_count,
        row.applies,
        row.ending.moment if row.ending else None,
        row.ending.words if row.ending else "",
        profile.note,
        profile.changed_at,
        profile.changed_by,
        profile.retired_at,
        profile.pk,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("connection-profiles", "Connection profiles", frozenset({Permission.ORGANIZATION_READ}), _open),)
