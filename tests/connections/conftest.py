"""One partner with one organization in any cloud, and people who sign in there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID, uuid4

import msal.managed_identity
import pytest
from django.utils import timezone

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from portal.accounts.models import User
from portal.accounts.sessions.models import Session
from portal.accounts.sessions.store import hashed
from portal.core.actors import Actor, Source
from tenants.app_registrations.material import CertificateMaterial
from tenants.app_registrations.services import add_app_registration, add_certificate
from tenants.demo import register_certificate, self_signed_certificate
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method, ProfileService
from tenants.profiles.microsoft import environment_named
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.services import add_default_profile, create_profile
from tenants.profiles.token_sources import application_tokens
from tenants.profiles.validation import ProfileValues
from tenants.sign_in_flows.beginnings import begin_device, begin_interactive, begin_partner_sign_in
from tenants.sign_in_flows.endings import finish_interactive, poll_device, sign_in_with_password
from tenants.sign_in_flows.selectors import address_of, device_code_of
from tenants.sign_ins.models import PendingSignIn
from tenants.sign_ins.sessions import PortalSession
from tests.connections.ways import READS, Way
from tests.factories import SYSTEM, make_profile
from tests.live import Sandbox, settle
from tests.portal.sandbox.clicking import Clicker

ANSWER = "http://127.0.0.1:8123/connections/sign-in/answer/"
GUEST_EVERY = 6  # portal/sandbox/world/people.py


@dataclass
class Cloud:
    """A partner and one organization of his in one cloud, and a person of the portal."""

    sandbox: Sandbox
    actor: Actor
    partner: Partner
    organization: Organization
    clicker: Clicker
    session: PortalSession = field(default_factory=lambda: _session())

    def account(self, beginning: str, tenant_id: UUID) -> dict[str, Any]:
        """An account of the simulated cloud, by the beginning of its name."""
        found = self.sandbox.control("GET", f"people?tenant={tenant_id}")
        return next(person for person in found if person["user_principal_name"].startswith(beginning))

    def sign_in_at_microsoft(self, person: dict[str, Any], address: str) -> dict[str, str]:
        """Click through Microsoft's pages; returns its answer."""
        self.clicker.open(address)
        self.clicker.sign_in(person["user_principal_name"], password=person["password"])
        return self.clicker.answer

    def sign_in(self, profile: ConnectionProfile, person: dict[str, Any]) -> None:
        """Sign in as oneself, in the way that the profile is for."""
        chosen: dict[str, Any] = {
            "actor": self.actor,
            "session": self.session,
            "profile": profile,
            "organization": self.organization,
        }
        if profile.method == Method.INTERACTIVE:
            begin_interactive(**chosen, redirect_uri=ANSWER, back="")
            answer = self.sign_in_at_microsoft(person, address_of(PendingSignIn.objects.get()))
            finish_interactive(actor=self.actor, session=self.session, answer=answer)
        elif profile.method == Method.DEVICE:
            begin_device(**chosen, back="")
            code = device_code_of(PendingSignIn.objects.get())
            self.clicker.open(code.address)
            self.clicker.press("Next", user_code=code.user_code)
            self.clicker.press("Continue")
            self.clicker.sign_in(person["user_principal_name"], password=person["password"])
            assert poll_device(actor=self.actor, session=self.session), self.clicker.page.text
        else:
            sign_in_with_password(
                **chosen, user_principal_name=person["user_principal_name"], typed_password=person["password"]
            )

    def sign_the_partner_in(self, person: dict[str, Any]) -> None:
        """Let an account be the partner's service account."""
        begin_partner_sign_in(
            actor=self.actor, session=self.session, partner=self.partner, redirect_uri=ANSWER, back=""
        )
        answer = self.sign_in_at_microsoft(person, address_of(PendingSignIn.objects.get()))
        finish_interactive(actor=self.actor, session=self.session, answer=answer)

    def launch(self, profile: ConnectionProfile, service: str) -> Run:
        """Launch the read of a service with a profile; nothing carries it out yet."""
        selection = Selection(organization_ids=[self.organization.pk])
        request = RunRequest(READS[service], {}, selection, profile_id=profile.pk, service=service)
        run = draft_run(actor=self.actor, request=request)
        return launch_run(actor=self.actor, run_id=run.pk)


