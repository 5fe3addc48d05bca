import gzip
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from jobs.exchange.answer import RECORDED_BYTES
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


BACK_END = f"https://nam10b.admin.protection.outlook.com:446/adminapi/beta/{TENANT}/InvokeCommand"
EXPIRED = {"error": {"innererror": {"internalexception": {"message": "Expired or Invalid pagination request."}}}}
# What is answered in turn, until the call has its answer.
SENDS: dict[str, Callable[[], list[httpx.Response]]] = {
    "401": lambda: [reply(401, b""), rows("one")],
    "redirect": lambda: [reply(307, b"", Location=BACK_END), rows("one")],
    "pages": lambda: [rows("a", link=LINK + "1"), rows("b", link=LINK + "2"), rows("c")],
    "restart": lambda: [rows("a", link=LINK + "1"), reply(400, EXPIRED), rows("a", link=LINK + "2"), rows("b")],
    "401 on a later page": lambda: [rows("a", link=LINK + "1"), reply(401, b""), rows("b")],
}


class Stopped(Exception):
    """What the caller raises to send nothing more."""


class TestPermissionToSend:
    @pytest.mark.parametrize("replies", SENDS.values(), ids=SENDS)
    def test_is_asked_before_every_send(self, replies: Callable[[], list[httpx.Response]]) -> None:
        stub = ExchangeStub(in_turn(*replies()))
        events: list[tuple[str, int]] = []
        with connect(make_spec(), _token_for_each_request(), commands=COMMANDS, transport=stub) as connection:
            connection.before_send = lambda request_id: events.append((request_id, len(stub.cmdlet_requests)))
            answer = connection.invoke("Get-Mailbox", {"ResultSize": "Unlimited"}, reads=True)

        assert events == [(answer.client_request_id, sent) for sent in range(len(replies()))]
        assert {r.headers["client-request-id"] for r in stub.cmdlet_requests} == {answer.client_request_id}

    @pytest.mark.parametrize("replies", SENDS.values(), ids=SENDS)
    def test_ends_the_call_wherever_it_is_refused(self, replies: Callable[[], list[httpx.Response]]) -> None:
        for allowed in range(len(replies())):
            stub = ExchangeStub(in_turn(*replies()))
            with connect(make_spec(), _token_for_each_request(), commands=COMMANDS, transport=stub) as connection:
                connection.before_send = _allowing(allowed)
                with pytest.raises(Stopped):
                    connection.invoke("Get-Mailbox", {"ResultSize": "Unlimited"}, reads=True)

            assert len(stub.cmdlet_requests) == allowed

    def test_of_a_change_holds_after_a_401(self) -> None:
        stub = ExchangeStub(in_turn(reply(401, b""), rows("one")))
        with connect(make_spec(), _token_for_each_request(), commands=COMMANDS, transport=stub) as connection:
            connection.before_send = _allowing(1)
            with pytest.raises(Stopped):
                connection.invoke("Set-Mailbox", {}, reads=False)

        assert len(stub.cmdlet_requests) == 1

    def test_of_a_probe_is_asked_again_after_a_401(self) -> None:
        stub = ExchangeStub(in_turn(reply(401, b""), reply(403, b"\0\0")), cmdlets="")
        asked: list[int] = []
        with pytest.raises(CallFailed) as caught:
            with connect(
                make_spec(),
                _token_for_each_request(),
                commands=COMMANDS,
                transport=stub,
                before_probe=lambda cmdlet, request_id: asked.append(len(stub.cmdlet_requests)),
            ):
                raise AssertionError("opened")

        assert (caught.value.explanation.error_class, asked) == ("role_missing", [0, 1])

    def test_of_a_probe_that_is_refused_closes_the_connection(self) -> None:
        stub = ExchangeStub(cmdlets="")

        def refuse(cmdlet: str, request_id: str) -> None:
            raise Stopped

        with pytest.raises(Stopped):
            with connect(make_spec(), token, commands=COMMANDS, transport=stub, before_probe=refuse):
                raise AssertionError("opened")

        assert (stub.cmdlet_requests, stub.is_closed) == ([], True)


def _token_for_each_request() -> Callable[[str | None], FakeToken]:
    numbers = itertools.count(1)
    return lambda claims: FakeToken(f"token-{next(numbers)}")


def _allowing(sends: int) -> Callable[[str], None]:
    left = iter(range(sends))

    def ask(request_id: str) -> None:
        if next(left, None) is None:
            raise Stopped

    return ask


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


