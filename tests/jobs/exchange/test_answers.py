import gzip
from datetime import UTC, datetime

import pytest

from jobs.exchange.answer import RECORDED_BYTES
from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed
from tests.jobs.exchange.server import (
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


EXPIRED = {"error": {"innererror": {"internalexception": {"message": "Expired or Invalid pagination request."}}}}


def token(claims: str | None) -> FakeToken:
    return FakeToken()


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
