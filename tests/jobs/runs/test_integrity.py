"""A plan that was edited in the database: refused wherever it would be used, recorded once, and said on the page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jobs.catalogue.effects import Effect
from jobs.dispatch.reap import reap_lost_targets
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.integrity import alteration_of
from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import PlanChanged, hash_of
from jobs.runs.selection import Selection
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.factories import SYSTEM, make_app_registration, make_organizations, make_run
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
READ = "Get-AcceptedDomain"


def alter(run: Run, *, with_hash: bool = False) -> Run:
    """Edit the plan as somebody with the database's password does; with its hash too, if he is careful."""
    run.plan = {**run.plan, "organizations": [*run.plan["organizations"], "00000000-0000-0000-0000-000000000007"]}
    if with_hash:
        run.plan_hash = hash_of(run.plan)
    Run.objects.filter(pk=run.pk).update(plan=run.plan, plan_hash=run.plan_hash)
    return run


def refusals(run: Run) -> list[dict[str, Any]]:
    return [event.data for event in AuditEvent.objects.filter(action="run.plan_refused", run_id=run.pk)]


@pytest.fixture
def launch_draft(db: None) -> Callable[[], Run]:
    """Return a function that drafts a run as a person does."""

    def go() -> Run:
        organizations = make_organizations(2, partner=make_app_registration().partner)
        selection = Selection(organization_ids=[organization.pk for organization in organizations])
        return draft_run(actor=SYSTEM, request=RunRequest(READ, {}, selection))

    return go


@pytest.mark.django_db
@pytest.mark.parametrize("with_hash", [False, True], ids=["plan", "plan and hash"])
class TestLaunchOfAnAlteredPlan:
    def test_is_refused_and_recorded_with_both_hashes(self, launch_draft: Callable[[], Run], with_hash: bool) -> None:
        run = launch_draft()
        expected = run.plan_hash
        alter(run, with_hash=with_hash)
        with pytest.raises(PlanChanged, match="altered after it was reviewed"):
            launch_run(actor=SYSTEM, run_id=run.pk)
        assert refusals(run) == [{"expected": expected, "found": hash_of(run.plan)}]
        run.refresh_from_db()
        assert (run.state, run.targets.count()) == (RunState.DRAFT, 0)

    def test_is_recorded_once_however_often_it_is_tried(self, launch_draft: Callable[[], Run], with_hash: bool) -> None:
        run = alter(launch_draft(), with_hash=with_hash)
        for _ in range(3):
            with pytest.raises(PlanChanged):
                launch_run(actor=SYSTEM, run_id=run.pk)
        assert len(refusals(run)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_hash", [False, True], ids=["plan", "plan and hash"])
def test_a_worker_sends_nothing_of_an_altered_plan_and_records_it_once_for_all_organizations(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, with_hash: bool
) -> None:
    run = launch(READ, organizations_of(3))
    alter(run, with_hash=with_hash)
    assert {(t.state, t.error_class) for t in carry_out(run)} == {(TargetState.ERRORED, "plan_changed")}
    assert sandbox.executions(READ) == []
    assert len(refusals(run)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_altered_hash_beside_a_plan_that_was_left_alone_is_refused_too(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    run = launch(READ, organizations_of(1))
    Run.objects.update(plan_hash="0" * 64)
    [target] = carry_out(run)
    assert target.error_class == "plan_changed"
    assert refusals(run)[0]["found"] == "0" * 64


@pytest.mark.django_db
def test_a_change_in_flight_whose_plan_was_altered_into_a_read_is_unknown_when_its_worker_is_lost() -> None:
    run = make_run(state=RunState.RUNNING, organizations=1, states=[TargetState.RUNNING], effect=Effect.CREATE)
    ago = timezone.now() - timedelta(minutes=1)
    RunTarget.objects.filter(run=run).update(fence=1, intent_fence=1, lease_owner="gone:1", lease_until=ago)
    harmless = {**run.plan, "steps": [{**run.plan["steps"][0], "effect": "read"}]}
    Run.objects.filter(pk=run.pk).update(plan=harmless)
    assert reap_lost_targets() == 1
    assert run.targets.get().state == TargetState.UNKNOWN


@pytest.mark.django_db
def test_the_page_of_the_run_says_so_with_both_hashes(technician: User, signed_in: Callable[[User], Client]) -> None:
    run = make_run()
    url, expected = reverse("jobs:run", args=[run.pk]), run.plan_hash
    assert "altered in the database" not in signed_in(technician).get(url).content.decode()
    alter(run)
    change = alteration_of(run)
    assert change
    page = signed_in(technician).get(url).content.decode()
    assert "The plan of this run was altered in the database after it was reviewed" in page
    assert expected in page
    assert change.found in page
