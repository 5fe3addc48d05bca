"""Launching runs in tests and carrying them out without a worker."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.start import start_run
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, ask_for_no_approval
from tests.live import settle

Launch = Callable[..., Run]


@pytest.fixture
def launch() -> Launch:
    """Return a function that drafts and launches a run, which needs no approval; nothing carries it out yet."""

    def go(cmdlet: str, organizations: Sequence[Organization], **parameters: Any) -> Run:
        ask_for_no_approval()
        selection = Selection(organization_ids=[organization.pk for organization in organizations])
        run = draft_run(actor=SYSTEM, request=RunRequest(cmdlet, parameters, selection))
        return launch_run(actor=SYSTEM, run_id=run.pk)

    return go


@pytest.fixture
def carry_out() -> Callable[[Run], list[RunTarget]]:
    """Return a function that makes one attempt at every queued target of a run, here, and returns all targets."""

    def go(run: Run) -> list[RunTarget]:
        start_run(run_id=run.pk)
        attempt_once(queued(run))
        settle()
        return list(run.targets.order_by("position"))

    return go


def attempt_once(run_target_ids: Sequence[UUID]) -> None:
    """Make as many attempts as there are targets, at whichever is next."""
    for _ in run_target_ids:
        attempt_next()


def queued(run: Run) -> list[UUID]:
    waiting = run.targets.filter(state=TargetState.QUEUED)
    return list(waiting.order_by("position").values_list("pk", flat=True))