@pytest.fixture
def cloud_of(sandbox: Sandbox, administrator: User, transactional_db: None) -> Iterator[Callable[[Way], Cloud]]:
    """Return a function that connects a partner and one organization in the cloud of a way in."""
    with Clicker(cast("Any", sandbox)) as clicker:

        def connect(way: Way) -> Cloud:
            partner = _partner(sandbox, way.environment)
            organization = _organization(sandbox, partner, guests=way.delegation is Delegation.GUEST)
            return Cloud(sandbox, administrator.as_actor(Source.WEB), partner, organization, clicker)

        yield connect
    settle()


def _session() -> PortalSession:
    now, key = timezone.now(), uuid4().hex
    ends_at = now + timedelta(hours=12)
    Session.objects.create(session_key=hashed(key), expire_date=ends_at, began_at=now, last_seen_at=now)
    return PortalSession(key, ends_at)


def _partner(sandbox: Sandbox, environment: str) -> Partner:
    told = next(p for p in sandbox.control("GET", "state")["partners"] if p["environment"] == environment)
    partner = Partner.objects.create(
        name=told["name"],
        tenant_id=UUID(told["tenant_id"]),
        initial_domain=told["initial_domain"],
        environment=environment,
        allows_passwords=True,
    )
    add_default_profile(actor=SYSTEM, partner=partner)
    registration = add_app_registration(
        actor=SYSTEM, partner=partner, display_name="Signalbox", application_id=UUID(told["application_id"])
    )
    certificate = add_certificate(actor=SYSTEM, app_registration=registration, material=_material())
    register_certificate(sandbox.url, registration.application_id, certificate.certificate_pem)
    return partner


@cache
def _material() -> CertificateMaterial:
    return self_signed_certificate()


def _organization(sandbox: Sandbox, partner: Partner, *, guests: bool) -> Organization:
    listed = sandbox.control("GET", "organizations")
    told = next(
        o
        for index, o in enumerate(listed)
        if o["cloud"] == partner.environment
        and o["trouble"] is None
        and index % 25 != 9  # blocks device codes, portal/sandbox/login/policy.py
        and (not guests or index % (2 * GUEST_EVERY) == 4)
    )
    return Organization.objects.create(
        partner=partner,
        tenant_id=UUID(told["tenant_id"]),
        name=told["name"],
        initial_domain=told["initial_domain"],
        default_domain=told["default_domain"],
        environment=partner.environment,
    )


def profile_for(way: Way, cloud: Cloud, **values: Any) -> ConnectionProfile:
    """Store the connection profile of a way in."""
    if way.method is not Method.ACCESS_TOKEN:
        return make_profile(cloud.partner, method=way.method, delegation=way.delegation, **values)
    handed_in = ProfileValues(
        "Handed in",
        way.method,
        service=ProfileService(way.service),
        environment=way.environment,
        access_token=values["access_token"],
    )
    return create_profile(actor=cloud.actor, partner=cloud.partner, values=handed_in)


def token_of_application(way: Way, cloud: Cloud) -> str:
    """An access token of the partner's application, for an organization and a service."""
    certificate = cloud.partner.app_registrations.get().certificates.get()
    environment = environment_named(way.environment)
    scope = environment.exchange_scope if way.service == "exo" else environment.compliance_scope or ""
    return (
        application_tokens(certificate.pk, way.environment)
        .acquire(str(cloud.organization.tenant_id), scope)
        .value.reveal()
    )


@pytest.fixture
def azure(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Organization], dict[str, Any]]:
    """Return a function that makes this process run on a machine of an organization's in Azure."""

    def move(source: str, organization: Organization) -> dict[str, Any]:
        facts: dict[str, Any] = sandbox.control(
            "POST", "managed-identity", json={"tenant": str(organization.tenant_id)}
        )
        address = sandbox.managed_identity_url
        if source == "imds":
            monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", address)
        elif source == "app service":
            monkeypatch.setenv("IDENTITY_ENDPOINT", f"{address}/msi/token")
            monkeypatch.setenv("IDENTITY_HEADER", facts["identity_header"])
        else:
            monkeypatch.setenv("IDENTITY_ENDPOINT", f"{address}/arc/metadata/identity/oauth2/token")
            monkeypatch.setenv("IMDS_ENDPOINT", address)
            # msal reads the key file only below the folder of the agent, which needs an administrator to make.
            folders = msal.managed_identity._supported_arc_platforms_and_their_prefixes
            monkeypatch.setitem(folders, "linux", facts["key_folder"])
        return facts

    return move
