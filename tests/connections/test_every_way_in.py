"""Every way in, from the sign-in to the closed connection: method by service by environment.

Each row is a run of one read in one organization of the simulated cloud: the engine connects by the profile, the
cloud's ledger says who asked with which anchor, and our own ledger says that the connection was closed.
"""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.runs.models import Connection, Run, RunTarget
from jobs.runs.states import TargetState
from tenants.organizations.models import Organization
from tenants.profiles.accesses import Accesses
from tenants.profiles.facts import frozen
from tenants.profiles.methods import Delegation, Method
from tests.connections.conftest import Cloud, profile_for, token_of_application
from tests.connections.ways import READS, WORLDWIDE, Way, every_way

pytestmark = pytest.mark.django_db(transaction=True)
CarryOut = Callable[[Run], list[RunTarget]]
Azure = Callable[[str, Organization], dict[str, Any]]
WAYS = list(every_way())
SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"


def those(*methods: Method) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("way", [way for way in WAYS if way.method in methods], ids=str)


def anchor_of(way: Way, organization: Organization) -> str:
    """What exchange-protocol.md 3.3 demands of each kind of identity and service."""
    if way.service == "exo":
        return f"APP:{SYSTEM_MAILBOX}@{organization.tenant_id}"
    return f"UPN:{'OAuthUser' if way.is_app_only else SYSTEM_MAILBOX}@{organization.initial_domain}"


def succeeds(cloud: Cloud, way: Way, run: Run, carry_out: CarryOut, *, identity: str) -> None:
    """Carry a run out, and find it in both ledgers: done by `identity` (object or application id), closed."""
    (target,) = carry_out(run)
    assert (target.state, target.error_detail) == (TargetState.SUCCEEDED, "")
    asked = cloud.sandbox.executions(READS[way.service])
    assert {entry["tenant"] for entry in asked} == {str(cloud.organization.tenant_id)}
    assert all(identity in (entry["object_id"], entry["application_id"]) for entry in asked)
    assert {entry["anchor"] for entry in asked} == {anchor_of(way, cloud.organization)}
    connection = Connection.objects.get()
    assert (connection.method, connection.service, connection.close_reason) == (way.method, way.service, "done")
    assert connection.closed_at is not None
    assert cloud.sandbox.control("GET", "state")["violations"] == {}


@those(Method.APP_CERTIFICATE_THUMBPRINT, Method.APP_CERTIFICATE_FILE, Method.APP_CERTIFICATE_OBJECT)
def test_an_application_with_its_certificate(way: Way, cloud_of: Callable[[Way], Cloud], carry_out: CarryOut) -> None:
    cloud = cloud_of(way)
    registration = cloud.partner.app_registrations.get()
    named = registration.certificates.get().thumbprint if way.method is Method.APP_CERTIFICATE_THUMBPRINT else ""
    profile = profile_for(way, cloud, thumbprint=named)
    run = cloud.launch(profile, way.service)
    succeeds(cloud, way, run, carry_out, identity=str(registration.application_id))


@those(Method.DELEGATED)
def test_the_partners_service_account(way: Way, cloud_of: Callable[[Way], Cloud], carry_out: CarryOut) -> None:
    cloud = cloud_of(way)
    guest = way.delegation is Delegation.GUEST
    person = cloud.account("gwen" if guest else "signalbox", cloud.partner.tenant_id)
    cloud.sign_the_partner_in(person)
    run = cloud.launch(profile_for(way, cloud), way.service)
    identity = person["object_id"]
    if guest:  # his account in the organization is another
        identity = str(cloud.partner.app_registrations.get().application_id)
    succeeds(cloud, way, run, carry_out, identity=identity)


@those(Method.INTERACTIVE, Method.DEVICE, Method.CREDENTIAL, Method.INLINE_CREDENTIAL)
def test_a_person_signs_in_as_himself(way: Way, cloud_of: Callable[[Way], Cloud], carry_out: CarryOut) -> None:
    cloud = cloud_of(way)
    profile = profile_for(way, cloud)
    person = person_for(way, cloud)
    cloud.sign_in(profile, person)
    run = cloud.launch(profile, way.service)
    client = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
    if way.method is Method.INTERACTIVE:
        client = str(cloud.partner.app_registrations.get().application_id)
    identity = client if way.delegation is Delegation.GUEST else person["object_id"]
    succeeds(cloud, way, run, carry_out, identity=identity)
    assert Connection.objects.get().identity == person["user_principal_name"]


def person_for(way: Way, cloud: Cloud) -> dict[str, Any]:
    """Whoever can sign in so: a password works only for an account without a second factor."""
    if not way.delegation:
        home = cloud.organization.tenant_id
        return cloud.account("exchange" if way.method.uses_password else "admin", home)
    if way.delegation is Delegation.GUEST:
        return cloud.account("gwen", cloud.partner.tenant_id)
    return cloud.account("noor" if way.method.uses_password else "tess", cloud.partner.tenant_id)


@those(Method.MANAGED_IDENTITY_SYSTEM, Method.MANAGED_IDENTITY_USER)
def test_the_machine_of_the_worker(
    way: Way, cloud_of: Callable[[Way], Cloud], azure: Azure, carry_out: CarryOut
) -> None:
    cloud = cloud_of(way)
    facts = azure(way.source, cloud.organization)
    system = way.method is Method.MANAGED_IDENTITY_SYSTEM
    client_id = facts["system_assigned" if system else "user_assigned"]["client_id"]
    profile = profile_for(way, cloud, managed_identity="" if system else client_id)
    run = cloud.launch(profile, way.service)
    succeeds(cloud, way, run, carry_out, identity=client_id)


@those(Method.ACCESS_TOKEN)
def test_an_access_token_that_was_handed_in(way: Way, cloud_of: Callable[[Way], Cloud], carry_out: CarryOut) -> None:
    cloud = cloud_of(way)
    if way.source == "application":
        token, identity = token_of_application(way, cloud), str(cloud.partner.app_registrations.get().application_id)
    else:
        token, identity = token_of_account(way, cloud)
    run = cloud.launch(profile_for(way, cloud, access_token=token), way.service)
    succeeds(cloud, way, run, carry_out, identity=identity)


def token_of_account(way: Way, cloud: Cloud) -> tuple[str, str]:
    """An access token of a technician, as he would copy it from elsewhere, and his object id."""
    borrowed = Way(Method.INTERACTIVE, way.service, WORLDWIDE, Delegation.GDAP)
    profile, person = profile_for(borrowed, cloud), cloud.account("tess", cloud.partner.tenant_id)
    cloud.sign_in(profile, person)
    access = Accesses().find(cloud.organization, frozen(profile), person_id=cloud.actor.id)
    scopes = {"exo": access.environment.exchange_scope, "scc": access.environment.compliance_scope or ""}
    return access.identity.tokens.acquire(access.tenant_id, scopes[way.service]).value.reveal(), person["object_id"]
