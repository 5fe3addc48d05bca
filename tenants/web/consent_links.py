"""The consents of one organization with the links by which its administrator gives them."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from portal.accounts.web.access import actor_of
from portal.core.permissions import Permission
from tenants.consents.links import consent_links
from tenants.consents.selectors import consents_of
from tenants.microsoft.environments import EnvironmentRefused
from tenants.organizations.models import Organization
from tenants.profiles.microsoft import environment_named


def consent_context(request: HttpRequest, organization: Organization) -> dict[str, Any]:
    """Return the consents with their links; nothing for those who may not read app registrations."""
    if not actor_of(request).has(Permission.APP_REGISTRATION_READ):
        return {"consents": None}
    answer_url = request.build_absolute_uri(reverse("tenants:consent-answer"))
    try:
        environment = environment_named(organization.environment)
    except EnvironmentRefused:
        environment = None
    consents = [
        (
            consent,
            consent_links(organization, consent.app_registration, environment, answer_url=answer_url)
            if environment
            else None,
        )
        for consent in consents_of(organization)
    ]
    return {"consents": consents, "answer_url": answer_url}
