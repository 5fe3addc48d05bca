"""An organization that asked to be left alone is left alone: by every connection, before every send."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from jobs.exchange.connection import connect
from jobs.exchange.disturbances import THROTTLED
from jobs.exchange.failures import CallFailed, Ran, Withheld
from jobs.exchange.gates import Gates, gates
from tenants.tokens.failures import TokenFailure
from tenants.tokens.local_explanations import LOGIN_THROTTLED
from tests.jobs.exchange.server import OTHER_TENANT, TENANT, ExchangeStub, FakeToken, in_turn, make_spec, reply, rows

LINK = f"https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand?%24skiptoken=1"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def token(claims: str | None) -> FakeToken:
    return FakeToken(expires_at=NOW + timedelta(hours=1))


def busy(status: int = 429, retry_after: str = "43") -> httpx.Response:
    return reply(status, b"", Retry_After=retry_after)


class TestGates:
    def test_an_organization_is_left_alone_exactly_as_long_as_it_asked(self) -> None:
        now = [100.0]
        register = Gates(lambda: now[0])
        register.close(TENANT, 43)
        now[0] = 142.999
        assert register.seconds_left(TENANT.upper()) == pytest.approx(0.001)
        now[0] = 143.0
        assert register.seconds_left(TENANT) == 0

    def test_a_shorter_time_that_is_asked_for_later_does_not_replace_the_longer_one(self) -> None:
        register = Gates(lambda: 0.0)
        register.close(TENANT, 43)
        register.close(TENANT, 5)
        assert register.seconds_left(TENANT) == 43

    def test_others_are_not_left_alone(self) -> None:
        register = Gates(lambda: 0.0)
        register.close(TENANT, 43)
        assert register.seconds_left(OTHER_TENANT) == 0

    def test_what_is_over_is_forgotten(self) -> None:
        now = [0.0]
        register = Gates(lambda: now[0])
        register.close(TENANT, 43)
        now[0] = 50.0
        register.close(OTHER_TENANT, 1)
        assert list(register._ends) == [OTHER_TENANT]


def get_mailboxes(stub: ExchangeStub) -> None:
    with connect(make_spec(), token, commands=["Get-Mailbox"], transport=stub, clock=lambda: NOW) as connection:
        connection.invoke("Get-Mailbox", {"ResultSize": "Unlimited"}, reads=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("43", 43),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("1000000000", 24 * 3600),
        ("-5", 0),
        ("soon", 0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
    ],
)
def test_retry_after_closes_the_gate_for_as_long_as_it_says(status: int, asked: str, seconds: float) -> None:
    with pytest.raises(CallFailed):
        get_mailboxes(ExchangeStub(in_turn(busy(status, asked))))
    assert seconds - 5 < gates.seconds_left(TENANT) <= seconds or gates.seconds_left(TENANT) == seconds == 0


def test_a_closed_gate_lets_neither_a_token_nor_an_opening_through() -> None:
    gates.close(TENANT, 43)
    stub, asked = ExchangeStub(), []

    def acquire(claims: str | None) -> FakeToken:
        asked.append(claims)
        return token(claims)

    with pytest.raises(Withheld) as caught:
        with connect(make_spec(), acquire, transport=stub, clock=lambda: NOW):
            pass
    assert (stub.requests, asked) == ([], [])
    assert caught.value.ran is Ran.NO
    assert caught.value.retry_after == pytest.approx(43, abs=5)


def test_the_opening_of_one_connection_holds_back_the_cmdlet_of_another() -> None:
    stub = ExchangeStub()
    announced: list[str] = []
    with connect(make_spec(), token, commands=["Set-Mailbox"], transport=stub, clock=lambda: NOW) as connection:
        connection.before_send = announced.append
        other = ExchangeStub()
        other.opening = lambda request: busy()
        with pytest.raises(CallFailed):
            get_mailboxes(other)
        with pytest.raises(Withheld) as caught:
            connection.invoke("Set-Mailbox", {}, reads=False)
    assert (stub.cmdlet_requests, announced, caught.value.ran) == ([], [], Ran.NO)


def test_a_gate_that_closes_while_permission_to_send_is_asked_for_holds_the_cmdlet_back() -> None:
    stub = ExchangeStub()
    with connect(make_spec(), token, commands=["Set-Mailbox"], transport=stub, clock=lambda: NOW) as connection:
        connection.before_send = lambda request_id: gates.close(TENANT, 43)
        with pytest.raises(Withheld):
            connection.invoke("Set-Mailbox", {}, reads=False)
    assert stub.cmdlet_requests == []


@pytest.mark.parametrize(
    "last",
    [lambda: rows("a", link=LINK), lambda: reply(401, b""), lambda: reply(307, b"", Location=LINK)],
    ids=["page", "401", "redirect"],
)
def test_no_later_send_of_a_call_goes_out_while_the_gate_is_closed(last: Callable[[], httpx.Response]) -> None:
    def answer_and_close(request: httpx.Request) -> httpx.Response:
        gates.close(TENANT, 43)
        return last()

    stub = ExchangeStub(answer_and_close)
    with pytest.raises(Withheld):
        get_mailboxes(stub)
    assert len(stub.cmdlet_requests) == 1


def test_a_login_host_that_throttles_closes_the_gate_too() -> None:
    def refuse(claims: str | None) -> FakeToken:
        raise TokenFailure(LOGIN_THROTTLED, retry_after=7)

    with pytest.raises(CallFailed):
        with connect(make_spec(), refuse, transport=ExchangeStub()):
            pass
    assert gates.seconds_left(TENANT) == pytest.approx(7, abs=2)


def test_a_probe_that_is_throttled_says_nothing_about_the_cmdlet() -> None:
    stub = ExchangeStub(in_turn(busy()), cmdlets="")
    with pytest.raises(CallFailed) as caught:
        with connect(make_spec(), token, transport=stub, clock=lambda: NOW, before_probe=lambda *_: None):
            pass
    assert (caught.value.explanation, caught.value.retry_after) == (THROTTLED, 43)