class TestPaging:
    def test_posts_the_same_body_and_headers_to_each_link(self) -> None:
        pages = in_turn(rows("a", link=LINK + "1"), rows("b", link=LINK + "2"), rows("c"))
        stub = ExchangeStub(pages)
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke("Get-Mailbox", {"ResultSize": "Unlimited"}, reads=True)

        assert [row["Name"] for row in answer.rows] == ["a", "b", "c"]
        assert (answer.pages, answer.is_truncated) == (3, False)
        requests = stub.cmdlet_requests
        assert [str(request.url) for request in requests[1:]] == [LINK + "1", LINK + "2"]
        assert len({request.content for request in requests}) == 1
        assert len({tuple(sorted(request.headers.items())) for request in requests}) == 1

    def test_starts_an_expired_read_again_once(self) -> None:
        stub = ExchangeStub(
            in_turn(rows("stale", link=LINK + "1"), reply(400, EXPIRED), rows("a", link=LINK + "2"), rows("b"))
        )
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke("Get-Mailbox", {"ResultSize": "Unlimited"}, reads=True)

        assert [row["Name"] for row in answer.rows] == ["a", "b"]
        assert len(answer.exchanges) == 4

    @pytest.mark.parametrize(
        ("result_size", "requests", "truncated"),
        [(2, 1, True), (3, 2, False), (None, 1, True), ("Unlimited", 2, False)],
    )
    def test_follows_no_further_than_asked(self, result_size: object, requests: int, truncated: bool) -> None:
        stub = ExchangeStub(in_turn(rows("a", "b", link=LINK + "1"), rows("c")))
        parameters = {"ResultSize": result_size} if result_size else {}
        with connect(make_spec(page_size=2), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke("Get-Mailbox", parameters, reads=True)

        assert (len(stub.cmdlet_requests), answer.is_truncated) == (requests, truncated)

    def test_a_change_is_never_sent_to_a_link(self) -> None:
        stub = ExchangeStub(in_turn(rows("a", link=LINK + "1")))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke("Set-Mailbox", {}, reads=False, result_size_unlimited=True)

        assert answer.is_truncated
        assert len(stub.cmdlet_requests) == 1


class TestAnswer:
    def test_drops_annotations_and_keeps_what_support_asks_for(self) -> None:
        body = {"value": [{"Name": "a", "Sizes@odata.type": "x"}], "@adminapi.warnings": ["w"]}
        stub = ExchangeStub(in_turn(reply(200, body, request_id="r", X_CalculatedBETarget="be1")))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke("Get-Mailbox", {}, reads=True)

        assert answer.rows == ({"Name": "a"},)
        assert (answer.warnings, answer.errors, answer.request_id, answer.server) == (("w",), (), "r", "be1")
        assert answer.client_request_id == stub.cmdlet_requests[0].headers["client-request-id"]

    @pytest.mark.parametrize("body", [{}, {"value": None}, {"value": []}])
    def test_no_value_is_no_output(self, body: dict[str, object]) -> None:
        with connect(make_spec(), token, commands=COMMANDS, transport=ExchangeStub(in_turn(reply(200, body)))) as open_:
            assert open_.invoke("Set-Mailbox", {}, reads=False).rows == ()

    def test_what_if_answers_in_the_confirmation(self) -> None:
        stub = ExchangeStub(in_turn(rows(members={"@adminapi.confirmationmessage": "What if: …"})))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke("Set-Mailbox", {"WhatIf": True}, reads=False)

        assert answer.confirmation == "What if: …"

    @pytest.mark.parametrize("declared", ["gzip", "identity", None])
    def test_decodes_by_the_first_bytes_not_by_the_header(self, declared: str | None) -> None:
        headers = {"Content_Encoding": declared} if declared else {}
        packed = gzip.compress(b'{"value":[{"Name":"a"}]}')
        stub = ExchangeStub(in_turn(reply(200, packed, **headers), reply(200, {"value": []}, Content_Encoding="gzip")))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            assert connection.invoke("Get-Mailbox", {}, reads=True).rows == ({"Name": "a"},)
            assert connection.invoke("Get-Mailbox", {}, reads=True).rows == ()

    @pytest.mark.parametrize("body", [b"x" * 2000, gzip.compress(b" " * 2000)], ids=["plain", "compressed"])
    def test_refuses_a_body_beyond_the_limit(self, body: bytes) -> None:
        stub = ExchangeStub(in_turn(reply(200, body)))
        stub.opening = lambda request: reply(200, {"value": [{"exportedCmdlets": "Get-Mailbox"}]})
        with connect(make_spec(largest_body=1000), token, commands=["Get-Mailbox"], transport=stub) as connection:
            with pytest.raises(CallFailed) as caught:
                connection.invoke("Get-Mailbox", {}, reads=True)

        assert caught.value.explanation.error_class == "answer_too_large"

    @pytest.mark.parametrize("after", ["20", "Thu, 01 Jan 2026 00:00:20 GMT"])
    def test_reads_how_long_to_wait(self, after: str) -> None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        stub = ExchangeStub(in_turn(reply(429, b"", Retry_After=after)))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub, clock=lambda: now) as connection:
            with pytest.raises(CallFailed) as caught:
                connection.invoke("Set-Mailbox", {}, reads=False)

        assert caught.value.retry_after == 20


class TestRecord:
    def test_holds_request_and_response_without_secrets(self) -> None:
        stub = ExchangeStub(in_turn(reply(200, {"value": []}, Set_Cookie="backend=1", request_id="r")))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke(
                "Set-Mailbox", {"Identity": "x", "Password": "hunter2"}, reads=False, secret_parameters=["password"]
            )

        (exchange,) = answer.exchanges
        assert exchange.status == 200
        assert exchange.response_headers["request-id"] == "r"
        assert '"Identity":"x"' in exchange.request_body
        assert "hunter2" in stub.cmdlet_requests[0].content.decode()
        for secret in ("hunter2", "token-1", "backend=1"):
            assert secret not in repr(exchange)

    def test_cuts_long_bodies_and_says_so(self) -> None:
        stub = ExchangeStub(in_turn(rows("x" * RECORDED_BYTES)))
        with connect(make_spec(), token, commands=COMMANDS, transport=stub) as connection:
            answer = connection.invoke("Get-Mailbox", {}, reads=True)

        assert len(answer.exchanges[0].response_body) == RECORDED_BYTES
        assert answer.exchanges[0].response_body_truncated
        assert answer.rows[0]["Name"] == "x" * RECORDED_BYTES

    def test_leaves_the_module_file_out(self) -> None:
        with connect(make_spec(), token, commands=COMMANDS, transport=ExchangeStub()) as connection:
            assert [exchange.response_body for exchange in connection.opening] == [""]


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
