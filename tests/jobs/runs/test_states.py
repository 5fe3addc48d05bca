"""Which state a run ends in."""

import pytest

from jobs.runs.states import RunState, TargetState, final_state, is_open


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"succeeded": 3}, RunState.SUCCEEDED),
        ({"succeeded": 2, "failed": 1}, RunState.PARTLY_FAILED),
        ({"succeeded": 2, "errored": 1}, RunState.PARTLY_FAILED),
        ({"succeeded": 2, "unknown": 1}, RunState.PARTLY_FAILED),
        ({"succeeded": 2, "skipped": 1}, RunState.PARTLY_FAILED),
        ({"succeeded": 2, "denied": 1}, RunState.PARTLY_FAILED),
        ({"failed": 3}, RunState.FAILED),
        ({"errored": 3}, RunState.FAILED),
        ({"unknown": 1}, RunState.PARTLY_FAILED),
        ({"skipped": 3}, RunState.FAILED),
    ],
)
def test_a_run_succeeds_only_when_every_organization_did(counts: dict[str, int], state: RunState) -> None:
    assert final_state(counts) == state


@pytest.mark.parametrize("before", [{}, {"succeeded": 3}, {"failed": 1}, {"unknown": 1}])
def test_a_run_is_cancelled_where_an_organization_is_whatever_happened_before(before: dict[str, int]) -> None:
    assert final_state({**before, "cancelled": 1}) == RunState.CANCELLED


def test_runs_that_wait_go_on_or_are_paused_are_open() -> None:
    waiting = {RunState.PENDING_APPROVAL, RunState.QUEUED}
    assert {state for state in RunState if is_open(state)} == waiting | {RunState.RUNNING, RunState.PAUSED}


def test_states_are_those_of_the_product() -> None:
    assert " ".join(TargetState.values) == ("queued running succeeded failed errored unknown skipped denied cancelled")
    assert " ".join(RunState.values) == (
        "draft pending_approval queued running paused succeeded partly_failed failed cancelled rejected expired"
    )
