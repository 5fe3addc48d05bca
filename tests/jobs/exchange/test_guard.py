"""Nothing leaves unless token, address, anchor mailbox and cookies belong to one organization and one service."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.exchange.connection import connect
from jobs.exchange.cookies import OrganizationCookies
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.guard import Guard
from jobs.exchange.wire import Wire
from tests.jobs.exchange.server import OTHER_TENANT, TENANT, ExchangeStub, FakeToken, in_turn, make_spec, reply, rows

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
URL = f"https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand"
COMMANDS = ["Get-Mailbox", "Set-Mailbox"]
DELEGATED: dict[str, Any] = {"roles": (), "scopes": ("Exchange.Manage",), "authentication_methods": ("mfa",)}


def token(**changes: Any) -> FakeToken:
    return FakeToken(**({"expires_at": NOW + timedelta(hours=1)} | changes))


def check(spec_changes: dict[str, Any] | None = None, **sent: Any) -> None:
    agreeing: dict[str, Any] = {
        "url": URL,
        "token": token(),
        "anchor": f"APP:SystemMailbox@{TENANT}",
        "cookies": OrganizationCookies(TENANT),
        "now": NOW,
    }
    Guard.of(make_spec(**(spec_changes or {}))).check(**(agreeing | sent))


def test_what_belongs_together_may_go() -> None:
    check()
    check(anchor="UPN:OAuthUser@CONTOSO.onmicrosoft.com", url=URL.replace(TENANT, TENANT.upper()))
    check(token=token(tenant_id=TENANT.upper(), audience="00000002-0000-0ff1-ce00-000000000000"))
    check({"app_only": False}, token=token(**DELEGATED))


@pytest.mark.parametrize(
    ("sent", "error_class"),
    [
        ({"token": token(tenant_id=OTHER_TENANT)}, "wrong_organization"),
        ({"token": token(tenant_id="")}, "unreadable_token"),
        ({"url": URL.replace(TENANT, OTHER_TENANT)}, "wrong_organization"),
        ({"anchor": f"APP:SystemMailbox@{OTHER_TENANT}"}, "wrong_organization"),
        ({"cookies": OrganizationCookies(OTHER_TENANT)}, "wrong_organization"),
        ({"token": token(audience="https://graph.microsoft.com")}, "wrong_audience"),
        ({"token": token(audience="https://outlook.office365.us")}, "wrong_audience"),
        ({"token": token(roles=("Exchange.ManageAsAppV2",))}, "permission_missing_in_token"),
        ({"token": token(**DELEGATED)}, "permission_missing_in_token"),
        ({"token": token(expires_at=NOW + timedelta(seconds=119))}, "token_expired"),
        ({"url": URL.replace("outlook.office365.com", "evil.example")}, "redirect_refused"),
        ({"url": URL.replace("https", "http")}, "redirect_refused"),
        ({"url": URL.replace("https://", "https://user@")}, "redirect_refused"),
        ({"url": URL.replace(".com", ".com:8443")}, "redirect_refused"),
    ],
)
def test_what_does_not_belong_together_is_refused(sent: dict[str, Any], error_class: str) -> None:
    with pytest.raises(CallFailed) as refusal:
        check(**sent)
    assert (refusal.value.explanation.error_class, refusal.value.ran) == (error_class, Ran.NO)


def test_a_signed_in_account_needs_its_own_permission() -> None:
    with pytest.raises(CallFailed) as refusal:
        check({"app_only": False})
    assert refusal.value.explanation.error_class == "permission_missing_in_token"


def test_the_audience_is_that_of_the_service_and_of_the_cloud() -> None:
    compliance = {"service": "scc", "scope": "https://ps.compliance.protection.outlook.com/.default"}
    check(compliance, token=token(audience="https://ps.compliance.protection.outlook.com", roles=()))
    with pytest.raises(CallFailed) as refusal:
        check(compliance)
    assert refusal.value.explanation.error_class == "wrong_audience"


def test_nobody_changes_a_guard() -> None:
    guard = Wire(make_spec(), transport=ExchangeStub(), clock=lambda: NOW).guard
    with pytest.raises(FrozenInstanceError):
        guard.tenant_id = OTHER_TENANT  # type: ignore[misc]


@pytest.mark.parametrize(
    ("later", "error_class"),
    [
        ({"audience": "https://graph.microsoft.com"}, "wrong_audience"),
        ({"roles": ()}, "permission_missing_in_token"),
        ({"expires_at": datetime.now(UTC) + timedelta(seconds=60)}, "token_expired"),
    ],
)
def test_a_token_is_judged_again_when_it_is_renewed_in_mid_run(later: dict[str, Any], error_class: str) -> None:
    stub = ExchangeStub()
    tokens = iter([FakeToken(), FakeToken("token-2", **later)])
    with connect(make_spec(), lambda claims: next(tokens), commands=COMMANDS, transport=stub) as connection:
        with pytest.raises(CallFailed) as refusal:
            connection.invoke("Set-Mailbox", {}, reads=False)

    assert (refusal.value.explanation.error_class, refusal.value.ran) == (error_class, Ran.NO)
    assert stub.cmdlet_requests == []


def test_every_page_is_sent_with_the_token_of_its_moment() -> None:
    link = f"{URL}?%24skiptoken=1"
    stub = ExchangeStub(in_turn(rows("a", link=link), rows("b")))
    values = iter(["opening", "first", "second"])
    with connect(make_spec(), lambda claims: FakeToken(next(values)), commands=COMMANDS, transport=stub) as connection:
        connection.invoke("Get-Mailbox", {}, reads=True, result_size_unlimited=True)

    assert [r.headers["Authorization"] for r in stub.cmdlet_requests] == ["Bearer first", "Bearer second"]


def test_a_claims_challenge_is_answered_once_and_a_second_refusal_is_final() -> None:
    challenge = {"WWW_Authenticate": 'Bearer error="insufficient_claims", claims="eyJhIjp7fX0="'}
    stub = ExchangeStub(in_turn(reply(401, b"", **challenge), reply(401, b"", **challenge), rows("never")))
    asked: list[str | None] = []

    def acquire(claims: str | None) -> FakeToken:
        asked.append(claims)
        return FakeToken(f"token-{len(asked)}")

    with connect(make_spec(), acquire, commands=COMMANDS, transport=stub) as connection:
        with pytest.raises(CallFailed) as refusal:
            connection.invoke("Set-Mailbox", {}, reads=False)

    assert (len(stub.cmdlet_requests), asked) == (2, [None, None, '{"a":{}}'])
    assert refusal.value.ran is Ran.NO


def test_a_claims_challenge_of_the_regional_search_is_answered_too() -> None:
    challenge = reply(401, b"", WWW_Authenticate='Bearer error="insufficient_claims", claims="eyJhIjp7fX0="')
    region = "https://nam10b.admin.protection.outlook.com:446/adminapi/"
    replies = iter([challenge, reply(302, b"", Location=f"{region}{TENANT}")])
    stub = ExchangeStub()
    stub.opening = lambda request: next(replies, reply(200, {"value": [{"exportedCmdlets": "Get-Mailbox"}]}))
    spec = make_spec(service="scc", base_url="https://ps.compliance.protection.outlook.com")
    values = iter(["one", "two", "three"])
    with connect(spec, lambda claims: FakeToken(next(values)), commands=["Get-Mailbox"], transport=stub) as connection:
        assert connection.regional_host == "https://nam10b.ps.compliance.protection.outlook.com"

    sent = [request.headers["Authorization"] for request in stub.requests]
    assert sent == ["Bearer one", "Bearer two", "Bearer three"]
