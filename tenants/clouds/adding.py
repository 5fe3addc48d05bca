"""Adding organizations by hand: the door for clouds without GDAP, and for customers on no list of the partner."""

from dataclasses import dataclass

from django.db import transaction

from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import readable_id, storable
from tenants.clouds.detection import Found, checked_name, look_up
from tenants.microsoft import graph
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.microsoft.errors import MicrosoftError
from tenants.microsoft.graph import OrganizationDetails
from tenants.organizations.clouds import CLOUD_NAMES
from tenants.organizations.models import Organization
from tenants.organizations.services import as_object
from tenants.partner.models import Partner
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.microsoft import environment_named, microsoft_client
from tenants.profiles.refusals import NoUsableCertificate
from tenants.profiles.token_sources import application_tokens
from tenants.tokens.failures import TokenFailure

INITIAL_DOMAINS = (".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn")


class OrganizationRefused(Refused):
    """The organization cannot be added; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organization that could be added: what it was called, and where it is."""

    name: str
    found: Found

    @property
    def cloud(self) -> str:
        """The cloud's name for people."""
        return CLOUD_NAMES[self.found.environment]


def examine(*, actor: Actor, partner: Partner, domain_or_tenant_id: str) -> Candidate:
    """Look an organization up and say whether it could be added; nothing is stored.

    Raises `OrganizationRefused`, `NoSuchTenant` or `LookUpFailed`.
    """
    actor.require(Permission.ORGANIZATION_ADD)
    name = checked_name(domain_or_tenant_id)
    found = look_up(name)
    _check(partner, name, found)
    return Candidate(name, found)


def add_organization(*, actor: Actor, partner: Partner, domain_or_tenant_id: str, title: str = "") -> Organization:
    """Add an organization of `partner`'s cloud by domain or tenant id; `title` is its name, if it does not tell one.

    Where the partner's application is consented already, the organization itself tells its name and domains. Raises
    as `examine` does.
    """
    candidate = examine(actor=actor, partner=partner, domain_or_tenant_id=domain_or_tenant_id)
    details = _details(partner, candidate.found)
    with transaction.atomic():
        _check(Partner.objects.select_for_update(no_key=True).get(pk=partner.pk), candidate.name, candidate.found)
        organization = _stored(partner, candidate, details, title)
        record(
            AuditAction.ORGANIZATION_ADDED_BY_HAND,
            actor=actor,
            target=as_object(organization),
            data={
                "asked_for": candidate.name,
                "tenant_id": str(candidate.found.tenant_id),
                "environment": candidate.found.environment,
                "partner": partner.name,
            },
        )
    return organization


def _check(partner: Partner, name: str, found: Found) -> None:
    own = Partner.objects.filter(tenant_id=found.tenant_id).first()
    if own is not None:
        raise OrganizationRefused(
            f"{name} is the own organization of the partner {own.name}. It becomes a target only when an "
            "administrator allows that on the page of app registrations."
        )
    if found.environment != partner.environment:
        raise OrganizationRefused(_elsewhere(partner, name, found))
    known = Organization.objects.filter(tenant_id=found.tenant_id, vanished_at=None).select_related("partner").first()
    if known is not None:
        raise OrganizationRefused(f"{name} is among the organizations of {known.partner} already, as {known.name}.")


def _elsewhere(partner: Partner, name: str, found: Found) -> str:
    fitting = Partner.objects.filter(environment=found.environment).order_by("name").values_list("name", flat=True)
    said = f"{name} is in {CLOUD_NAMES[found.environment]}, and {partner.name} is of {partner.environment}: "
    said += f"its application does not exist in {found.environment}. "
    if fitting:
        return f"{said}Add it to {' or '.join(fitting)}."
    return f"{said}Connect a partner of {found.environment} first, with its own app registration."


def _details(partner: Partner, found: Found) -> OrganizationDetails | None:
    environment = environment_named(found.environment)
    scope = f"{ENVIRONMENTS[found.environment].graph_url}/.default"
    try:
        tokens = application_tokens(choose_certificate(partner).pk, environment.name)
        bearer = tokens.acquire(str(found.tenant_id), scope).value
        with microsoft_client() as client:
            return graph.organization(client, bearer, graph_url=environment.graph_url)
    except (NoUsableCertificate, TokenFailure, MicrosoftError):
        return None  # it is added all the same; a connection test will say what is missing


def _stored(partner: Partner, candidate: Candidate, details: OrganizationDetails | None, title: str) -> Organization:
    found, name = candidate.found, candidate.name
    organization = Organization.objects.filter(tenant_id=found.tenant_id).first() or Organization(
        tenant_id=found.tenant_id
    )
    domain = "" if readable_id(name) else name
    initial = (details.initial_domain if details else None) or (domain if domain.endswith(INITIAL_DOMAINS) else "")
    organization.partner, organization.is_added_by_hand, organization.vanished_at = partner, True, None
    organization.note_environment(found.environment)
    organization.environment = partner.environment
    organization.initial_domain = storable(initial, 253) or organization.initial_domain
    told = details.default_domain if details else ""
    organization.default_domain = storable(told or domain, 253) or organization.initial_domain
    organization.name = storable((details.display_name if details else "") or title or name, 300)
    organization.save()
    return organization
