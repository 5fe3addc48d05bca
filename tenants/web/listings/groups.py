"""Organization groups as a listing."""

from django.urls import reverse

from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table, address
from tenants.groups.selectors import GroupView, groups_for_list
from tenants.web.group_list import KINDS, sorted_groups

COLUMNS = ("Name", "Members", "Kind", "Rule", "CreatedAt", "LastUsedAt", "Group")


def _open(actor: Actor, selection: Selection) -> Table:
    shown = sorted_groups(groups_for_list(actor), selection.query)
    words = (
        f"Name: {shown['text']}" if shown["text"] else "",
        f"Kind: {KINDS[shown['kind']]}" if shown["kind"] else "",
        *shown["ignored"],
    )
    return Table(
        title="Organization groups",
        columns=lambda: COLUMNS,
        rows=lambda: map(_row, shown["groups"]),
        url=address(reverse("tenants:groups"), selection.query),
        filters="; ".join(filter(None, words)),
        total=len(shown["groups"]),
    )


def _row(view: GroupView) -> Row:
    values = (
        view.name,
        view.size,
        KINDS["rule" if view.group.is_by_rule else "hand"],
        f" {view.join} ".join(view.conditions),
        view.group.created_at,
        view.last_used_at,
        view.pk,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("organization-groups", "Organization groups", frozenset({Permission.ORGANIZATION_READ}), _open),)
