"""Where a run goes: the organizations that somebody chose, and those that are left out, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict

from portal.core.actors import Actor
from tenants.groups.membership import in_groups
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization, Reachability
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.selection.selectors import SelectionRefused, organizations_of_selection


@dataclass(frozen=True, slots=True)
class Selection:
    """Where a run goes: everywhere, or the union of a filter, of groups and of single organizations; less the excepted.

    `matching` is a query string as `tenants.selection` reads it; empty means no filter.
    """

    everywhere: bool = False
    matching: str = ""
    group_ids: Sequence[UUID] = ()
    organization_ids: Sequence[UUID] = ()
    except_group_ids: Sequence[UUID] = ()
    except_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Some who were named and are not chosen: why, how many, and those of them that can be shown."""

    reason: str
    number: int
    organizations: Sequence[Organization] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The organizations of a selection by name, and who is left out of it."""

    organizations: list[Organization] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many are chosen."""
        return len(self.organizations)

    @property
    def unreachable(self) -> list[Organization]:
        """Those that could not be reached when last tried, by cause, then by name."""
        lost = [o for o in self.organizations if o.reachability == Reachability.UNREACHABLE]
        return sorted(lost, key=lambda organization: organization.reachability_class)


def choose(*, actor: Actor, selection: Selection) -> Chosen:
    """Return the served organizations that `selection` means to `actor` now, and who is left out and why.

    Raises `SelectionRefused` when its filter cannot be understood, or a group that is to be excepted is gone.
    """
    named = list(_named(actor, selection).order_by("name", "pk"))
    excepted = _excepted_ids(actor, selection)
    spared = [organization for organization in named if organization.pk in excepted]
    chosen = [organization for organization in named if organization.pk not in excepted] if spared else named
    found = {organization.pk for organization in named}
    lost = [pk for pk in selection.organization_ids if pk not in found]
    gone = _deleted(actor, selection.group_ids)
    groups = [LeftOut("Members of an organization group that was deleted", gone)] if gone else []
    return Chosen(chosen, [*_excepted(spared), *_not_served(actor, lost), *groups])


def chosen_organizations(*, actor: Actor, selection: Selection) -> list[Organization]:
    """Return the served organizations that `selection` means to `actor` now, by name."""
    return choose(actor=actor, selection=selection).organizations


def chosen_tenant_ids(*, actor: Actor, selection: Selection) -> set[str]:
    """Return the tenant ids of the organizations that `choose` returns, without reading more of them."""
    excepted = _excepted_ids(actor, selection)
    named = _named(actor, selection).values_list("pk", "tenant_id")
    return {str(tenant_id) for pk, tenant_id in named if pk not in excepted}


def _excepted_ids(actor: Actor, selection: Selection) -> set[UUID]:
    excepted = set(selection.except_ids)
    if selection.except_group_ids:
        if _deleted(actor, selection.except_group_ids):
            raise SelectionRefused("An organization group among the exceptions was deleted. Untick it under “Except”.")
        excepted.update(in_groups(actor, selection.except_group_ids).values_list("pk", flat=True))
    return excepted


def _named(actor: Actor, selection: Selection) -> OrganizationQuerySet:
    served = Organization.objects.visible_to(actor).served()
    if selection.everywhere:
        return served
    wanted = Q(pk__in=selection.organization_ids)
    if selection.group_ids:
        wanted |= Q(pk__in=in_groups(actor, selection.group_ids).values("pk"))
    if selection.matching:
        query = QueryDict(f"{selection.matching}&match=all")
        wanted |= Q(pk__in=organizations_of_selection(actor, query).values("pk"))
    return served.filter(wanted)


def _excepted(spared: list[Organization]) -> list[LeftOut]:
    return [LeftOut("Excepted by you", len(spared), spared)] if spared else []


def _not_served(actor: Actor, lost: list[UUID]) -> list[LeftOut]:
    """Say of picked organizations that are not chosen whether they vanished or were never in reach."""
    if not lost:
        return []
    vanished = list(Organization.objects.visible_to(actor).filter(pk__in=lost).order_by("name", "pk"))
    unseen = len(lost) - len(vanished)
    said = [LeftOut("No longer among the partner's customers", len(vanished), vanished)] if vanished else []
    return [*said, LeftOut("Not an organization that you can see", unseen)] if unseen else said


def _deleted(actor: Actor, group_ids: Sequence[UUID]) -> int:
    """Return how many of the groups are there no more."""
    if not group_ids:
        return 0
    return len(set(group_ids)) - OrganizationGroup.objects.visible_to(actor).filter(pk__in=group_ids).count()
