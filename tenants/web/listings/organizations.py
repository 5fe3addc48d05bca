"""Organizations, all of them or the members of a group, as listings."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse

from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words
from tenants.groups.membership import members_of
from tenants.groups.selectors import find_group
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
        url=address(reverse("tenants:organizations"), selection.query),
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


def _open_members(actor: Actor, selection: Selection) -> Table:
    try:
        view = find_group(actor, UUID(selection.of_id))
    except ValueError:
        view = None
    if view is None:
        raise Refused("There is no such organization group.")
    text = selection.query.get("q", "").replace("\0", "").strip()[:200]
    members = members_of(actor, view.group).matching(text).prefetch_related("groups")
    return Table(
        title=f"Members of {view.name}",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(members, "name"),
        url=address(reverse("tenants:group", args=[view.pk]), selection.query),
        filters=f"Name or domain: {text}" if text else "",
        total=members.count(),
    )


LISTINGS = (
    Listing("organizations", "Organizations", READ, _open),
    Listing("group-members", "Members of an organization group", READ, _open_members),
)
