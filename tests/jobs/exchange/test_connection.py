import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from jobs.exchange.connection import Connection, ConnectionState, connect
from jobs.exchange.failures import CallFailed, Ran
from tenants.tokens.failures import TokenFailure
from tenants.tokens.local_explanations import LOGIN_UNREACHABLE
from tests.jobs.exchange.server import (
    OTHER_TENANT,
    TENANT,
    ExchangeStub,
    FakeToken,
    in_turn,
    make_spec,
    reply,
    rows,
)

LINK = f"https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand?%24skiptoken="
COMMANDS = ["Get-Mailbox", "Set-Mailbox"]


def token(claims: str | None) -> FakeToken:
    return FakeToken()


class TestRequest:
    def test_carries_the_documented_headers_and_body(self) -> None:
        stub = ExchangeStub()
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            connection.invoke("Get-Mailbox", {}, reads=True, select=["Name", "Guid"])

        request = stub.cmdlet_requests[0]
        assert str(request.url) == LINK.partition("?")[0] + "?$select=Name,Guid"
        assert json.loads(request.content) == {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {}}}
        expected = {
            "Authorization": "Bearer token-1",
            "Accept-Encoding": "identity",
            "Accept-Language": "en-US",
            "X-ResponseFormat": "json",
            "X-CmdletName": "Get-Mailbox",
            "Prefer": "odata.maxpagesize=1000",
            "X-AnchorMailbox": f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{TENANT}",
            "connection-id": connection.id,
        }
        assert {name: request.headers[name] for name in expected} == expected
        assert request.headers["User-Agent"].startswith("Signalbox")
        assert stub.requests[0].headers["CommandName"] == "Get-Mailbox,Set-Mailbox"

    @pytest.mark.parametrize(
        ("app_only", "anchor"),
        [
            (True, "UPN:OAuthUser@contoso.onmicrosoft.com"),
            (False, "UPN:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.onmicrosoft.com"),
        ],
    )
    def test_anchors_security_and_compliance_at_the_initial_domain(self, app_only: bool, anchor: str) -> None:
        stub = ExchangeStub()
        spec = make_spec(service="scc", app_only=app_only, base_url="https://ps.compliance.protection.outlook.com")
        with connect(spec, token, commands=COMMANDS, transport=stub) as connection:
            connection.invoke("Get-Mailbox", {}, reads=True)

        assert {request.headers["X-AnchorMailbox"] for request in stub.requests} == {anchor}

    def test_opens_security_and_compliance_only_with_an_initial_domain(self) -> None:
        stub, asked = ExchangeStub(), list[str | None]()

        def acquire(claims: str | None) -> FakeToken:
            asked.append(claims)
            return FakeToken()

        compliance = "https://ps.compliance.protection.outlook.com"
        with pytest.raises(CallFailed) as caught:
            with connect(
                make_spec(service="scc", initial_domain="", base_url=compliance),
                acquire,
                commands=COMMANDS,
                transport=stub,
            ):
                raise AssertionError("opened")

        failure = caught.value
        assert (failure.explanation.error_class, failure.ran, failure.answered) == (
            "initial_domain_missing",
            Ran.NO,
            False,
        )
        assert (stub.requests, asked, failure.exchanges) == ([], [], ())
        with connect(make_spec(initial_domain=""), token, commands=COMMANDS, transport=stub) as connection:
            assert connection.invoke("Get-Mailbox", {}, reads=True).rows  # Exchange itself is anchored by tenant id


