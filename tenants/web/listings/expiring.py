"""Relationships that end soon, as a listing."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words
from tenants.expiry.selectors import expiring
from tenants.relationships.models import DelegatedAdminRelationship
from tenants.relationships.roles import role_name
from tenants.web.expiring import ExpiringForm

COLUMNS = ("Organization", "TenantId", "DisplayName", "Status", "EndsAt", "Roles", "ReadAt", "Relationship")


def _open(actor: Actor, selection: Selection) -> Table:
    form = ExpiringForm(selection.query)
    found = expiring(actor, now=timezone.now(), **form.wanted)
    return Table(
        title="Relationships that end soon",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(found, form.order),
        url=address(reverse("tenants:expiring"), selection.query),
        total=found.count(),
        filters=filters_in_words(form),
    )


def _rows(found: QuerySet[DelegatedAdminRelationship], order: str) -> Iterator[Row]:
    return (_row(each) for each in each_by_key(found, order=order))


def _row(relationship: DelegatedAdminRelationship) -> Row:
    values = (
        relationship.organization.name,
        relationship.organization.tenant_id,
        relationship.display_name,
        relationship.status,
        relationship.end_at,
        ", ".join(sorted(map(role_name, relationship.role_ids))),
        relationship.read_at,
        relationship.pk,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("expiring", "Relationships that end soon", frozenset({Permission.ORGANIZATION_READ}), _open),)
