"""Where a run may be launched again: never where its change was, or may have been, carried out already."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from jobs.catalogue.effects import Effect
from jobs.exchange.disturbances import INCOMPLETE_ANSWER
from jobs.results.explanations import explanation_of
from jobs.runs.models import Run
from jobs.runs.selectors import organizations_of_targets
from jobs.runs.states import OPEN_TARGET_STATES, TargetState
from jobs.runs.targets import causes_in
from portal.core.actors import Actor
from portal.core.explanations import Retry

AGAIN_STATES = (TargetState.FAILED, TargetState.ERRORED, TargetState.CANCELLED, TargetState.SKIPPED)
"""The outcomes after which a launch may be offered again."""

RAN_CLASSES = ("partly_done", INCOMPLETE_ANSWER.error_class)
"""The error classes of a cmdlet that ran, fully or partly."""

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
    return state in AGAIN_STATES and (Effect(run.effect).harmless_to_repeat or error_class not in RAN_CLASSES)


def retry_sentence(run: Run, state: str, error_class: str) -> str:
    """Return whether another try helps where a target of `run` stands like this; empty where that is no question."""
    if state == TargetState.UNKNOWN:
        return LOOK_FIRST
    if state in OPEN_TARGET_STATES:
        return "Another attempt is due or under way."
    if state not in AGAIN_STATES:
        return ""
    return _RETRIES[explanation_of(error_class).retry] if may_repeat(run, state, error_class) else _ACTS_TWICE


def again_url(run: Run, **narrowed: str | list[str]) -> str:
    """Return where a run is launched again, or a connection tested again; `narrowed` are `state` and `cause`."""
    where = reverse("jobs:connection-test") if run.is_connection_test else reverse("jobs:launch", args=[run.cmdlet])
    query: dict[str, str | list[str]] = {"from": str(run.pk), **narrowed}
    if run.is_connection_test:
        query["service"] = run.service
    return f"{where}?{urlencode(query, doseq=True)}"


def organizations_again(*, actor: Actor, run: Run, states: Sequence[str] = (), error_class: str = "") -> list[UUID]:
    """Return the organizations of `run` where it may be launched again, of `states` and `error_class` or of any.

    Asked for `states` of any class, it leaves out where the same request would only be refused again.
    """
    wanted = [state for state in AGAIN_STATES if state in states or not states]
    if not any(may_repeat(run, state, error_class) for state in wanted):
        return []
    found = organizations_of_targets(actor=actor, run_id=run.pk, states=wanted, error_class=error_class)
    if error_class:
        return found
    in_vain = {
        organization_id
        for cause, _ in causes_in(actor=actor, run_id=run.pk)
        if not _is_worth_it(run, cause, whole_states=bool(states))
        for organization_id in organizations_of_targets(actor=actor, run_id=run.pk, states=wanted, error_class=cause)
    }
    return [organization_id for organization_id in found if organization_id not in in_vain]


def _is_worth_it(run: Run, error_class: str, *, whole_states: bool) -> bool:
    if error_class in RAN_CLASSES and not Effect(run.effect).harmless_to_repeat:
        return False
    return not (whole_states and explanation_of(error_class).retry is Retry.NEVER)
