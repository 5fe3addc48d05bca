"""Where a connection profile is to apply, as an address or a form names it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from portal.core.actors import Actor
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import counted
from portal.core.text import readable_id
from tenants.groups.models import OrganizationGroup
from tenants.groups.selectors import find_group, groups_for_list
from tenants.organizations.models import Organization
from tenants.organizations.names import organization_named
from tenants.partner.models import Partner
from tenants.partner.selectors import find_partner
from tenants.profiles.models import ConnectionProfile, Place
from tenants.selection.selectors import organizations_of_selection, selection_in, selection_in_words

DEFAULT = "partner"


@dataclass(frozen=True, slots=True)
class Places:
    """Some places of one kind, in words, with the page to return to."""

    items: Sequence[Place]
    words: str
    url: str

    @property
    def is_group(self) -> bool:
        """Whether it is a group: then a rank is needed."""
        return isinstance(self.items[0], OrganizationGroup)

    @property
    def organizations(self) -> list[Organization]:
        """The places, if they are single organizations."""
        return [each for each in self.items if isinstance(each, Organization)]

    @property
    def partner_id(self) -> UUID | None:
        """The partner whose profiles fit; None where those of any do."""
        partners = {_partner_of(each) for each in self.items}
        return partners.pop() if len(partners) == 1 else None


def places_in(actor: Actor, query: QueryDict) -> Places | None:
    """Return what an address names; None where it names nothing. Raises `Refused` for what is not there any more."""
    if "in_group" in query:
        return _of_group(actor, query.get("in_group", ""))
    if "partner" in query:
        return _of_partner(query.get("partner", ""))
    if query.get("match") == "all" or "organization" in query:
        return _of_selection(actor, query)
    return None


def places_typed(actor: Actor, profile: ConnectionProfile, to: str, name: str) -> Places:
    """Return what the form for one profile names: its partner, a group, or an organization by name."""
    if to == DEFAULT:
        return _of_partner(str(profile.partner_id))
    if to.startswith("group:"):
        return _of_group(actor, to.removeprefix("group:"))
    if to == "organization":
        organization = organization_named(actor, name)
        return Places([organization], organization.name, _organization_url(organization.pk))
    raise Refused("Say where it shall apply.")


def place_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return the places to choose from in a form."""
    groups = [
        (f"group:{view.pk}", f"the group {view.name} ({counted(view.size, 'organization')})")
        for view in groups_for_list(actor)
    ]
    return [
        ("", "Choose…"),
        (DEFAULT, "every organization of its partner, as the default"),
        ("organization", "one organization, named below"),
        *groups,
    ]


def _of_group(actor: Actor, text: str) -> Places:
    group_id = readable_id(text)
    view = find_group(actor, group_id) if group_id else None
    if view is None:
        raise Refused("This organization group is not there any more.")
    return Places([view.group], f"the organization group “{view.name}”", reverse("tenants:group", args=[view.pk]))


def _of_partner(text: str) -> Places:
    partner_id = readable_id(text)
    partner = find_partner(partner_id) if partner_id else None
    if partner is None:
        raise Refused("This partner is not there any more.")
    words = f"every organization of {partner} that has nothing else, as the default"
    return Places([partner], words, reverse("tenants:profiles"))


def _of_selection(actor: Actor, query: QueryDict) -> Places:
    selection = selection_in(query)
    organizations = list(organizations_of_selection(actor, selection).order_by("name", "pk"))
    if not organizations:
        raise Refused("No organization is selected. Tick some first.")
    if len(organizations) == 1:
        return Places(organizations, organizations[0].name, _organization_url(organizations[0].pk))
    words = f"{counted(len(organizations), 'organization')} ({selection_in_words(actor, selection)})"
    return Places(organizations, words, f"{reverse('tenants:organizations')}?{urlencode({'all': 1})}")


def _organization_url(organization_id: UUID) -> str:
    return f"{reverse('tenants:organization', args=[organization_id])}?tab=connection"


def _partner_of(place: Place) -> UUID | None:
    if isinstance(place, Partner):
        return place.pk
    return place.partner_id if isinstance(place, Organization) else None
