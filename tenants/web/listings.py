"""Organizations as a listing."""

from collections.abc import Iterator

from django.urls import reverse

from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table
from portal.exports.words import filters_in_words
from tenants.organizations import selectors
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.web.filters import OrganizationFilter

READ = frozenset({Permission.ORGANIZATION_READ})
COLUMNS = (
    "Name",
    "TenantId",
    "DefaultDomain",
    "InitialDomain",
    "Environment",
    "Groups",
    "Reachability",
    "Cause",
    "Fix",
    "Relationship",
    "RelationshipEndsAt",
    "IsResellerCustomer",
    "CheckedAt",
)


def _open(actor: Actor, selection: Selection) -> Table:
    filters = OrganizationFilter.read(actor, selection.query)
    order = selectors.SORTS.get(selection.query.get("sort", "name"), "name")
    return Table(
        title="Organizations",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(filters.qs, order),
        url=f"{reverse('tenants:organizations')}?{selection.query.urlencode()}",
        filters=filters_in_words(filters.form),
        total=filters.qs.count(),
    )


def _rows(organizations: OrganizationQuerySet, order: str) -> Iterator[Row]:
    return (_row(organization) for organization in each_by_key(organizations, order=order))


def _row(organization: Organization) -> Row:
    values = (
        organization.name,
        organization.tenant_id,
        organization.default_domain,
        organization.initial_domain,
        organization.environment,
        ", ".join(group.name for group in organization.groups.all()),
        organization.get_reachability_display(),
        organization.reachability_reason,
        organization.reachability_fix,
        organization.get_relationship_state_display(),
        organization.relationship_ends_at,
        organization.is_reseller_customer,
        organization.reachability_checked_at,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("organizations", "Organizations", READ, _open),)