class TestIsolation:
    def test_a_token_of_another_organization_is_never_sent(self) -> None:
        stub = ExchangeStub()
        with pytest.raises(CallFailed) as caught:
            with connect(make_spec(), lambda claims: FakeToken(tenant_id=OTHER_TENANT), transport=stub):
                raise AssertionError("opened")

        assert caught.value.explanation.error_class == "wrong_organization"
        assert stub.requests == []

    def test_a_token_that_changes_its_organization_later_is_not_sent_either(self) -> None:
        stub = ExchangeStub()
        tokens = iter([FakeToken(), FakeToken(tenant_id=OTHER_TENANT)])
        with connect(make_spec(), lambda claims: next(tokens), commands=COMMANDS, transport=stub) as connection:
            with pytest.raises(CallFailed) as caught:
                connection.invoke("Set-Mailbox", {}, reads=False)

        assert (caught.value.explanation.error_class, caught.value.ran) == ("wrong_organization", Ran.NO)
        assert stub.cmdlet_requests == []

    @pytest.mark.parametrize(
        ("link", "error_class"),
        [
            (LINK.replace(TENANT, OTHER_TENANT), "wrong_organization"),
            (LINK.replace("outlook.office365.com", "outlook.example"), "redirect_refused"),
            (LINK.replace("https:", "http:"), "redirect_refused"),
            (LINK.replace("https://", "https://outlook.office365.com@evil.example/"), "redirect_refused"),
            ("https://outlook.office365.com:notaport/", "redirect_refused"),
        ],
    )
    def test_no_bearer_follows_a_link_elsewhere(self, link: str, error_class: str) -> None:
        stub = ExchangeStub(in_turn(rows("one", link=link)))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            with pytest.raises(CallFailed) as caught:
                connection.invoke("Get-Mailbox", {}, reads=True, result_size_unlimited=True)

        assert caught.value.explanation.error_class == error_class
        assert len(stub.cmdlet_requests) == 1

    def test_cookies_stay_with_their_connection(self) -> None:
        def set_cookie(request: httpx.Request) -> httpx.Response:
            return reply(200, {"value": []}, Set_Cookie=f"backend={request.headers['Authorization'][-1]}; Path=/")

        stub = ExchangeStub(set_cookie)
        other = make_spec(tenant_id=OTHER_TENANT, initial_domain="other.onmicrosoft.com")
        with (
            connect(make_spec(), lambda claims: FakeToken("A"), commands=COMMANDS, transport=stub) as first,
            connect(other, lambda claims: FakeToken("B", OTHER_TENANT), commands=COMMANDS, transport=stub) as second,
        ):
            for connection in (first, second, first, second):
                connection.invoke("Get-Mailbox", {}, reads=True)

        cookies = [request.headers.get("Cookie") for request in stub.cmdlet_requests]
        assert cookies == [None, None, "backend=A", "backend=B"]


class TestRedirects:
    def test_follows_to_the_back_end_port_and_stays_there(self) -> None:
        location = f"https://nam10b.admin.protection.outlook.com:446/adminapi/beta/{TENANT}/InvokeCommand"
        stub = ExchangeStub(in_turn(reply(307, b"", Location=location), rows("one"), rows("two")))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            connection.invoke("Set-Mailbox", {"Identity": "x"}, reads=False)
            connection.invoke("Set-Mailbox", {"Identity": "y"}, reads=False)

        first, second, third = stub.cmdlet_requests
        assert second.url.netloc == b"nam10b.admin.protection.outlook.com"
        assert (second.content, second.headers["Authorization"]) == (first.content, first.headers["Authorization"])
        assert third.url.host == second.url.host

    def test_swaps_to_the_regional_host_of_security_and_compliance(self) -> None:
        def banner(request: httpx.Request) -> httpx.Response:
            if "EXOBanner" in request.url.path:
                return reply(302, b"", Location="https://nam12b.admin.protection.outlook.com:446/x")
            return reply(200, {"value": [{"exportedCmdlets": "Get-Mailbox"}]})

        stub = ExchangeStub()
        stub.opening = banner
        spec = make_spec(service="scc", base_url="https://ps.compliance.protection.outlook.com")
        with connect(spec, token, commands=["Get-Mailbox"], transport=stub) as connection:
            connection.invoke("Get-Mailbox", {}, reads=True)

        assert stub.cmdlet_requests[0].url.host == "nam12b.ps.compliance.protection.outlook.com"

    def test_does_not_go_in_circles(self) -> None:
        stub = ExchangeStub(lambda request: reply(302, b"", Location=str(request.url)))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            with pytest.raises(CallFailed) as caught:
                connection.invoke("Set-Mailbox", {}, reads=False)

        assert (caught.value.explanation.error_class, caught.value.ran) == ("redirect_refused", Ran.NO)
        assert len(stub.cmdlet_requests) == 2


