"""When an organization, and when an identity, is left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.throttling.decisions import (
    FAILURES_IN_A_ROW,
    MEMORY,
    MOST_SLOTS,
    Breaker,
    Gate,
    Reason,
    TokenRefusal,
    breaker_after,
    gate_after,
    recalled,
)
from jobs.throttling.signs import Answered, Failed, Sign, Throttled

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
THROTTLED = "throttled"


def asked(seconds: float | None) -> Throttled:
    return Throttled(THROTTLED, seconds)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


signs = st.lists(
    st.one_of(
        st.just(Answered()),
        st.builds(Throttled, st.just(THROTTLED), st.none() | st.floats(0, 86_400)),
        st.builds(Failed, st.just("unreachable")),
    ),
    max_size=40,
)


class TestGate:
    @pytest.mark.parametrize("wait", [0.5, 43, 86_400])
    def test_is_closed_exactly_as_long_as_exchange_asked(self, wait: float) -> None:
        gate = gate_after(Gate(), [asked(wait)], NOW, jitter=1.2)
        assert (gate.closed_until, gate.reason) == (NOW + seconds(wait), Reason.ASKED)
        assert gate.is_closed(NOW + seconds(wait - 0.001))
        assert not gate.is_closed(NOW + seconds(wait))

    def test_backs_off_further_each_time_that_exchange_does_not_say_for_how_long(self) -> None:
        gate, now, waits = Gate(), NOW, []
        for _ in range(8):
            gate = gate_after(gate, [asked(None)], now)
            assert gate.closed_until
            waits.append((gate.closed_until - now).total_seconds())
            now = gate.closed_until
        assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
        assert gate.reason == Reason.THROTTLED

    def test_begins_to_back_off_anew_after_an_answer(self) -> None:
        gate = gate_after(Gate(), [asked(None)], NOW)
        later = NOW + seconds(10)
        gate = gate_after(gate, [Answered(), asked(None)], later)
        assert gate.closed_until == later + seconds(2)

    def test_stays_closed_when_a_call_that_was_on_its_way_is_answered(self) -> None:
        gate = gate_after(Gate(), [asked(43), Answered()], NOW)
        assert gate.is_closed(NOW + seconds(42))

    def test_stays_closed_for_the_longest_of_several_waits(self) -> None:
        gate = gate_after(Gate(), [asked(43), asked(5), asked(None)], NOW)
        assert (gate.closed_until, gate.reason) == (NOW + seconds(43), Reason.ASKED)

    def test_halves_what_is_in_flight_once_however_many_calls_were_refused_together(self) -> None:
        gate = gate_after(Gate(), [asked(5), asked(5), asked(5)], NOW)
        assert gate.slots == MOST_SLOTS / 2
        gate = gate_after(gate, [asked(5)], NOW + seconds(6))
        assert gate.slots == MOST_SLOTS / 4

    def test_lets_more_through_with_every_answer(self) -> None:
        gate = gate_after(Gate(), [asked(1)], NOW)
        gate = gate_after(gate, [asked(1)], NOW + seconds(2))
        later = NOW + seconds(4)
        assert [gate_after(gate, [Answered()] * n, later).slots for n in range(5)] == [1, 2, 3, 4, 4]
        assert gate_after(gate, [Answered()] * 3, later).is_forgettable(later)

    def test_opens_the_breaker_after_five_failures_in_a_row(self) -> None:
        failed = Failed("unreachable")
        gate = gate_after(Gate(), [failed] * (FAILURES_IN_A_ROW - 1), NOW)
        assert not gate.is_closed(NOW)
        gate = gate_after(gate, [failed], NOW)
        assert (gate.closed_until, gate.reason, gate.slots) == (NOW + seconds(30), Reason.FAILING, 1)

    def test_an_answer_in_between_means_not_in_a_row(self) -> None:
        failed = Failed("unreachable")
        gate = gate_after(Gate(), [failed] * 4 + [Answered()] + [failed] * 4, NOW)
        assert not gate.is_closed(NOW)

    def test_one_more_failure_after_the_pause_opens_the_breaker_for_twice_as_long(self) -> None:
        gate, now, waits = gate_after(Gate(), [Failed("unreachable")] * FAILURES_IN_A_ROW, NOW), NOW, []
        for _ in range(7):
            assert gate.closed_until
            waits.append((gate.closed_until - now).total_seconds())
            now = gate.closed_until
            gate = gate_after(gate, [Failed("unreachable")], now)
        assert waits == [30, 60, 120, 240, 480, 900, 900]

    def test_failures_of_calls_that_were_on_their_way_do_not_lengthen_the_pause(self) -> None:
        gate = gate_after(Gate(), [Failed("unreachable")] * (FAILURES_IN_A_ROW + 3), NOW)
        assert gate.closed_until == NOW + seconds(30)

    def test_the_first_answer_closes_the_breaker(self) -> None:
        gate = gate_after(Gate(), [Failed("unreachable")] * FAILURES_IN_A_ROW, NOW)
        gate = gate_after(gate, [Answered()], NOW + seconds(31))
        assert not gate.is_closed(NOW)
        assert (gate.failures, gate.openings, gate.since) == (0, 0, None)

    def test_what_nobody_met_again_for_a_quarter_of_an_hour_counts_no_more(self) -> None:
        gate = gate_after(Gate(), [Failed("unreachable")] * 4, NOW)
        assert recalled(gate, changed_at=NOW, now=NOW + MEMORY) == gate
        assert recalled(gate, changed_at=NOW, now=NOW + MEMORY + seconds(1)) == Gate()

    def test_a_long_wait_is_not_forgotten_before_it_is_over(self) -> None:
        gate = gate_after(Gate(), [asked(86_400)], NOW)
        assert recalled(gate, changed_at=NOW, now=NOW + seconds(86_399)) == gate

    def test_a_time_that_exchange_names_takes_the_place_of_a_breaker(self) -> None:
        gate = gate_after(Gate(), [Failed("unreachable")] * FAILURES_IN_A_ROW + [asked(5), Answered()], NOW)
        assert (gate.closed_until, gate.reason) == (NOW + seconds(5), Reason.ASKED)

    @given(met=signs)
    def test_no_time_that_exchange_named_is_ever_shortened(self, met: list[Sign]) -> None:
        gate, named = Gate(), NOW
        for sign in met:
            if isinstance(sign, Throttled) and sign.seconds is not None:
                named = max(named, NOW + seconds(sign.seconds))
            gate = gate_after(gate, [sign], NOW)
            # A breaker never replaces a wait that was named, nor does its end.
            assert named == NOW or gate.closed_until is None or gate.closed_until >= named
            assert not (named > NOW and gate.closed_until is None)
            assert 1 <= gate.slots <= MOST_SLOTS


def refusal(organization: int, code: str = "AADSTS7000222", at: datetime = NOW) -> TokenRefusal:
    return TokenRefusal(str(organization), "client_secret_expired", code, at)


class TestBreaker:
    def test_opens_when_tokens_are_refused_alike_in_three_organizations_within_a_minute(self) -> None:
        breaker = breaker_after(Breaker(), [refusal(1), refusal(2)], NOW)
        assert not breaker.is_open
        later = NOW + seconds(60)
        breaker = breaker_after(breaker, [refusal(3, at=later)], later)
        assert (breaker.opened_at, breaker.closed_until) == (later, later + seconds(60))
        assert [each.organization_id for each in breaker.refusals] == ["1", "2", "3"]

    def test_stays_closed_when_a_minute_and_more_lies_between(self) -> None:
        breaker = breaker_after(Breaker(), [refusal(1), refusal(2)], NOW)
        later = NOW + seconds(61)
        assert not breaker_after(breaker, [refusal(3, at=later)], later).is_open

    def test_stays_closed_when_one_organization_refuses_several_times(self) -> None:
        assert not breaker_after(Breaker(), [refusal(1), refusal(1), refusal(1), refusal(2)], NOW).is_open

    def test_stays_closed_when_the_failures_differ(self) -> None:
        met = [refusal(1), refusal(2, "AADSTS700027"), refusal(3, "AADSTS50173")]
        assert not breaker_after(Breaker(), met, NOW).is_open

    def test_waits_longer_after_each_probe_that_is_refused(self) -> None:
        breaker, now, waits = breaker_after(Breaker(), [refusal(n) for n in range(3)], NOW), NOW, []
        for _ in range(6):
            assert breaker.closed_until
            waits.append((breaker.closed_until - now).total_seconds())
            now = breaker.closed_until
            breaker = breaker_after(breaker, [refusal(9, at=now)], now)
            assert breaker.paused_at == now
        assert waits == [60, 120, 240, 480, 900, 900]

    def test_does_not_wait_longer_for_what_was_on_its_way(self) -> None:
        breaker = breaker_after(Breaker(), [refusal(n) for n in range(3)], NOW)
        assert breaker_after(breaker, [refusal(7), refusal(8)], NOW + seconds(5)) == breaker
