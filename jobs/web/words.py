"""What risk, effect and state mean, in words that cannot be misread."""

from collections.abc import Mapping
from datetime import timedelta

from jobs.catalogue.effects import Effect
from jobs.runs.states import TargetState

RISKS = {"read": "Reads", "change": "Changes", "destructive": "Destructive", "session": "Session"}
EFFECTS = {
    Effect.READ: "Only reads: repeat is harmless",
    Effect.ABSOLUTE_SET: "Sets values: repeat is harmless",
    Effect.CREATE: "Creates something: a repeat creates it again or is refused",
    Effect.RELATIVE: "Adds, removes, sends or starts: a repeat acts again",
}
EFFECTS_SHORT = {
    Effect.READ: "Repeat is harmless",
    Effect.ABSOLUTE_SET: "Repeat is harmless",
    Effect.CREATE: "Repeat creates again",
    Effect.RELATIVE: "Repeat acts again",
}
SERVICES = {"exo": "Exchange Online", "scc": "Security & Compliance", "eop": "Exchange Online Protection"}
_STATES_IN_ORDER = (
    TargetState.SUCCEEDED,
    TargetState.FAILED,
    TargetState.ERRORED,
    TargetState.UNKNOWN,
    TargetState.DENIED,
    TargetState.SKIPPED,
    TargetState.CANCELLED,
    TargetState.RUNNING,
    TargetState.QUEUED,
)


def counted(number: int, noun: str) -> str:
    """Return "1 organization" or "1,200 organizations"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def counts_in_words(counts: Mapping[str, int], words_of: Mapping[TargetState, str] | None = None) -> str:
    """Return "187 succeeded, 4 failed", or in other words for some states; "nothing yet" when nothing is counted."""
    said = words_of or {}
    words = [
        f"{counts[state]:,} {said.get(state, state.label.lower())}" for state in _STATES_IN_ORDER if counts.get(state)
    ]
    return ", ".join(words) or "nothing yet"


def ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the states that occur with their numbers, in the order in which every page shows them."""
    return [(state.value, counts[state]) for state in _STATES_IN_ORDER if counts.get(state)]


def duration(span: timedelta | None) -> str:
    """Return a length of time as "0.4 s", "42 s", "3 min 5 s" or "2 h 10 min"; a dash for None."""
    if span is None:
        return "–"
    seconds = span.total_seconds()
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left} min" if hours else f"{minutes} min {rest} s"
