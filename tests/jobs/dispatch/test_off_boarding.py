"""Organizations that leave in mid-run: whatever waits there ends at the next sweep."""

import pytest
from django.utils import timezone

from jobs.dispatch.off_boarding import skip_vanished_organizations
from jobs.dispatch.sweep import sweep
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_run

pytestmark = pytest.mark.django_db


def off_board(run: Run, *positions: int) -> None:
    leaving = run.targets.filter(position__in=positions).values("organization")
    Organization.objects.filter(pk__in=leaving).update(vanished_at=timezone.now())


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PAUSED])
def test_what_waits_in_an_organization_that_left_is_skipped(state: RunState) -> None:
    run = make_run(state=state, organizations=3)
    off_board(run, 1)
    assert skip_vanished_organizations(actor=SYSTEM) == 1
    ended = run.targets.get(position=1)
    assert (ended.state, ended.error_class) == (TargetState.SKIPPED, "organization_vanished")
    assert ended.finished_at
    assert run.targets.filter(state=TargetState.QUEUED).count() == 2
    event = AuditEvent.objects.get(action="run_target.ended")
    assert (event.data["state"], event.data["error_class"]) == ("skipped", "organization_vanished")


def test_what_is_in_flight_or_over_is_left_to_those_who_have_it() -> None:
    run = make_run(state=RunState.RUNNING, organizations=2, states=[TargetState.RUNNING, TargetState.SUCCEEDED])
    off_board(run, 0, 1)
    assert skip_vanished_organizations(actor=SYSTEM) == 0


def test_a_sweep_ends_a_run_whose_organizations_all_left(broker: object) -> None:
    run = make_run(state=RunState.RUNNING, organizations=3)
    off_board(run, 0, 1, 2)
    sweep()
    run.refresh_from_db()
    assert run.counts == {"skipped": 3}
    assert run.finished_at


def test_nothing_is_asked_of_runs_without_such_organizations(django_assert_num_queries: object) -> None:
    for _ in range(5):
        make_run(state=RunState.RUNNING, organizations=3)
    with django_assert_num_queries(1):  # type: ignore[operator]
        skip_vanished_organizations(actor=SYSTEM)
