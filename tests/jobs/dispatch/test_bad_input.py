"""What goes wrong on the way in: explained, nothing sent to a wrong place, nothing left open (simulated cloud)."""

import time
from typing import Any
from uuid import UUID, uuid4

import msal.oauth2cli.assertion
import pytest

from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.spec import ConnectionSpec
from jobs.runs.models import Connection, RunTarget
from jobs.runs.states import TargetState
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.microsoft import environment_named
from tenants.profiles.token_sources import application_tokens
from tests.engine import Launch
from tests.live import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outcome(sandbox: Sandbox, launch: Launch, carry_out: Any) -> Any:
    """Return a function that runs a read in one organization, and checks that nothing was carried out or left open."""

    def go(organization: Organization) -> RunTarget:
        target: RunTarget = carry_out(launch("Get-AcceptedDomain", [organization]))[0]
        assert sandbox.executions("Get-AcceptedDomain") == []
        assert sandbox.control("GET", "ledger") == []
        assert sandbox.control("GET", "state")["violations"] == {}
        assert not Connection.objects.filter(closed_at=None).exists()
        assert target.state == TargetState.ERRORED
        return target

    return go


def listed(sandbox: Sandbox, cloud: str) -> dict[str, Any]:
    return next(o for o in sandbox.control("GET", "organizations") if o["cloud"] == cloud and not o["trouble"])


def store(partner: Partner, organization: dict[str, Any], **values: Any) -> Organization:
    known = {name: organization[name] for name in ("name", "initial_domain", "default_domain")}
    return Organization.objects.create(
        **{"partner": partner, "tenant_id": UUID(organization["tenant_id"]), **known, **values}
    )


def fault(sandbox: Sandbox, kind: str, match: dict[str, Any], **action: Any) -> None:
    sandbox.control("POST", "faults", json={"match": match, "action": {"type": kind, **action}})


def test_a_wrong_tenant_id(sandbox: Sandbox, partner: Partner, outcome: Any) -> None:
    target = outcome(store(partner, listed(sandbox, "O365Default"), tenant_id=uuid4()))
    assert (target.error_class, target.error_code) == ("organization_not_found", "AADSTS90002")


@pytest.mark.parametrize(
    ("home", "code", "said"),
    [
        ("O365USGovGCCHigh", "AADSTS900384", "GCC High (USGov)"),
        ("O365USGovDoD", "AADSTS900384", "DoD (USGov)"),
        ("O365China", "AADSTS90002", "China (21Vianet)"),
    ],
)
def test_a_wrong_cloud_is_named_and_remembered(
    sandbox: Sandbox, partner: Partner, outcome: Any, home: str, code: str, said: str
) -> None:
    organization = store(partner, listed(sandbox, home))
    target = outcome(organization)
    assert (target.error_class, target.error_code) == ("wrong_cloud", code)
    assert f"{organization.name} is in {said}, but it is entered in O365Default. Choose" in target.error_detail
    organization.refresh_from_db()
    assert (organization.detected_environment, organization.reachability_class) == (home, "wrong_cloud")
    assert said in organization.reachability_fix


def test_a_partner_that_is_asked_for_a_tenant_of_another_directory(
    sandbox: Sandbox, national_partners: dict[str, Partner], outcome: Any
) -> None:
    partner = national_partners["O365USGovGCCHigh"]
    target = outcome(store(partner, listed(sandbox, "O365Default"), environment="O365USGovGCCHigh"))
    assert (target.error_class, target.error_code) == ("wrong_cloud", "AADSTS90038")


def test_consent_for_another_application(sandbox: Sandbox, national_partners: dict[str, Partner], outcome: Any) -> None:
    organization = Organization.objects.get(tenant_id=listed(sandbox, "O365USGovDoD")["tenant_id"])
    organization.partner = national_partners["O365USGovGCCHigh"]  # its application is another one
    organization.save()
    target = outcome(organization)
    assert (target.error_class, target.error_code) == ("app_not_found", "AADSTS700016")


def test_a_token_endpoint_that_answers_with_a_page(sandbox: Sandbox, partner: Partner, outcome: Any) -> None:
    fault(sandbox, "html", {"service": "login", "method": "POST"})
    assert outcome(store(partner, listed(sandbox, "O365Default"))).error_class == "login_unreadable"


