"""What changed about relationships, as a listing."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words
from tenants.relationships.changes import filtered_changes
from tenants.relationships.models import RelationshipChange
from tenants.relationships.querysets import RelationshipChangeQuerySet
from tenants.web.change_filters import ChangeFilterForm

COLUMNS = (
    "FoundAt",
    "KnownAt",
    "Organization",
    "OrganizationId",
    "Relationship",
    "RelationshipId",
    "What",
    "Before",
    "After",
    "Change",
)


def _open(actor: Actor, selection: Selection) -> Table:
    form = ChangeFilterForm(actor, selection.query)
    changes = filtered_changes(actor=actor, wanted=form.wanted(timezone.now().date()))
    return Table(
        title="Changes of relationships",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(changes, form.order),
        url=address(reverse("tenants:relationship-changes"), selection.query),
        filters=filters_in_words(form),
    )


def _rows(changes: RelationshipChangeQuerySet, order: str) -> Iterator[Row]:
    return (_row(change) for change in each_by_key(changes, order=order))


def _row(change: RelationshipChange) -> Row:
    values = (
        change.found_at,
        change.known_at,
        change.organization_name,
        change.organization_id,
        change.label,
        change.key,
        change.get_kind_display(),
        change.before,
        change.after,
        change.pk,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (
    Listing("relationship-changes", "Changes of relationships", frozenset({Permission.ORGANIZATION_READ}), _open),
)
