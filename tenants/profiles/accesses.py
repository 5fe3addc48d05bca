"""Finding the ways into the organizations of one batch."""

from collections.abc import Collection
from functools import cache
from uuid import UUID

from django.db import connection

from portal.core.bulk import rows_by_id
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.microsoft.environments import Environment, EnvironmentRefused
from tenants.organizations.clouds import wrong_cloud_of
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.access import Access, Identity
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.delegated import partner_sign_in
from tenants.profiles.facts import ProfileFacts
from tenants.profiles.handed_in import handed_in_token
from tenants.profiles.methods import Method
from tenants.profiles.microsoft import environment_named
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.refusals import NotSignedIn, OwnOrganization, ProfileChanged, ServiceNotKnown, WrongEnvironment
from tenants.profiles.token_sources import (
    application_tokens,
    managed_identity_tokens,
    personal_tokens,
    service_account_tokens,
)
from tenants.sign_ins.models import PersonalSignIn
from tenants.tokens.handed_in import HandedInTokens

# A row that is written anew gets another place or another transaction; within a minute a certificate may end.
_STAMP = """
SELECT date_trunc('minute', statement_timestamp())::text || md5(string_agg(version, ' ' ORDER BY version)) FROM (
    SELECT 'partner ' || ctid || xmin FROM partner
    UNION ALL SELECT 'partner sign-in ' || ctid || xmin FROM partner_sign_in
    UNION ALL SELECT 'app registration ' || ctid || xmin FROM app_registration
    UNION ALL SELECT 'certificate ' || ctid || xmin FROM certificate
    UNION ALL SELECT 'profile ' || ctid || xmin FROM connection_profile) AS stored(version)
"""


class Accesses:
    """Finds ways in; what several organizations share is read from the database once."""

    def __init__(self) -> None:
        self._profile = cache(_stored_profile)
        self._certificate = cache(choose_certificate)
        self._partner_sign_in = cache(partner_sign_in)
        self._partners = cache(_partners)
        self.renew()

    def renew(self) -> None:
        """Forget what the passing of time ends."""
        self._personal_sign_ins = cache(_personal_sign_ins)

    def organizations(self, organization_ids: Collection[UUID]) -> dict[UUID, Organization]:
        """Return organizations with their partners, by id."""
        found = rows_by_id(Organization, organization_ids)
        for organization in found.values():
            organization.partner = self._partners()[organization.partner_id]
        return found

    def find(self, organization: Organization, facts: ProfileFacts, *, person_id: str) -> Access:
        """Return the way into `organization` (its partner loaded) for a run that `person_id` launched.

        Raises `NoWayIn`, and `SecretUnreadable` under another encryption key.
        """
        profile = self._profile(facts)
        if profile.partner_id != organization.partner_id:
            raise ProfileChanged(
                f"{organization.name} has moved to {organization.partner} since this run was planned, and the "
                f"connection profile “{facts.name}” belongs to {profile.partner}. Launch it again."
            )
        environment = environment_for(organization, facts)
        if organization.tenant_id in self._tenants_of_partners and not organization.is_partners_own:
            raise OwnOrganization(
                f"{organization.name} is the own organization of a partner, and is entered as such only. An "
                "administrator can make it a target under App registrations."
            )
        return Access(
            profile_name=profile.name,
            method=facts.way,
            environment=environment,
            tenant_id=str(organization.tenant_id),
            initial_domain=organization.initial_domain,
            compliance_host=organization.compliance_host,
            identity=self._identity(organization, facts, profile, environment, person_id),
        )

    @property
    def _tenants_of_partners(self) -> frozenset[UUID]:
        return frozenset(partner.tenant_id for partner in self._partners().values())

    def _identity(
        self,
        organization: Organization,
        facts: ProfileFacts,
        profile: ConnectionProfile,
        environment: Environment,
        person_id: str,
    ) -> Identity:
        method = facts.way
        if method.is_by_certificate:
            return self._application(facts, profile, environment)
        if method is Method.DELEGATED:
            return self._service_account(profile, environment)
        if method.is_personal:
            return self._person(organization, facts, profile, environment, person_id)
        if method.is_managed_identity:
            name = f"managed identity, {facts.managed_identity or 'system-assigned'}"
            return Identity(name, managed_identity_tokens(facts.managed_identity, environment.name), is_app_only=True)
        token = handed_in_token(profile)
        name = f"access token of {token.identity or 'an unnamed identity'}"
        return Identity(name, HandedInTokens(environment, token), is_app_only=not token.scopes)

    def _application(self, facts: ProfileFacts, profile: ConnectionProfile, environment: Environment) -> Identity:
        certificate = self._certificate(profile.partner, facts.thumbprint, app_registration=profile.app_registration)
        application_id = str(certificate.app_registration.application_id)
        name = f"application {application_id}, certificate {certificate.thumbprint[:8]}…"
        tokens = application_tokens(certificate.pk, environment.name)
        return Identity(name, tokens, is_app_only=True, application_id=application_id)

    def _service_account(self, profile: ConnectionProfile, environment: Environment) -> Identity:
        sign_in = self._partner_sign_in(profile.partner)
        certificate = self._certificate(profile.partner, app_registration=profile.app_registration)
        tokens = service_account_tokens(sign_in, certificate.pk, environment.name)
        application_id = str(certificate.app_registration.application_id)
        return Identity(sign_in.user_principal_name, tokens, application_id=application_id)

    def _person(
        self,
        organization: Organization,
        facts: ProfileFacts,
        profile: ConnectionProfile,
        environment: Environment,
        person_id: str,
    ) -> Identity:
        if facts.way.uses_password and not profile.partner.allows_passwords:
            raise NotSignedIn(
                f"User name and password are not allowed for {profile.partner} any more. Launch with another profile."
            )
        sign_in = next((s for s in self._personal_sign_ins(person_id) if fits(s, organization, facts)), None)
        if sign_in is None:
            raise _not_signed_in(facts)
        certificate_id = None if sign_in.is_public_client else self._certificate_of_client(profile.partner, sign_in)
        try:
            tokens = personal_tokens(sign_in.pk, certificate_id, environment.name)
        except PersonalSignIn.DoesNotExist:  # it ended since this batch began
            raise _not_signed_in(facts) from None
        application_id = str(sign_in.application_id)
        return Identity(sign_in.user_principal_name, tokens, sign_in_id=sign_in.pk, application_id=application_id)

    def _certificate_of_client(self, partner: Partner, sign_in: PersonalSignIn) -> UUID:
        client = AppRegistration.objects.get(application_id=sign_in.application_id)
        certificate: Certificate = self._certificate(partner, app_registration=client)
        return certificate.pk


