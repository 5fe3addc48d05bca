"""The demo: a partner of the simulated cloud, its people, its app registration, its organization groups.

It is told apart from a real installation only by what it is given: everything goes through the same services.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.conf import settings

from portal.accounts.grants.services import GrantRequest, grant_role
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import EntraIdentity, create_person, link_identity
from portal.core.actors import Actor, Source
from portal.core.authority import ScopeKind
from tenants.app_registrations.material import CertificateMaterial
from tenants.app_registrations.models import AppRegistration
from tenants.app_registrations.services import add_app_registration, add_certificate
from tenants.clouds.adding import add_organization
from tenants.groups.models import OrganizationGroup
from tenants.groups.services import create_organization_group
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.partner.services import store_partner_sign_in
from tenants.profiles.microsoft import microsoft_client
from tenants.profiles.partners import connect_partner_with_profile

DEMO = Actor.system("demo").through(Source.COMMAND_LINE)
PEOPLE = {
    "tess": ("Tess Turner", [Role.SENIOR_TECHNICIAN]),
    "omar": ("Omar Okafor", [Role.APPROVER]),
    "ada": ("Ada Auer", [Role.AUDITOR]),
    "max": ("Max Meyer", [Role.PARTNER_ADMINISTRATOR, Role.PLATFORM_ADMINISTRATOR]),
}
GROUPS = {"Gold customers": 5, "Pilot organizations": 23}


SCOPED = {"nora": ("Nora Nilsson", Role.SENIOR_TECHNICIAN, "Pilot organizations")}
"""People with a role over one organization group: they do not see that others exist."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A demo person's sign-in."""

    username: str
    display_name: str
    roles: str
    password: str


@dataclass(frozen=True, slots=True)
class MicrosoftAccount:
    """A demo person's account at the simulated Microsoft."""

    name: str
    password: str
    display_name: str
    roles: str


def sign_ins() -> list[SignIn]:
    """Return the demo people with the password that was made for this installation."""
    password = _password()
    return [
        SignIn(name, display_name, ", ".join(str(role.label) for role in roles), password)
        for name, (display_name, roles) in PEOPLE.items()
    ]


def create_people() -> None:
    """Create the demo people that are not there yet."""
    there = set(User.objects.values_list("username", flat=True))
    for sign_in in sign_ins():
        if sign_in.username not in there:
            display_name, roles = PEOPLE[sign_in.username]
            create_person(
                actor=DEMO,
                username=sign_in.username,
                display_name=display_name,
                password=sign_in.password,
                roles=roles,
            )


def link_people(sandbox_url: str, partner: Partner) -> list[MicrosoftAccount]:
    """Let the demo people sign in with their accounts at the simulated Microsoft; returns these accounts."""
    everybody = {each["user_principal_name"].partition("@")[0]: each for each in _people_of(sandbox_url, partner)}
    linked = []
    for person in User.objects.filter(username__in=everybody, is_active=True).order_by("pk"):
        at_microsoft = everybody[person.username]
        identity = EntraIdentity(partner.tenant_id, UUID(at_microsoft["object_id"]))
        if person.entra_object_id != identity.object_id:
            link_identity(actor=DEMO, person_id=person.pk, identity=identity)
        name, password = at_microsoft["user_principal_name"], at_microsoft["password"]
        linked.append(MicrosoftAccount(name, password, person.display_name, person.role_labels))
    return linked


def create_scoped_people() -> None:
    """Create the demo people who see one organization group only, and give them their role; repeatable."""
    for username, (display_name, role, group_name) in SCOPED.items():
        group = OrganizationGroup.objects.filter(name=group_name).first()
        if group is None or User.objects.filter(username=username).exists():
            continue
        person = create_person(actor=DEMO, username=username, display_name=display_name, password=_password())
        wanted = GrantRequest(role, scope_kind=ScopeKind.GROUP, scope_id=group.pk, scope_name=group.name)
        grant_role(actor=DEMO, person=person, request=wanted)


def _people_of(sandbox_url: str, partner: Partner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _ask(sandbox_url, f"people?tenant={partner.tenant_id}")
    return found


def connect_demo_partner(sandbox_url: str) -> Partner:
    """Connect the simulated cloud's partner with app registration, certificate and partner sign-in; repeatable."""
    state = _ask(sandbox_url, "state")["partner"]
    partner = _connect(sandbox_url, {**state, "environment": "O365Default"})
    store_partner_sign_in(
        actor=DEMO,
        partner=partner,
        user_principal_name=state["service_account"],
        refresh_token=state["refresh_token"],
    )
    return partner


def connect_national_partners(sandbox_url: str) -> list[Partner]:
    """Connect the partners of the other clouds, and add their organizations by domain; repeatable."""
    states = [state for state in _ask(sandbox_url, "state")["partners"] if state["environment"] != "O365Default"]
    partners = {state["environment"]: _connect(sandbox_url, state) for state in states}
    known = set(Organization.objects.values_list("tenant_id", flat=True))
    for listed in _ask(sandbox_url, "organizations"):
        if listed["cloud"] in partners and UUID(listed["tenant_id"]) not in known:
            domain = listed["initial_domain"]
            add_organization(actor=DEMO, partner=partners[listed["cloud"]], domain_or_tenant_id=domain)
    return list(partners.values())


def _connect(sandbox_url: str, state: Mapping[str, Any]) -> Partner:
    partner = Partner.objects.filter(tenant_id=UUID(state["tenant_id"])).first() or connect_partner_with_profile(
        actor=DEMO,
        name=state["name"],
        tenant_id=UUID(state["tenant_id"]),
        initial_domain=state["initial_domain"],
        environment=state["environment"],
    )
    application_id = UUID(state["application_id"])
    app_registration = AppRegistration.objects.filter(application_id=application_id).first() or add_app_registration(
        actor=DEMO, partner=partner, display_name="Signalbox", application_id=application_id
    )
    if not app_registration.certificates.exists():
        add_certificate(actor=DEMO, app_registration=app_registration, material=self_signed_certificate())
    for certificate in app_registration.certificates.all():
        register_certificate(sandbox_url, application_id, certificate.certificate_pem)
    return partner


def create_groups() -> None:
    """Create the demo's organization groups from every n-th organization."""
    ids = list(Organization.objects.served().order_by("name").values_list("pk", flat=True))
    for name, every in GROUPS.items():
        if not OrganizationGroup.objects.filter(name=name).exists():
            create_organization_group(actor=DEMO, name=name, organization_ids=ids[::every])


def self_signed_certificate(days: int = 365) -> CertificateMaterial:
    """Return a new certificate with its key, as an administrator would make one for an app registration."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Signalbox demo")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return CertificateMaterial(certificate, key)


def register_certificate(sandbox_url: str, application_id: UUID, certificate_pem: str) -> None:
    """Add the public certificate to the application in the simulated Entra, as a person does in the real one."""
    with microsoft_client() as client:
        client.post(
            f"{sandbox_url}/_sandbox/apps/{application_id}/certificates", content=certificate_pem
        ).raise_for_status()


def _ask(sandbox_url: str, what: str) -> Any:
    with microsoft_client() as client:
        response: httpx.Response = client.get(f"{sandbox_url}/_sandbox/{what}")
    response.raise_for_status()
    return response.json()


def _password() -> str:
    path = Path(settings.DATA_DIR) / "secrets" / "demo_password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(15), encoding="utf-8")
    return path.read_text(encoding="utf-8")
