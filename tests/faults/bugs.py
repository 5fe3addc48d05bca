"""Known bugs that are planted into workers: a suite that does not find each of them is no evidence.

Each is the absence of one guard of the engine. They are planted into one process by name, never into the product.
"""

import importlib
import inspect
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import replace as changed
from typing import Any

from tests.faults.patching import Function, replace, set_value

Plant = Callable[[], None]
FINISHERS = ("jobs.dispatch.last", "jobs.dispatch.sweep", "jobs.dispatch.start")


def plant(name: str) -> None:
    """Plant the bug `name` into this process."""
    BUGS[name]()


def _text(place: str, *swaps: tuple[str, str]) -> Plant:
    """Change the text of a statement; a part that is not there any more is an error."""

    def make(statement: str) -> str:
        for old, new in swaps:
            if old not in statement:
                raise LookupError(f"{place} has no {old!r} any more")
            statement = statement.replace(old, new)
        return statement

    return lambda: set_value(place, make)


def _answering(place: str, answer: Any) -> Plant:
    """Let a function do nothing and answer always the same."""
    return lambda: replace(place, lambda _: lambda *_, **__: answer)


def _ending(change: Callable[[Any], Any]) -> Plant:
    """Let the ending of a failure be another one."""

    def make(original: Function) -> Function:
        def ending_of_failure(*arguments: Any, **named: Any) -> Any:
            return change(original(*arguments, **named))

        return ending_of_failure

    return lambda: replace("jobs.dispatch.conversation:ending_of_failure", make)


def _unknown_becomes(state: str, **other: Any) -> Plant:
    def change(ending: Any) -> Any:
        from jobs.runs.states import TargetState

        return changed(ending, state=TargetState(state), **other) if ending.state == TargetState.UNKNOWN else ending

    return _ending(change)


def _intend_without(*parts: str) -> Plant:
    """Give intents without a part of their conditions, and never ask again."""

    def may_still_send(stories: Sequence[Any]) -> list[None]:
        for story in stories:
            story.sending.checked_at = time.monotonic()
        return [None for _ in stories]

    def plant_it() -> None:
        _text("jobs.dispatch.intent:INTEND", *((part, "") for part in parts))()
        replace("jobs.dispatch.conversation:may_still_send", lambda _: may_still_send)

    return plant_it


def _send_before_intent() -> None:
    """Announce the cmdlet only after it was answered."""

    def make(original: Function) -> Function:
        def post(self: Any, call: Any, url: str) -> Any:
            announce, self.before_send = self.before_send, None
            try:
                return original(self, call, url)
            finally:
                self.before_send = announce
                if announce:
                    announce(call.client_request_id)

        return post

    replace("jobs.exchange.connection:Connection._post", make)


def _no_event_of_ends() -> None:
    def make(original: Function) -> Function:
        def write(events: Sequence[Any]) -> Any:
            return original([event for event in events if event.action != "run_target.ended"])

        return write

    replace("jobs.dispatch.finish:write", make)


def _finish_early() -> None:
    """End a run although organizations are open."""
    _finish_whenever_asked(
        "if RunTarget.objects.filter(run=run_id, state__in=OPEN_TARGET_STATES).exists():", "if False:"
    )


def _finish_twice() -> None:
    _finish_whenever_asked("if run.state not in OPEN_RUN_STATES:", "if False:")


def _finish_whenever_asked(guard: str, instead: str) -> None:
    """Rewrite the one function that ends runs, wherever it is used."""
    _rewrite("jobs.runs.services:finish_if_done", guard, instead, *FINISHERS)


def _rewrite(place: str, old: str, new: str, *users: str) -> None:
    """Compile a function once more with one line of it changed, and let all its users have that one."""
    module_name, _, name = place.partition(":")
    module = importlib.import_module(module_name)
    source = textwrap.dedent(inspect.getsource(getattr(module, name)))
    if old not in source:
        raise LookupError(f"{place} has no {old!r} any more")
    exec(compile(source.replace(old, new), f"<{name} with a bug>", "exec"), vars(module))  # noqa: S102 - our own text
    for user in users:
        setattr(importlib.import_module(user), name, getattr(module, name))


