"""What launching a run does, how often, and whether it can be undone, in words that cannot be misread."""

import re

from jobs.catalogue.cmdlets import Risk, UnknownCmdlet, find
from jobs.catalogue.effects import Effect
from jobs.runs.models import Run
from jobs.runs.steps import OnFailure, Step
from jobs.web.words import counted

_NOUN_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DESTRUCTIVE_VERBS = {"Disable": "disables", "Stop": "stops", "Clear": "clears", "Cancel": "cancels"}
_AFTER_FAILURE = {
    OnFailure.STOP: "Where one fails, the later ones are not sent in that organization.",
    OnFailure.CONTINUE: "Where one fails, the next one is sent there all the same.",
}


def spoken(noun: str) -> str:
    """Return the noun of a cmdlet as words: `CASMailboxPlan` is "CAS mailbox plan"."""
    words = _NOUN_WORD.findall(noun)
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)


def consequence(run: Run) -> str:
    """Return what launching `run` does; of several steps the number, and what becomes of the later ones."""
    places = counted(run.target_count, "organization")
    if run.step_count == 1:
        return step_consequence(run.steps[0], run.risk, places)
    cannot = " What is destroyed cannot be brought back." if needs_confirmation(run) else ""
    after = _AFTER_FAILURE[OnFailure(run.plan["on_failure"])]
    return f"This sends {run.step_count} cmdlets to {places}, one after the other. {after}{cannot}"


def step_consequence(step: Step, risk: str, places: str) -> str:
    """Return what one step does in `places`."""
    if step.parameters.get("WhatIf") is True:
        return f"This is a dry run in {places}: {step.cmdlet} says what it would do and changes nothing."
    if step.effect == Effect.READ:
        return f"This reads from {places} and changes nothing."
    verb, _, noun = step.cmdlet.partition("-")
    named = spoken(noun)
    if risk == "destructive":
        return (
            f"This {_DESTRUCTIVE_VERBS.get(verb, 'deletes')} what it names ({named}), in {places}. It cannot be undone."
        )
    if step.effect == Effect.ABSOLUTE_SET:
        return f"This changes what it names ({named}), in {places}. The values of before are not kept."
    if step.effect == Effect.CREATE:
        return f"This creates something new ({named}), in {places}."
    return f"This acts on what it names ({named}), in {places}."


def needs_confirmation(run: Run) -> bool:
    """Whether launching takes a ticked box that repeats what is destroyed: destructive, and not a dry run."""
    if run.step_count == 1:
        return run.risk == "destructive" and run.effect != Effect.READ
    return any(risk_of(step) == "destructive" and step.effect != Effect.READ for step in run.steps)


def risk_of(step: Step) -> Risk:
    """Return the risk of a step; one whose cmdlet left the catalogue is read or change by its effect."""
    try:
        return find(step.cmdlet).risk
    except UnknownCmdlet:
        return "read" if step.effect == Effect.READ else "change"
