"""Finding organizations by what people call them."""

from contextlib import suppress
from uuid import UUID

from django.db.models import Q

from portal.core.actors import Actor
from portal.core.refusals import Refused
from tenants.organizations.models import Organization


class OrganizationUnknown(Refused):
    """No organization, or more than one, is meant."""


def organization_named(actor: Actor, text: str) -> Organization:
    """Return the served organization with this domain, name or tenant id; raises `OrganizationUnknown`."""
    text = text.strip()
    if not text:
        raise OrganizationUnknown("Name the organization: its domain, its name or its tenant id.")
    served = Organization.objects.visible_to(actor).served()
    exactly = Q(default_domain__iexact=text) | Q(initial_domain__iexact=text) | Q(name__iexact=text)
    with suppress(ValueError):
        exactly |= Q(tenant_id=UUID(text)) | Q(pk=UUID(text))
    found = list(served.filter(exactly)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise OrganizationUnknown(f"More than one organization is called “{text}”. Name its domain.")
    near = ", ".join(served.matching(text).values_list("default_domain", flat=True)[:5])
    raise OrganizationUnknown(f"There is no organization “{text}”." + (f" Nearest are: {near}." if near else ""))
