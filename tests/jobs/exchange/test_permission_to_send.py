import itertools
from collections.abc import Callable

import httpx
import pytest

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


def token(claims: str | None) -> FakeToken:
    return FakeToken()


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