def test_a_token_endpoint_at_a_host_of_nobody_gets_no_assertion(
    sandbox: Sandbox, partner: Partner, outcome: Any
) -> None:
    organization = listed(sandbox, "O365Default")
    endpoint = f"{sandbox.clouds['O365China']['login_url']}/{organization['tenant_id']}/oauth2/v2.0/token"
    document = {"issuer": endpoint, "authorization_endpoint": endpoint, "token_endpoint": endpoint}
    match = {"service": "login", "method": "GET", "path": "openid-configuration"}
    fault(sandbox, "status", match, code=200, body=document)
    target = outcome(store(partner, organization))
    assert target.error_class == "login_unreadable"
    assert "which is not in this environment" in target.error_detail
    assert sandbox.control("GET", "logins") == []


@pytest.mark.parametrize("where", ["https://evil.example", "http://localhost", "https://localhost:1"])
def test_a_redirect_to_a_host_outside_the_list(sandbox: Sandbox, partner: Partner, outcome: Any, where: str) -> None:
    organization = listed(sandbox, "O365Default")
    location = f"{where}/adminapi/beta/{organization['tenant_id']}/InvokeCommand"
    fault(sandbox, "status", {"service": "exchange"}, code=302, headers={"Location": location})
    assert outcome(store(partner, organization)).error_class == "redirect_refused"


def test_a_token_of_the_partner_where_one_of_the_customer_is_due(sandbox: Sandbox, partner: Partner) -> None:
    organization = listed(sandbox, "O365Default")
    environment = environment_named("O365Default")
    spec = ConnectionSpec(
        tenant_id=organization["tenant_id"],
        initial_domain=organization["initial_domain"],
        service="exo",
        base_url=environment.exchange_url,
        scope=environment.exchange_scope,
        allowed_hosts=environment.allowed_hosts,
        app_only=True,
        ca_file=sandbox.ca_file,
    )
    tokens = application_tokens(choose_certificate(partner).pk, "O365Default")
    with pytest.raises(CallFailed) as refusal:
        with connect(
            spec, lambda claims: tokens.acquire(str(partner.tenant_id), environment.exchange_scope, claims=claims)
        ):
            raise AssertionError("opened")
    assert (refusal.value.explanation.error_class, refusal.value.ran) == ("wrong_organization", Ran.NO)
    assert refusal.value.exchanges == ()
    assert sandbox.control("GET", "ledger") == []
    assert sandbox.control("GET", "state")["violations"] == {}


class _Clock:
    """The module `time`, so many seconds off."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def time(self) -> float:
        return time.time() + self.seconds


@pytest.mark.parametrize("seconds", [-290, 290], ids=["behind", "ahead"])
def test_a_clock_that_is_less_than_five_minutes_off_does_no_harm(
    sandbox: Sandbox,
    organizations_of: Any,
    launch: Launch,
    carry_out: Any,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    monkeypatch.setattr(msal.oauth2cli.assertion, "time", _Clock(seconds))
    (target,) = carry_out(launch("Get-AcceptedDomain", organizations_of(1)))
    assert (target.state, target.error_detail) == (TargetState.SUCCEEDED, "")


@pytest.mark.parametrize("seconds", [-1000, 320], ids=["behind", "ahead"])
def test_a_clock_that_is_further_off_is_named_as_the_cause(
    sandbox: Sandbox, partner: Partner, outcome: Any, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(msal.oauth2cli.assertion, "time", _Clock(seconds))
    target = outcome(store(partner, listed(sandbox, "O365Default")))
    assert (target.error_class, target.error_code) == ("clock_wrong", "AADSTS700024")
    assert target.organization.reachability == "untried"  # it says nothing about the organization


def test_security_and_compliance_where_nothing_is_published(
    sandbox: Sandbox, national_partners: dict[str, Partner], launch: Launch, carry_out: Any
) -> None:
    organizations = Organization.objects.filter(partner=national_partners["O365China"])[:1]
    (target,) = carry_out(launch("Get-ComplianceCase", list(organizations)))
    assert (target.state, target.error_class) == (TargetState.ERRORED, "service_not_known")
    assert "O365China" in target.error_detail
