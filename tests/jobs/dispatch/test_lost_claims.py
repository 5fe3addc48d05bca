"""A process that lost a target and has it again: what its two claims ask for in one batch differs by the fence."""

from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone

from jobs.dispatch.claims import claim_targets
from jobs.dispatch.finish import store
from jobs.dispatch.finished import finished
from jobs.dispatch.intent import intend, may_still_send
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.plans import FrozenPlan
from jobs.dispatch.reap import reap_lost_targets
from jobs.dispatch.story import Story, Way
from jobs.runs.machine import NotSent
from jobs.runs.models import Attempt, RunTarget
from jobs.runs.states import RunState, TargetState
from portal.audit.models import AuditEvent
from tests.factories import make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def claims() -> tuple[Story, Story, Way]:
    """A claim that was lost, the claim of the same target that came after it, and the way of both."""
    run = make_run(state=RunState.RUNNING, organizations=1)
    way = Way(FrozenPlan(run.steps, "exo", run.plan_hash, ways=cast("Any", None)), cast("Any", None), {})
    [lost] = claim_targets(1)
    RunTarget.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert reap_lost_targets() == 1
    [held] = claim_targets(1)
    return Story(lost, way), Story(held, way), way


@pytest.mark.parametrize("turned", [False, True])
def test_only_the_claim_that_holds_may_send(claims: tuple[Story, Story, Way], turned: bool) -> None:
    lost, held, way = claims
    asked = [(lost, way), (held, way)]
    answers = intend(asked[::-1] if turned else asked)
    first, second = answers[::-1] if turned else answers
    assert first is NotSent.LEASE_LOST
    assert not isinstance(second, NotSent)
    assert may_still_send([lost, held]) == [NotSent.LEASE_LOST, None]
    intended = Attempt.objects.filter(intended_at__isnull=False)
    assert [attempt.pk for attempt in intended] == [held.claimed.attempt_id]


def test_only_the_answer_of_the_claim_that_holds_is_the_outcome(claims: tuple[Story, Story, Way]) -> None:
    lost, held, _ = claims
    endings = [finished(lost, Ending(TargetState.FAILED, "some")), finished(held, Ending(TargetState.SUCCEEDED))]
    assert store(endings) == [False, True]
    assert RunTarget.objects.get().state == TargetState.SUCCEEDED
    assert AuditEvent.objects.filter(action="late_answer.kept").count() == 1
    assert [event.data["state"] for event in AuditEvent.objects.filter(action="run_target.ended")] == ["succeeded"]
