"""What pages ask about organization groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper
from django.utils import timezone

from portal.core.actors import Actor
from tenants.groups.membership import membership
from tenants.groups.models import OrganizationGroup
from tenants.groups.rules import JOINS, Rule
from tenants.groups.scope import Scope
from tenants.organizations.models import Organization

SHOWN = 20


@dataclass(frozen=True, slots=True)
class GroupView:
    """An organization group with the number of its members now; `conditions` says its rule in words."""

    group: OrganizationGroup
    size: int
    join: str
    conditions: Sequence[str]

    @property
    def pk(self) -> UUID:
        """The group's id."""
        return self.group.pk

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.name

    @property
    def last_used_at(self) -> datetime | None:
        """When a run was last drafted in it."""
        return self.group.last_used_at


@dataclass(frozen=True, slots=True)
class Fitting:
    """Whom a rule keeps now: how many, and the first of them by name."""

    number: int
    first: Sequence[Organization]

    @property
    def more(self) -> int:
        """How many there are beside the first."""
        return self.number - len(self.first)


def groups_for_list(actor: Actor) -> list[GroupView]:
    """Return the groups that `actor` may see, by name."""
    scope = Scope.of(actor)
    groups = list(scope.groups.values())
    sizes = sizes_of(actor, groups)
    return [_view(group, sizes[group.pk], scope) for group in groups]


def find_group(actor: Actor, group_id: UUID) -> GroupView | None:
    """Return one group that `actor` may see."""
    group = OrganizationGroup.objects.visible_to(actor).filter(pk=group_id).first()
    return _view(group, sizes_of(actor, [group])[group.pk], Scope.of(actor)) if group else None


def sizes_of(actor: Actor, groups: Sequence[OrganizationGroup]) -> Mapping[UUID, int]:
    """Return how many served organizations that `actor` may see belong to each group now, in one query."""
    served = Organization.objects.visible_to(actor).served()
    counts = {f"group_{group.pk.hex}": Count("pk", filter=membership(group)) for group in groups}
    figures = served.aggregate(**counts) if counts else {}
    return {group.pk: figures[f"group_{group.pk.hex}"] for group in groups}


def groups_by_organization(
    actor: Actor, organizations: Sequence[Organization]
) -> Mapping[UUID, Sequence[OrganizationGroup]]:
    """Return the groups that each organization belongs to now, by name; as many queries for one as for a thousand."""
    groups = list(OrganizationGroup.objects.visible_to(actor).by_name())
    flags: dict[str, Any] = {
        f"group_{group.pk.hex}": ExpressionWrapper(membership(group), output_field=BooleanField()) for group in groups
    }
    rows = Organization.objects.filter(pk__in=[o.pk for o in organizations]).values_list("pk").annotate(**flags)
    return {row[0]: [group for group, is_in in zip(groups, row[1:], strict=True) if is_in] for row in rows}


def fitting(actor: Actor, rule: Rule) -> Fitting:
    """Return the served organizations that `actor` may see and that `rule` keeps now."""
    found = Organization.objects.visible_to(actor).served().filter(rule.condition(timezone.now()))
    return Fitting(found.count(), list(found.order_by("name", "pk")[:SHOWN]))


def groups_whose_rule_uses(group: OrganizationGroup) -> list[OrganizationGroup]:
    """Return the groups by rule that speak of `group`, by name."""
    others = OrganizationGroup.objects.exclude(rule=None).by_name()
    return [other for other in others if other.rule and str(group.pk) in Rule.stored(other.rule).groups()]


def _view(group: OrganizationGroup, size: int, scope: Scope) -> GroupView:
    if group.rule is None:
        return GroupView(group, size, "", ())
    rule = Rule.stored(group.rule)
    return GroupView(group, size, JOINS[rule.join], rule.words(scope))
