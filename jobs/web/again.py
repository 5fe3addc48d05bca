"""Whether the same may be launched again: never where its change was, or may have been, carried out already."""

from urllib.parse import urlencode

from django.urls import reverse

from jobs.catalogue.effects import Effect
from jobs.results.explanations import explanation_of
from jobs.retry.rules import acts_twice
from jobs.runs.models import Run
from jobs.runs.retries import RETRIED_STATES
from jobs.runs.states import OPEN_TARGET_STATES, TargetState
from portal.core.explanations import Retry

LOOK_FIRST = "Do not run it again before you have looked in the organization: the change may have been carried out."
_ACTS_TWICE = "Do not run it again as it is: it was carried out at least in part, and would act a second time."
_RETRIES = {
    Retry.AUTOMATIC: "Safe to try again.",
    Retry.LATER: "The same request may work later.",
    Retry.AFTER_FIX: "Try again after the fix.",
    Retry.NEVER: "Trying again will not help.",
}


def may_repeat(run: Run, state: str, error_class: str) -> bool:
    """Whether launching `run` again may be offered where a target ended like this."""
    return state in RETRIED_STATES and not acts_twice(Effect(run.effect), error_class)


def retry_sentence(run: Run, state: str, error_class: str) -> str:
    """Return whether another try helps where a target of `run` stands like this; empty where that is no question."""
    if state == TargetState.UNKNOWN:
        return LOOK_FIRST
    if state in OPEN_TARGET_STATES:
        return "Another attempt is due or under way."
    if state not in RETRIED_STATES:
        return ""
    return _RETRIES[explanation_of(error_class).retry] if may_repeat(run, state, error_class) else _ACTS_TWICE


def again_url(run: Run) -> str:
    """Return where the same is launched again with its form, or connections are tested again: in any organizations."""
    where = reverse("jobs:connection-test") if run.is_connection_test else reverse("jobs:launch", args=[run.cmdlet])
    query = {"from": str(run.pk), **({"service": run.service} if run.is_connection_test else {})}
    return f"{where}?{urlencode(query)}"
