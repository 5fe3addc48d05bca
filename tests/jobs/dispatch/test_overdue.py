"""What waited to its deadline ends with the words that are true there, and nothing else does."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs.dispatch.overdue import end_overdue_targets
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.throttling.decisions import Reason
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from tests.factories import make_run

pytestmark = pytest.mark.django_db
IDENTITY = "application"


def held_back(reason: str, *, steps: int = 1) -> RunTarget:
    """Return a target that has waited for longer than one is tried, at its last step."""
    now = timezone.now()
    long_ago, soon = now - timedelta(minutes=61), now + timedelta(minutes=1)
    run = make_run(state=RunState.RUNNING, organizations=1)
    Run.objects.filter(pk=run.pk).update(step_count=steps)
    run.targets.update(queued_at=long_ago, step=steps, identity=IDENTITY)
    target = run.targets.get()
    if reason == "refused":
        refusals = [{"error_class": "certificate_expired", "code": "AADSTS700027"}]
        IdentityBreaker.objects.create(
            key=IDENTITY, name="Signalbox", refusals=refusals, opened_at=long_ago, changed_at=now
        )
    else:
        OrganizationGate.objects.create(
            organization_id=target.organization_id,
            reason=reason,
            error_class="exchange_unreachable",
            closed_until=soon,
            since=long_ago,
            changed_at=now,
        )
    return target


@pytest.mark.parametrize(
    ("reason", "steps", "said"),
    [
        (Reason.ASKED, 1, "Exchange throttled this organization for 60 minutes. The cmdlet did not run."),
        (Reason.ASKED, 3, "Exchange throttled this organization for 60 minutes. Step 3 did not run."),
        (Reason.FAILING, 1, "For 60 minutes this organization could not be asked. Nothing was sent."),
        (Reason.FAILING, 3, "For 60 minutes this organization could not be asked. Step 3 was not sent."),
        ("refused", 1, "For 60 minutes no token could be had as Signalbox. Nothing was sent."),
        ("refused", 3, "For 60 minutes no token could be had as Signalbox. Step 3 was not sent."),
    ],
)
def test_what_was_not_sent_is_said_of_the_step_alone_where_there_are_several(
    reason: str, steps: int, said: str
) -> None:
    target = held_back(reason, steps=steps)
    assert end_overdue_targets() == 1
    target.refresh_from_db()
    assert (target.state, target.error_detail) == (TargetState.ERRORED, said)


def test_one_whose_gate_is_forgotten_at_that_moment_goes_on_and_holds_up_no_other() -> None:
    free, refused = held_back(Reason.ASKED), held_back("refused")
    RunTarget.objects.filter(pk=free.pk).update(identity="another")

    def forget_gates(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "FOR UPDATE" in sql:
            OrganizationGate.objects.all().delete()
        return result

    with connection.execute_wrapper(forget_gates):
        assert end_overdue_targets() == 1
    states = dict(RunTarget.objects.values_list("pk", "state"))
    assert states == {free.pk: TargetState.QUEUED, refused.pk: TargetState.ERRORED}
