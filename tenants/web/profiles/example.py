"""The PowerShell that a connection profile stands for, for one organization."""

from dataclasses import dataclass, replace

from tenants.microsoft.environments import ENVIRONMENTS
from tenants.organizations.models import Organization
from tenants.partner.selectors import service_account_of
from tenants.profiles.facts import described, frozen
from tenants.profiles.methods import Method, ProfileService
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.powershell import script
from tenants.profiles.refusals import NoUsableCertificate
from tenants.profiles.uses import SERVICES

NAMELESS = "customer.onmicrosoft.com"


@dataclass(frozen=True, slots=True)
class Example:
    """The script for one service; `key` tells it apart on its page."""

    key: str
    service: str
    text: str


def examples(
    profile: ConnectionProfile, organization: Organization | None, *, services: tuple[ProfileService, ...] = SERVICES
) -> list[Example]:
    """Return the script for each service that the profile opens, for `organization` or for one that is made up."""
    try:
        facts = frozen(profile)
    except NoUsableCertificate:
        facts = described(profile)
    if facts.way is Method.DELEGATED:
        facts = replace(facts, user_principal_name=service_account_of(profile.partner))
    own = organization.environment if organization else profile.partner.environment
    environment = profile.environment or own
    domain = (organization.initial_domain if organization else "") or NAMELESS
    opened = ProfileService(profile.service)
    return [
        Example(
            service.value,
            service.label,
            script(facts, service=service.value, environment=environment, domain=domain),
        )
        for service in services
        if opened.covers(service) and (ENVIRONMENTS[environment].compliance_scope or service != "scc")
    ]
