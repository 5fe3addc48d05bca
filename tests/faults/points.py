"""The kill points: named places of the engine at which the campaign lets a process die."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.faults.armed import Fuse
from tests.faults.patching import Function, after, before, replace


@dataclass(frozen=True, slots=True)
class KillPoint:
    """`place` is the function (`module:name`) that the process reaches; it dies `when` before or after it.

    `often` says at which of its visits to the place a process may be told to die: the first up to this one.
    """

    name: str
    place: str
    when: Callable[[Callable[[], None]], Callable[[Function], Function]]
    often: int = 10


def _between_two_messages(reach: Callable[[], None]) -> Callable[[Function], Function]:
    def make(original: Function) -> Function:
        def ring_often(name: str, number: int) -> Any:
            original(name, number // 2)
            reach()
            return original(name, number - number // 2)

        return ring_often

    return make


def _when_a_cmdlet_has_left(reach: Callable[[], None]) -> Callable[[Function], Function]:
    def make(original: Function) -> Function:
        def send(self: Any, content: bytes, timeout: float | None) -> Any:
            answer = original(self, content, timeout)
            if b"x-cmdletname:" in content.lower():
                reach()
            return answer

        return send

    return make


def _if_it_said_yes(reach: Callable[[], None]) -> Callable[[Function], Function]:
    def make(original: Function) -> Function:
        def replaced(*arguments: Any, **named: Any) -> Any:
            answer = original(*arguments, **named)
            if answer:
                reach()
            return answer

        return replaced

    return make


POINTS = (
    KillPoint("before the claim is committed", "jobs.dispatch.attempt:begin", after),
    KillPoint("after the claim was committed", "jobs.dispatch.heart:Heart.hold", before),
    KillPoint("before the token", "jobs.dispatch.entrance:_token", before),
    KillPoint("while opening", "jobs.exchange.opening:Opening._grant", before),
    KillPoint("before the intent is committed", "jobs.dispatch.conversation:intend", after),
    KillPoint("after the intent was committed", "jobs.dispatch.conversation:_allow", after),
    KillPoint(
        "after the last byte of the request",
        "tenants.microsoft.connections:_Connection.send",
        _when_a_cmdlet_has_left,
    ),
    KillPoint("after the answer, before the outcome is stored", "jobs.dispatch.attempt:_store_somehow", before),
    KillPoint("between two steps", "jobs.dispatch.story:Story.end_step", after),
    KillPoint("in the clerk, in the middle of a batch", "jobs.dispatch.finish:close_connections", after),
    KillPoint("before the outcome is committed", "jobs.dispatch.attempt:store", after),
    KillPoint("after the outcome was committed", "jobs.dispatch.attempt:_store", after),
    KillPoint("in the heart", "jobs.dispatch.heart:Heart.renew", after, often=2),
    KillPoint(
        "in finish_if_done, before the end is committed", "jobs.dispatch.last:finish_if_done", _if_it_said_yes, 1
    ),
    KillPoint("in the dispatcher, while it rings", "jobs.dispatch.rings:ring_often", _between_two_messages, often=1),
    KillPoint("in the dispatcher, before it rings", "jobs.dispatch.start:ring_for", before, often=1),
    KillPoint("in the sweeper, before it closes connections", "jobs.dispatch.sweep:close_lost_connections", before, 2),
    KillPoint("in the sweeper, between two reaps", "jobs.dispatch.reap:_reap", _if_it_said_yes, often=2),
)
BY_NAME = {point.name: point for point in POINTS}


def install(fuse: Fuse) -> None:
    """Let this process pass all points."""
    for point in BY_NAME.values():
        replace(point.place, point.when(partial(fuse.reach, point.name)))
