"""Finding organizations by what people call them."""

from django.db.models import Q

from portal.core.actors import Actor
from portal.core.refusals import Refused
from portal.core.text import readable_id
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet


class OrganizationUnknown(Refused):
    """No organization, or more than one, is meant."""


def organization_named(actor: Actor, text: str) -> Organization:
    """Return the served organization with this domain, name or tenant id; raises `OrganizationUnknown`."""
    text = text.strip()
    if not text:
        raise OrganizationUnknown("Name the organization: its domain, its name or its tenant id.")
    served = Organization.objects.visible_to(actor).served()
    exactly = Q(default_domain__iexact=text) | Q(initial_domain__iexact=text) | Q(name__iexact=text)
    if identifier := readable_id(text):
        exactly |= Q(tenant_id=identifier) | Q(pk=identifier)
    found = list(served.filter(exactly)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise OrganizationUnknown(f"More than one organization is called “{text}”. Name its domain.")
    near = ", ".join(served.matching(text).values_list("default_domain", flat=True)[:5])
    raise OrganizationUnknown(f"There is no organization “{text}”." + (f" Nearest are: {near}." if near else ""))


def organizations_meant(actor: Actor, text: str) -> OrganizationQuerySet:
    """Return the organizations, also former ones, that `text` means: an id, or words of a name or domain."""
    visible, organization_id = Organization.objects.visible_to(actor), readable_id(text)
    return visible.filter(pk=organization_id) if organization_id else visible.matching(text)


def name_of(actor: Actor, text: str) -> str | None:
    """Return the name of the organization with the id `text`, or None where it is no id of one."""
    if organization_id := readable_id(text):
        named = Organization.objects.visible_to(actor).filter(pk=organization_id)
        return named.values_list("name", flat=True).first()
    return None
