"""Organizations, all of them or the members of a group, as listings."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.urls import reverse

from portal.core.actors import Actor
from portal.core.pagination import CHUNK_SIZE, page_by_key
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table, address
from tenants.groups.membership import members_of
from tenants.groups.models import OrganizationGroup
from tenants.groups.scope import Scope
from tenants.groups.selectors import find_group, groups_by_organization
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.organizations.selectors import organizations_for_list
from tenants.organizations.sorting import ordered
from tenants.profiles.ways import Way, ways_into
from tenants.selection.filters import OrganizationFilter
from tenants.web.organization_list import read_sort, unknown_filters

READ = frozenset({Permission.ORGANIZATION_READ})
COLUMNS = (
    "Name",
    "TenantId",
    "DefaultDomain",
    "InitialDomain",
    "Environment",
    "Groups",
    "ConnectionProfile",
    "Reachability",
    "Cause",
    "Fix",
    "Relationship",
    "RelationshipEndsAt",
    "RelationshipExtendsItself",
    "IsResellerCustomer",
    "CheckedAt",
)


def _open(actor: Actor, selection: Selection) -> Table:
    wanted = OrganizationFilter.read(Scope.of(actor), selection.query)
    matching = wanted.apply(organizations_for_list(actor))
    sort, ignored = read_sort(selection.query)
    organizations, order = ordered(matching, sort)
    return Table(
        title="Organizations",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(actor, organizations, order),
        url=address(reverse("tenants:organizations"), selection.query),
        filters="; ".join([*wanted.words(), *wanted.ignored, *ignored, *unknown_filters(selection.query)]),
        total=matching.count(),
    )


def _rows(actor: Actor, organizations: OrganizationQuerySet, order: str) -> Iterator[Row]:
    cursor = ""
    while True:
        page = page_by_key(organizations, order=order, cursor=cursor, size=CHUNK_SIZE)
        groups = groups_by_organization(actor, page.rows)
        ways = ways_into(page.rows)
        yield from (_row(each, groups.get(each.pk, ()), ways[each.pk]) for each in page.rows)
        cursor = page.next_cursor
        if not cursor:
            return


def _row(organization: Organization, groups: Sequence[OrganizationGroup], ways: Sequence[Way]) -> Row:
    values = (
        organization.name,
        organization.tenant_id,
        organization.default_domain,
        organization.initial_domain,
        organization.environment,
        ", ".join(group.name for group in groups),
        ", ".join(_way_in_words(way) for way in ways),
        organization.get_reachability_display(),
        organization.reachability_reason,
        organization.reachability_fix,
        organization.get_relationship_state_display(),
        organization.relationship_ends_at,
        organization.relationship_extends,
        organization.is_reseller_customer,
        organization.reachability_checked_at,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _way_in_words(way: Way) -> str:
    name = way.profile.name if way.profile else "none"
    return f"{name} ({way.services})" if way.services else name


def _open_members(actor: Actor, selection: Selection) -> Table:
    try:
        view = find_group(actor, UUID(selection.of_id))
    except ValueError:
        view = None
    if view is None:
        raise Refused("There is no such organization group.")
    text = selection.query.get("q", "").replace("\0", "").strip()[:200]
    members = members_of(actor, view.group).matching(text)
    return Table(
        title=f"Members of {view.name}",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(actor, members, "name"),
        url=address(reverse("tenants:group", args=[view.pk]), selection.query),
        filters=f"Name or domain: {text}" if text else "",
        total=members.count(),
    )


LISTINGS = (
    Listing("organizations", "Organizations", READ, _open),
    Listing("group-members", "Members of an organization group", READ, _open_members),
)
