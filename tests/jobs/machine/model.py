"""A small world around the state machine: two workers, two organizations, everybody who interferes, and the wire.

One organization is sent one change, the other two steps. Workers may die or stand still at any moment, leases run out
at any moment, the wire delays, loses and answers as it likes, and somebody stops, pauses and resumes. What is decided
is decided by the product's own pure functions; what is true, what an organization carried out, is kept beside it.

A place is an organization with the workers and the messages that are concerned with it. Places meet only in how many
workers are idle and in what people ordered, so that the moves of a place are worked out once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from jobs.catalogue.effects import Effect
from jobs.dispatch.outcomes import Ending, ending_of_all_steps, ending_of_failure, ending_of_refused_send, goes_on_after
from jobs.exchange.disturbances import CONNECTION_LOST, THROTTLED
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.refusals import OBJECT_NOT_FOUND
from jobs.runs.machine import Facts, NotSent, Target
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState
from jobs.runs.steps import OnFailure
from portal.core.explanations import Retry

MOST_CLAIMS, MOST_STRIKES = 2, 2
ANSWERS = ("done", "no", "come again")
NOTHING = "nothing"
FAILURES = {
    "no": CallFailed(OBJECT_NOT_FOUND, ran=Ran.NO, answered=True, retry=Retry.NEVER),
    "come again": CallFailed(THROTTLED, ran=Ran.NO, retry=Retry.AUTOMATIC, retry_after=1.0),
    NOTHING: CallFailed(CONNECTION_LOST, ran=Ran.UNKNOWN, retry=Retry.AUTOMATIC),
}


class Broken(Exception):
    """Something happened that must not happen; the message says what."""


class Orders(NamedTuple):
    """What people ordered."""

    cancelled: bool = False
    paused: bool = False


class Hand(NamedTuple):
    """A worker that has the target in hand, or believes so, and what it knows: an answer, or why it must not send."""

    fence: int
    step: int
    doing: str = "opens"  # then: may send, waits, knows, must not send
    heard: str = ""


class Message(NamedTuple):
    """A cmdlet on its way to the organization, or the answer on its way back."""

    fence: int
    step: int
    says: str = ""


class Promise(NamedTuple):
    """An intent that was committed; `is_settled` once the database knows what became of it."""

    fence: int
    step: int
    is_settled: bool = False


class Place(NamedTuple):
    """One organization: its row, and what is true of it beyond."""

    target: Target
    lease_is_live: bool
    hands: tuple[Hand, ...]
    wire: tuple[Message, ...]
    promises: tuple[Promise, ...]
    outcomes: tuple[str, ...]
    carried_out: tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """The moves of a place; `rules` are the moves of the state machine, `effects` those of the steps there."""

    rules: Any
    effects: tuple[Effect, ...]
    on_failure: OnFailure = OnFailure.STOP

    def start(self) -> Place:
        """Return the place as it is when the run was launched."""
        none = len(self.effects)
        return Place(Target(), False, (), (), (), ("",) * none, (0,) * none)

    def moves(self, place: Place, orders: Orders, *, has_idle_worker: bool) -> Iterator[Place]:
        """Yield what the place can be next; raises `Broken`."""
        for after in self._all_moves(place, orders, has_idle_worker=has_idle_worker):
            tidy = after._replace(
                hands=tuple(sorted(after.hands)), wire=_awaited(after), promises=tuple(sorted(set(after.promises)))
            )
            self._check_move(place, tidy)
            self._check(tidy)
            yield tidy

    def _all_moves(self, place: Place, orders: Orders, *, has_idle_worker: bool) -> Iterator[Place]:
        facts = Facts(
            run=RunState.PAUSED if orders.paused else RunState.RUNNING,
            cancelled=orders.cancelled,
            lease_is_live=place.lease_is_live,
        )
        if has_idle_worker and place.target.fence < MOST_CLAIMS:
            yield from self._claim(place, facts)
        yield from self._sweep(place, facts)
        yield from self._time(place)
        for hand in place.hands:
            yield _without(place, hand)  # the worker dies
            yield from self._act(place, hand, facts)
        for message in place.wire:
            yield from self._arrive(place, message)

    def _claim(self, place: Place, facts: Facts) -> Iterator[Place]:
        claimed = self.rules.claim(place.target, facts)
        if claimed is not None:
            if place.target.state is TargetState.RUNNING or not facts.lets_start or claimed.fence <= place.target.fence:
                raise Broken("was claimed although somebody has it, or nothing may start, or under a fence of before")
            hand = Hand(claimed.fence, claimed.step)
            yield place._replace(target=claimed, lease_is_live=True, hands=(*place.hands, hand))

    def _sweep(self, place: Place, facts: Facts) -> Iterator[Place]:
        effect = self.effects[place.target.step - 1]
        reaped = self.rules.reap(place.target, facts, effect=effect, most_strikes=MOST_STRIKES)
        if reaped is not None:
            yield place._replace(target=reaped, lease_is_live=False)
        if facts.cancelled:
            ended = self.rules.end_waiting(place.target, TargetState.CANCELLED)
            if ended is not None:
                yield place._replace(target=ended)

    def _time(self, place: Place) -> Iterator[Place]:
        if place.lease_is_live:
            yield place._replace(lease_is_live=False)
        elif any(place.target.is_held_under(hand.fence) for hand in place.hands):
            yield place._replace(lease_is_live=True)  # the heart beats again

    def _act(self, place: Place, hand: Hand, facts: Facts) -> Iterator[Place]:
        if hand.doing == "opens":
            yield self._intend(place, hand, facts, step=hand.step)
        elif hand.doing == "may send":
            if not any(promise[:2] == hand[:2] for promise in place.promises):
                raise Broken("is sent a cmdlet without a promise")
            sent = Message(hand.fence, hand.step)
            yield _with(place, hand, hand._replace(doing="waits", heard=""))._replace(wire=(*place.wire, sent))
        elif hand.doing == "waits":
            yield _with(place, hand, hand._replace(doing="knows", heard=NOTHING))
            for answer in place.wire:
                if answer[:2] == hand[:2] and answer.says:
                    known = _with(place, hand, hand._replace(doing="knows", heard=answer.says))
                    yield known._replace(wire=tuple(other for other in place.wire if other != answer))
        elif hand.doing == "knows":
            yield from self._conclude(place, hand, facts)
        else:
            yield self._end(place, hand, ending_of_refused_send(NotSent(hand.heard), step=hand.step))

    def _intend(self, place: Place, hand: Hand, facts: Facts, *, step: int) -> Place:
        promised = self.rules.intend(place.target, facts, fence=hand.fence, step=step)
        if isinstance(promised, NotSent):
            return _with(place, hand, Hand(hand.fence, step, "must not send", promised.value))
        if not (facts.lets_start and place.lease_is_live and place.target.is_held_under(hand.fence)):
            raise Broken("is promised a cmdlet although the run is held back, or the worker has lost it")
        after = _with(place, hand, Hand(hand.fence, step, "may send"))
        return after._replace(target=promised, promises=(*place.promises, Promise(hand.fence, step)))

    def _conclude(self, place: Place, hand: Hand, facts: Facts) -> Iterator[Place]:
        """Act on an answer: go on with the next step, send once more where that is certain to be safe, or end."""
        ending = self._ending(place, hand)
        if hand.heard == "come again":
            yield self._intend(place, hand, facts, step=hand.step)
        if hand.step == len(self.effects) or not goes_on_after(ending, self.on_failure):
            has_failed = any(outcome == TargetState.FAILED for outcome in place.outcomes)
            yield self._end(place, hand, ending_of_all_steps(ending, has_failed_steps=has_failed))
            return
        advanced = self.rules.advance(place.target, fence=hand.fence, ended_step=hand.step)
        if advanced is not None:
            place = place._replace(
                target=advanced,
                promises=_settled(place.promises, hand.fence),
                outcomes=_noted(place.outcomes, hand.step, ending.state),
            )
        yield self._intend(place, hand, facts, step=hand.step + 1)

    def _ending(self, place: Place, hand: Hand) -> Ending:
        if hand.heard == "done":
            return Ending(TargetState.SUCCEEDED)
        effect = self.effects[hand.step - 1]
        return ending_of_failure(FAILURES[hand.heard], effect=effect, strikes=place.target.strikes, age_seconds=0)

    def _end(self, place: Place, hand: Hand, ending: Ending) -> Place:
        after = _without(place, hand)
        if ending.retry_in is not None:
            target = self.rules.give_back(place.target, fence=hand.fence, strikes=int(ending.counts))
        else:
            target = self.rules.end(place.target, ending.state, fence=hand.fence, strikes=int(ending.counts))
        if target is None:
            return after  # its answer is evidence, and changes nothing
        if ending.state is not TargetState.UNKNOWN or ending.retry_in is not None:
            after = after._replace(promises=_settled(place.promises, hand.fence))
        if ending.retry_in is None:
            outcome = (ending.of_step or ending).state
            after = after._replace(outcomes=_noted(place.outcomes, hand.step, outcome))
        return after._replace(target=target, lease_is_live=False)

    def _arrive(self, place: Place, message: Message) -> Iterator[Place]:
        """The organization carries out what arrives, or refuses it; or the message is lost."""
        others = tuple(other for other in place.wire if other != message)
        yield place._replace(wire=others)
        if message.says:
            return
        for says in ANSWERS:
            after = place._replace(wire=(*others, message._replace(says=says)))
            if says == "done":
                if not any(promise[:2] == message[:2] for promise in place.promises):
                    raise Broken("carried out what nobody had promised")
                number = place.carried_out[message.step - 1] + 1
                if number > 1 and self.effects[message.step - 1] is not Effect.READ:
                    raise Broken("carried out a change twice")
                after = after._replace(carried_out=_noted(place.carried_out, message.step, min(number, 2)))
            yield after

    def _check_move(self, before: Place, after: Place) -> None:
        if before.target.state not in OPEN_TARGET_STATES and after.target != before.target:
            raise Broken("changed after it had ended")
        if after.target.fence < before.target.fence:
            raise Broken("got a smaller fence")

    def _check(self, place: Place) -> None:
        state = place.target.state
        if state is TargetState.RUNNING:
            return
        open_ended = any(self._changes(promise.step) and not promise.is_settled for promise in place.promises)
        if open_ended != (state is TargetState.UNKNOWN):
            raise Broken(f"is {state.value}, and a change that may have run has {'no' if open_ended else 'an'} outcome")
        if state is TargetState.UNKNOWN:
            return
        if any(self._changes(hand.step) for hand in place.hands if hand.doing in ("may send", "waits")) or any(
            self._changes(message.step) and not message.says for message in place.wire
        ):
            raise Broken(f"is {state.value}, and a change may still be carried out")
        for step, (outcome, number) in enumerate(zip(place.outcomes, place.carried_out, strict=True), start=1):
            if (outcome == TargetState.SUCCEEDED) != (number > 0) and self._changes(step):
                raise Broken(f"says that step {step} is {outcome or 'open'}, and carried it out {number} times")
        if state is TargetState.SUCCEEDED and set(place.outcomes) != {TargetState.SUCCEEDED}:
            raise Broken("is said to have succeeded, and not every step did")

    def _changes(self, step: int) -> bool:
        return self.effects[step - 1] is not Effect.READ


def _with(place: Place, hand: Hand, after: Hand) -> Place:
    return place._replace(hands=(*(other for other in place.hands if other != hand), after))


def _without(place: Place, hand: Hand) -> Place:
    return place._replace(hands=tuple(other for other in place.hands if other != hand))


def _awaited(place: Place) -> tuple[Message, ...]:
    """Return the messages without answers that nobody waits for."""
    waiting = {hand[:2] for hand in place.hands if hand.doing == "waits"}
    return tuple(sorted(message for message in place.wire if not message.says or message[:2] in waiting))


def _settled(promises: tuple[Promise, ...], fence: int) -> tuple[Promise, ...]:
    return tuple(promise._replace(is_settled=promise.is_settled or promise.fence == fence) for promise in promises)


def _noted(values: tuple[Any, ...], step: int, value: Any) -> tuple[Any, ...]:
    return (*values[: step - 1], value, *values[step:])