def _never_close() -> None:
    replace("jobs.dispatch.finish:close_connections", lambda _: lambda *_: None)


def _reap_blindly() -> None:
    _rewrite("jobs.runs.machine:reap", "if target.may_have_been_sent and effect is not Effect.READ:", "if False:")


def _ignore_retry_after() -> None:
    _ending(lambda ending: ending if ending.retry_in is None else changed(ending, retry_in=0.0))()
    replace("jobs.exchange.gates:Gates.close", lambda _: lambda *_: None)
    replace("jobs.dispatch.limits:_keep_signs", lambda _: lambda *_: {})


def _go_on_after_everything() -> None:
    replace("jobs.dispatch.conversation:goes_on_after", lambda _: lambda *_: True)


def _forget_steps() -> None:
    """Store what a step came to, and leave the organization at that step."""
    _text("jobs.dispatch.progress:ADVANCE", ("step = ended.step + 1,", "step = ended.step,"))()
    _text("jobs.dispatch.intent:INTEND", (" AND run_target.step = mine.step", ""))()


BUGS: dict[str, Plant] = {
    "the outcome is stored without looking at the fence": _text(
        "jobs.dispatch.finish:END", ("AND run_target.fence = ended.fence ", "")
    ),
    "a late answer is stored as the outcome": _text(
        "jobs.dispatch.finish:END", (" AND run_target.state = 'running'", "")
    ),
    "the cmdlet is sent before its intent is committed": _send_before_intent,
    "an intent is given without looking at fence and lease": _intend_without(
        "AND run_target.fence = mine.fence AND run_target.step = mine.step",
        "AND run_target.state = 'running' AND run_target.lease_until > clock_timestamp()",
    ),
    "an intent is given although the run was stopped": _intend_without(" AND run.cancel_requested_at IS NULL"),
    "an intent is given although the run is paused": _intend_without(" AND run.state = 'running'"),
    "an intent is given although everything is stopped": _intend_without(
        "AND NOT EXISTS (SELECT FROM global_stop WHERE lifted_at IS NULL)"
    ),
    "a change is sent again after its answer was lost": _unknown_becomes("queued", retry_in=0.0),
    "a lost answer is called failed": _unknown_becomes("failed"),
    "a lost answer is called succeeded": _unknown_becomes("succeeded", error_class=""),
    "the plan's hash is not recomputed": _answering("jobs.dispatch.plans:check_plan", None),
    "connections are left to the sweeper": _never_close,
    "a run is ended while organizations are open": _finish_early,
    "a run is ended twice": _finish_twice,
    "the end of an organization is written without its event": _no_event_of_ends,
    "the sweeper takes back what may have been sent": _reap_blindly,
    "the sweeper takes nothing back": _answering("jobs.dispatch.sweep:reap_lost_targets", 0),
    "the sweeper does not ring": _answering("jobs.dispatch.sweep:ring_for_due_targets", None),
    "the heart renews leases that were lost": _text(
        "jobs.dispatch.heart:RENEW",
        ("AND run_target.fence = mine.fence", ""),
        (" AND run_target.lease_owner = %(worker)s", ""),
    ),
    "Retry-After is ignored": _ignore_retry_after,
    "what another worker holds is claimed": _text(
        "jobs.dispatch.claims:CLAIM",
        ("run_target.run_id = run.id AND run_target.state = 'queued'", "run_target.run_id = run.id AND"),
        ("run_target.run_id = run.id AND\n            AND", "run_target.run_id = run.id AND"),
        ("AND there.number >= CASE", "AND there.number >= 1000 + CASE"),
        ("nth_there <= most_there AND ", ""),
        ("AND state = 'queued' FOR UPDATE", "AND state IN ('queued', 'running') FOR UPDATE"),
    ),
    "more is claimed than an organization's limit": _text(
        "jobs.dispatch.claims:CLAIM",
        ("AND there.number >= CASE", "AND there.number >= 1000 + CASE"),
        ("nth_there <= most_there AND ", ""),
    ),
    "an organization goes on after a step without outcome": _go_on_after_everything,
    "a step that has ended is sent again later": _forget_steps,
}
