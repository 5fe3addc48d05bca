"""From what happened to an outcome: what surely did not run may be repeated, a lost answer to a change is unknown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.catalogue.effects import Effect
from jobs.dispatch.outcomes import Ending, backoff, ending_of_answer, ending_of_failure
from jobs.exchange.answer import Answer
from jobs.exchange.disturbances import CONNECTION_LOST, THROTTLED
from jobs.exchange.errors import CmdletError
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.refusals import NO_CHANGE_NEEDED, OBJECT_NOT_FOUND
from jobs.runs.states import TargetState
from portal.core.explanations import Retry
from tenants.tokens.failures import TokenFailure
from tenants.tokens.local_explanations import LOGIN_REFUSED

READ, CHANGES = Effect.READ, [Effect.ABSOLUTE_SET, Effect.CREATE, Effect.RELATIVE]
FIRST, LAST = 1, 5
AGAIN, END = True, False


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.MAX_ATTEMPTS, settings.RETRY_BASE_SECONDS, settings.TARGET_DEADLINE_SECONDS = LAST, 2, 3600


def failed(ran: Ran, retry: Retry, *, effect: Effect = READ, attempt: int = FIRST, **values: Any) -> Ending:
    age = values.pop("age_seconds", 0.0)
    failure = CallFailed(values.pop("explanation", CONNECTION_LOST), ran=ran, retry=retry, **values)
    return ending_of_failure(failure, effect=effect, strikes=attempt - 1, age_seconds=age)


def answer(*errors: str) -> Answer:
    return Answer(
        rows=(),
        warnings=(),
        errors=tuple(CmdletError("", "", text) for text in errors),
        confirmation="",
        is_truncated=False,
        pages=1,
        request_id="",
        client_request_id="",
        server="",
        duration_ms=1,
        exchanges=(),
    )


@pytest.mark.parametrize(
    ("ran", "retry", "effect", "attempt", "again"),
    [
        (Ran.NO, Retry.AUTOMATIC, Effect.READ, FIRST, AGAIN),
        (Ran.NO, Retry.AUTOMATIC, Effect.CREATE, FIRST, AGAIN),
        (Ran.NO, Retry.AUTOMATIC, Effect.RELATIVE, FIRST, AGAIN),
        (Ran.NO, Retry.AUTOMATIC, Effect.READ, LAST, END),
        (Ran.NO, Retry.LATER, Effect.READ, FIRST, END),
        (Ran.NO, Retry.AFTER_FIX, Effect.READ, FIRST, END),
        (Ran.NO, Retry.NEVER, Effect.READ, FIRST, END),
        (Ran.UNKNOWN, Retry.AUTOMATIC, Effect.READ, FIRST, AGAIN),
        (Ran.UNKNOWN, Retry.AFTER_FIX, Effect.READ, FIRST, AGAIN),
        (Ran.UNKNOWN, Retry.NEVER, Effect.READ, FIRST, END),
        (Ran.UNKNOWN, Retry.AUTOMATIC, Effect.READ, LAST, END),
        (Ran.UNKNOWN, Retry.AUTOMATIC, Effect.ABSOLUTE_SET, FIRST, END),
        (Ran.UNKNOWN, Retry.AUTOMATIC, Effect.CREATE, FIRST, END),
        (Ran.UNKNOWN, Retry.AUTOMATIC, Effect.RELATIVE, FIRST, END),
        (Ran.YES, Retry.AUTOMATIC, Effect.READ, FIRST, END),
        (Ran.YES, Retry.AUTOMATIC, Effect.CREATE, FIRST, END),
    ],
)
def test_whether_another_attempt_is_due(ran: Ran, retry: Retry, effect: Effect, attempt: int, again: bool) -> None:
    assert (failed(ran, retry, effect=effect, attempt=attempt).retry_in is not None) == again


@pytest.mark.parametrize("effect", CHANGES)
@pytest.mark.parametrize("answered", [True, False])
def test_a_lost_answer_to_a_change_is_unknown(effect: Effect, answered: bool) -> None:
    ending = failed(Ran.UNKNOWN, Retry.AUTOMATIC, effect=effect, answered=answered)
    assert (ending.state, ending.retry_in) == (TargetState.UNKNOWN, None)


@given(
    ran=st.sampled_from(Ran),
    retry=st.sampled_from(Retry),
    effect=st.sampled_from(CHANGES),
    attempt=st.integers(1, 9),
    answered=st.booleans(),
    waiting=st.none() | st.floats(0, 600),
    age=st.floats(0, 10_000),
)
def test_a_change_is_repeated_only_when_it_certainly_did_not_run(
    ran: Ran, retry: Retry, effect: Effect, attempt: int, answered: bool, waiting: float | None, age: float
) -> None:
    ending = failed(ran, retry, effect=effect, attempt=attempt, answered=answered, retry_after=waiting, age_seconds=age)
    assert ending.retry_in is None or ran is Ran.NO
    lost = ran is Ran.UNKNOWN or (ran is Ran.YES and not answered)
    assert (ending.state == TargetState.UNKNOWN) == lost
    assert ending.state != TargetState.SUCCEEDED


def test_exchange_saying_no_is_failed_and_not_being_able_to_ask_is_errored() -> None:
    assert failed(Ran.NO, Retry.NEVER, answered=True).state == TargetState.FAILED
    assert failed(Ran.NO, Retry.NEVER, answered=False).state == TargetState.ERRORED
    assert failed(Ran.UNKNOWN, Retry.NEVER, effect=READ).state == TargetState.ERRORED


@pytest.mark.parametrize(("retry", "attempt"), [(Retry.AUTOMATIC, FIRST), (Retry.AUTOMATIC, 40), (Retry.LATER, FIRST)])
def test_a_time_that_microsoft_names_is_obeyed_exactly(retry: Retry, attempt: int) -> None:
    assert failed(Ran.NO, retry, attempt=attempt, retry_after=37.0, explanation=THROTTLED).retry_in == 37.0


def test_waiting_for_microsoft_ends_at_the_deadline() -> None:
    ending = failed(Ran.NO, Retry.AUTOMATIC, retry_after=37.0, explanation=THROTTLED, age_seconds=3600)
    assert (ending.state, ending.retry_in) == (TargetState.ERRORED, None)


def test_nothing_to_change_is_succeeded() -> None:
    ending = failed(Ran.NO, Retry.NEVER, explanation=NO_CHANGE_NEEDED, answered=True, detail="already a member")
    assert ending == Ending(TargetState.SUCCEEDED, "no_change_needed", "", "already a member")


def test_the_code_is_the_login_hosts_own() -> None:
    failure = CallFailed(LOGIN_REFUSED, ran=Ran.NO, detail="refused")
    failure.__cause__ = TokenFailure(LOGIN_REFUSED, code="AADSTS65001")
    assert ending_of_failure(failure, effect=READ, strikes=0, age_seconds=0).code == "AADSTS65001"


def test_an_ending_names_its_class_and_microsofts_text() -> None:
    ending = failed(Ran.NO, Retry.NEVER, explanation=OBJECT_NOT_FOUND, answered=True, detail="couldn't be found")
    assert (ending.error_class, ending.detail) == ("object_not_found", "couldn't be found")


def test_an_answer_succeeds_unless_it_names_errors_beside_its_objects() -> None:
    assert ending_of_answer(answer()) == Ending(TargetState.SUCCEEDED)
    partly = ending_of_answer(answer("one", "two"))
    assert (partly.state, partly.error_class, partly.detail) == (TargetState.FAILED, "partly_done", "one\ntwo")


@given(attempt=st.integers(1, 60))
def test_waiting_doubles_up_to_a_minute_give_or_take_a_quarter(attempt: int) -> None:
    ceiling = min(60, 2 * 2 ** (attempt - 1))
    assert 0.75 * ceiling <= backoff(attempt) <= 1.25 * ceiling


def test_waiting_is_not_the_same_for_everybody() -> None:
    assert len({backoff(3) for _ in range(20)}) > 1