_kept: tuple[str, Accesses] | None = None


def kept_accesses() -> Accesses:
    """Return what finds ways in, with all that it has read since partners, applications or profiles changed last."""
    global _kept
    with connection.cursor() as cursor:
        cursor.execute(_STAMP)
        [stamp] = cursor.fetchone()
    if _kept is None or _kept[0] != stamp:
        _kept = (stamp, Accesses())
    accesses = _kept[1]
    accesses.renew()
    return accesses


def _not_signed_in(facts: ProfileFacts) -> NotSignedIn:
    return NotSignedIn(
        f"The profile “{facts.name}” uses the Microsoft account of whoever launches the run, and that person "
        "is not signed in with it. Sign in under Connections, then launch again."
    )


def environment_for(organization: Organization, facts: ProfileFacts) -> Environment:
    """Return the cloud to connect to; raises `WrongEnvironment` unless it is the organization's, and open.

    Raises `OwnOrganization` for the partner's own, unless it was made a target.
    """
    if organization.is_partners_own and not organization.partner.is_target:
        raise OwnOrganization(
            f"{organization.name} is the own organization of its partner, and no target. An administrator can make it "
            "one under App registrations."
        )
    diagnosis = wrong_cloud_of(organization)
    if diagnosis:
        raise WrongEnvironment(str(diagnosis))
    if facts.environment and facts.environment != organization.environment:
        raise WrongEnvironment(
            f"{organization.name} is in {organization.environment}, and the connection profile “{facts.name}” is for "
            f"{facts.environment}. Assign a profile for {organization.environment}."
        )
    try:
        return environment_named(organization.environment)
    except EnvironmentRefused as refusal:
        raise WrongEnvironment(str(refusal)) from refusal


def require_service(environment: Environment, service: str) -> None:
    """Refuse Security & Compliance where Microsoft has published no way to it; raises `ServiceNotKnown`."""
    if service == "scc" and not (environment.compliance_url and environment.compliance_scope):
        raise ServiceNotKnown(
            f"Microsoft has published no way to sign in to Security & Compliance in {environment.name}. Run Exchange "
            "Online cmdlets there, or leave the organizations of that cloud out."
        )


def fits(sign_in: PersonalSignIn, organization: Organization, facts: ProfileFacts) -> bool:
    """Whether a technician's sign-in is the one that a profile means for `organization` (its partner loaded).

    A delegated one is made at the partner's own tenant, any other at the organization's.
    """
    home = organization.partner.tenant_id if facts.delegation else organization.tenant_id
    same_method = sign_in.method == facts.method or (Method(sign_in.method).uses_password and facts.way.uses_password)
    named = facts.user_principal_name.lower() in ("", sign_in.user_principal_name.lower())
    same_application = facts.application_id in ("", str(sign_in.application_id))
    return sign_in.tenant_id == home and same_method and named and same_application


def _stored_profile(facts: ProfileFacts) -> ConnectionProfile:
    profile = ConnectionProfile.objects.select_related("partner", "app_registration").filter(pk=facts.id).first()
    if profile is None or profile.retired_at is not None:
        raise ProfileChanged(f"The connection profile “{facts.name}” was retired after this run was planned.")
    if not facts.still_those_of(profile):
        raise ProfileChanged(f"The connection profile “{facts.name}” was changed since the run was planned.")
    return profile


def _partners() -> dict[UUID, Partner]:
    return Partner.objects.in_bulk()


def _personal_sign_ins(person_id: str) -> list[PersonalSignIn]:
    return list(PersonalSignIn.objects.of_person(person_id).alive().order_by("-signed_in_at"))
