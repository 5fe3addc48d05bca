"""What there is to choose from when a run is launched: organization groups and organizations."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.core.actors import Actor
from tenants.groups.selectors import groups_for_list
from tenants.organizations.models import Organization

FOUND_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """One organization group with the number of its members that are served."""

    id: UUID
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class OrganizationChoices:
    """Organizations to tick: those picked already, then those found; `more` says that the search must be narrowed.

    Picked ones that match stand first; `hidden` are those beyond the ones shown.
    """

    picked: list[Organization]
    hidden: list[UUID]
    found: list[Organization]
    more: bool


def group_choices(*, actor: Actor) -> list[GroupChoice]:
    """Return every organization group by name."""
    return [GroupChoice(group.pk, group.name, group.size) for group in groups_for_list(actor)]


def organization_choices(*, actor: Actor, picked: Sequence[UUID], search: str) -> OrganizationChoices:
    """Return up to fifty picked organizations and up to fifty others that match `search`, each part by name."""
    served = Organization.objects.visible_to(actor).served().order_by("name", "pk")
    ticked = served.filter(pk__in=picked)
    chosen = list(ticked.matching(search)[:FOUND_AT_MOST]) if picked else []
    if search and len(chosen) < min(len(picked), FOUND_AT_MOST):
        known = [organization.pk for organization in chosen]
        chosen += ticked.exclude(pk__in=known)[: FOUND_AT_MOST - len(chosen)]
    shown = {organization.pk for organization in chosen}
    hidden = [pk for pk in picked if pk not in shown]
    found = list(served.matching(search).exclude(pk__in=picked)[: FOUND_AT_MOST + 1])
    return OrganizationChoices(chosen, hidden, found[:FOUND_AT_MOST], more=len(found) > FOUND_AT_MOST)
