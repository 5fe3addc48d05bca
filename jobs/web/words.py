"""What risk, effect and state mean, in words that cannot be misread."""

import re
from collections.abc import Mapping
from datetime import timedelta

from jobs.catalogue.cmdlets import Cmdlet, find
from jobs.catalogue.effects import Effect
from jobs.runs.models import Run
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
_NOUN_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DESTRUCTIVE_VERBS = {"Disable": "disables", "Stop": "stops", "Clear": "clears", "Cancel": "cancels"}
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


def spoken_noun(cmdlet: Cmdlet) -> str:
    """Return the noun of a cmdlet as words: `CASMailboxPlan` is "CAS mailbox plan"."""
    words = _NOUN_WORD.findall(cmdlet.noun)
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)


def consequence(run: Run) -> str:
    """Return what launching `run` does, how often, and whether it can be undone."""
    places, cmdlet = counted(run.target_count, "organization"), find(run.cmdlet)
    if run.parameters.get("WhatIf") is True:
        return f"This is a dry run in {places}: {run.cmdlet} says what it would do and changes nothing."
    if run.effect == Effect.READ:
        return f"This reads from {places} and changes nothing."
    noun = spoken_noun(cmdlet)
    if run.risk == "destructive":
        verb = _DESTRUCTIVE_VERBS.get(cmdlet.verb, "deletes")
        return f"This {verb} what it names ({noun}), in {places}. It cannot be undone."
    if run.effect == Effect.ABSOLUTE_SET:
        return f"This changes what it names ({noun}), in {places}. The values of before are not kept."
    if run.effect == Effect.CREATE:
        return f"This creates something new ({noun}), in {places}."
    return f"This acts on what it names ({noun}), in {places}."


def needs_confirmation(run: Run) -> bool:
    """Whether launching takes a ticked box that repeats what is destroyed: destructive, and not a dry run."""
    return run.risk == "destructive" and run.effect != Effect.READ


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