class TestTokens:
    def test_asks_before_every_request(self) -> None:
        asked: list[str | None] = []

        def acquire(claims: str | None) -> FakeToken:
            asked.append(claims)
            return FakeToken(f"token-{len(asked)}")

        stub = ExchangeStub()
        with connect(make_spec(), acquire, commands=COMMANDS, transport=stub) as connection:
            connection.invoke("Get-Mailbox", {}, reads=True)
            connection.invoke("Get-Mailbox", {}, reads=True)

        assert asked == [None, None, None]
        assert [request.headers["Authorization"] for request in stub.requests][-1] == "Bearer token-3"

    @pytest.mark.parametrize(
        ("authenticate", "claims"),
        [
            ('Bearer error="insufficient_claims", claims="eyJhIjogMX0"', '{"a": 1}'),
            ("Bearer", "{}"),
            ('Bearer error="insufficient_claims", claims="!!"', "{}"),
        ],
    )
    def test_answers_a_challenge_once(self, authenticate: str, claims: str) -> None:
        stub = ExchangeStub(in_turn(reply(401, b"", WWW_Authenticate=authenticate), rows("one")))
        asked: list[str | None] = []

        def acquire(challenge: str | None) -> FakeToken:
            asked.append(challenge)
            return FakeToken("new" if challenge else "old")

        with connect(make_spec(), acquire, commands=COMMANDS, transport=stub) as connection:
            connection.invoke("Set-Mailbox", {}, reads=False)

        assert asked == [None, None, claims]
        assert [request.headers["Authorization"] for request in stub.cmdlet_requests] == ["Bearer old", "Bearer new"]

    def test_does_not_send_the_same_token_twice(self) -> None:
        stub = ExchangeStub(in_turn(reply(401, b"")))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            with pytest.raises(CallFailed):
                connection.invoke("Set-Mailbox", {}, reads=False)

        assert len(stub.cmdlet_requests) == 1

    def test_does_not_send_a_token_in_its_last_two_minutes(self) -> None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        ending = FakeToken(expires_at=now + timedelta(seconds=120))
        stub = ExchangeStub()
        with pytest.raises(CallFailed) as caught:
            with connect(make_spec(), lambda claims: ending, transport=stub, clock=lambda: now):
                raise AssertionError("opened")

        assert caught.value.explanation.error_class == "token_expired"
        assert stub.requests == []

    def test_a_missing_token_is_a_failed_call(self) -> None:
        def refuse(claims: str | None) -> FakeToken:
            raise TokenFailure(LOGIN_UNREACHABLE, text="no route")

        with pytest.raises(CallFailed) as caught:
            with connect(make_spec(), refuse, transport=ExchangeStub()):
                raise AssertionError("opened")

        assert (caught.value.explanation, caught.value.ran) == (LOGIN_UNREACHABLE, Ran.NO)


class TestLife:
    def test_is_closed_on_every_path(self) -> None:
        seen: list[Connection] = []

        def fail_inside() -> None:
            with connect(make_spec(), token, commands=COMMANDS, transport=ExchangeStub()) as connection:
                seen.append(connection)
                assert connection.state is ConnectionState.OPEN
                raise LookupError

        with pytest.raises(LookupError):
            fail_inside()

        assert seen[0].state is ConnectionState.CLOSED
        seen[0].close()
        with pytest.raises(RuntimeError):
            seen[0].invoke("Get-Mailbox", {}, reads=True)
        with pytest.raises(RuntimeError):
            seen[0].open()

    @pytest.mark.parametrize(
        ("opening", "error_class"),
        [
            (reply(403, b"\0\0\0"), "role_missing"),
            (reply(401, b""), "token_refused"),
            (reply(503, b""), "service_unavailable"),
            (reply(200, b"<html>"), "unreadable_answer"),
            (httpx.ReadTimeout("slow"), "no_answer_in_time"),
        ],
    )
    def test_a_connection_that_does_not_open_ran_nothing(
        self, opening: httpx.Response | Exception, error_class: str
    ) -> None:
        stub = ExchangeStub()
        stub.opening = in_turn(opening)
        with pytest.raises(CallFailed) as caught:
            with connect(make_spec(), token, commands=COMMANDS, transport=stub):
                raise AssertionError("opened")

        assert (caught.value.explanation.error_class, caught.value.ran) == (error_class, Ran.NO)
        assert len(caught.value.exchanges) == 1
