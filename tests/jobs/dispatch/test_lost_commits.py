"""A transaction that committed and whose answer was lost is made again: nothing is recorded twice, or called late."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from django.utils import timezone

from jobs.catalogue.effects import Effect
from jobs.dispatch.claims import claim_targets
from jobs.dispatch.finish import store
from jobs.dispatch.finished import finished
from jobs.dispatch.intent import intend
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.plans import FrozenPlan
from jobs.dispatch.reap import reap_lost_targets
from jobs.dispatch.story import Story, Way
from jobs.exchange.answer import Answer
from jobs.results.models import Result
from jobs.runs.models import Attempt, Run, RunTarget, StepOutcome
from jobs.runs.plans import hash_of
from jobs.runs.states import RunState, TargetState
from jobs.runs.steps import Step
from portal.audit.models import AuditEvent
from tests.factories import make_run

pytestmark = pytest.mark.django_db
SUCCEEDED = Ending(TargetState.SUCCEEDED)


@pytest.fixture
def way() -> Way:
    """The way into the organization of a run that takes two changing steps in one."""
    run = make_run(state=RunState.RUNNING, organizations=1)
    steps = tuple(Step("Set-Mailbox", "Set-Mailbox", Effect.ABSOLUTE_SET, {}) for _ in range(2))
    plan = {**run.plan, "steps": [step.as_plan() for step in steps], "on_failure": "stop"}
    Run.objects.filter(pk=run.pk).update(plan=plan, plan_hash=hash_of(plan), step_count=2, effect=Effect.ABSOLUTE_SET)
    return Way(FrozenPlan(steps, "exo", hash_of(plan), ways=cast("Any", None)), cast("Any", None), {})


def announced(way: Way) -> Story:
    """Return an attempt that may send the first step."""
    [claim] = claim_targets(1)
    story = Story(claim, way)
    announce(story, way)
    return story


def announce(story: Story, way: Way) -> None:
    story.sending.client_request_id = f"request of step {story.sending.position}"
    [answer] = intend([(story, way)])
    assert isinstance(answer, datetime)


def answered(story: Story) -> Story:
    """Return it with an answer to its step, on the way to the next."""
    story.sending.answer = Answer((), (), (), "", False, 1, "", story.sending.client_request_id, "", 1, ())
    story.end_step(SUCCEEDED)
    return story


def events() -> Counter[str]:
    return Counter(AuditEvent.objects.values_list("action", flat=True))


def test_an_intent_is_recorded_once(way: Way) -> None:
    story = announced(way)
    announce(story, way)
    assert events()["cmdlet.intended"] == 1
    assert RunTarget.objects.get().standing.may_have_been_sent


def test_the_intent_of_the_next_step_and_the_step_before_it_are_recorded_once(way: Way) -> None:
    story = answered(announced(way))
    announce(story, way)
    announce(story, way)
    assert (events()["cmdlet.intended"], events()["run_target.step_ended"]) == (2, 1)
    target = RunTarget.objects.get()
    assert (target.step, target.intent_fence) == (2, target.fence)
    assert StepOutcome.objects.count() == Result.objects.count() == 1


def test_a_step_that_came_in_time_is_not_called_late_when_the_end_is_stored_again(way: Way) -> None:
    story = answered(announced(way))
    for _ in range(2):
        assert store([finished(story, SUCCEEDED)]) == [True]
    told = events()
    assert (told["run_target.step_ended"], told["run_target.ended"], told["late_answer.kept"]) == (1, 1, 0)
    assert not Result.objects.filter(is_late=True).exists()


def test_an_answer_that_came_late_is_kept_once(way: Way) -> None:
    story = answered(announced(way))
    RunTarget.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert reap_lost_targets() == 1
    for _ in range(2):
        intend([(story, way)])
    assert (events()["late_answer.kept"], events()["run_target.step_ended"]) == (1, 0)
    assert Result.objects.get().is_late
    assert RunTarget.objects.get().state == TargetState.UNKNOWN
    assert StepOutcome.objects.get().state == TargetState.UNKNOWN
    assert Attempt.objects.get().outcome == "lost"
