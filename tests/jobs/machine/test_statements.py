"""The statements that claim, promise, advance and end decide as the state machine does, move by move."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

import hypothesis
import hypothesis.strategies as st
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs.catalogue.effects import Effect
from jobs.dispatch.claims import claim_targets
from jobs.dispatch.finish import store
from jobs.dispatch.finished import finished
from jobs.dispatch.heart import RENEW
from jobs.dispatch.intent import intend, may_still_send
from jobs.dispatch.off_boarding import skip_vanished_organizations
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.plans import FrozenPlan
from jobs.dispatch.progress import forget_ended_steps
from jobs.dispatch.reap import reap_lost_targets
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_name
from jobs.global_stop.services import lift_global_stop, stop_everything
from jobs.runs import machine
from jobs.runs.machine import ENDS_OF_ATTEMPTS, Facts, NotSent, Target
from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import hash_of
from jobs.runs.services import cancel_run, pause_run, resume_run
from jobs.runs.states import OPEN_TARGET_STATES, RunState, TargetState
from jobs.runs.steps import Step, steps_of
from jobs.throttling.decisions import Reason
from jobs.throttling.models import OrganizationGate
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_run

MINUTE = timedelta(minutes=1)
CMDLETS = {Effect.READ: "Get-Mailbox", Effect.ABSOLUTE_SET: "Set-Mailbox", Effect.CREATE: "New-Mailbox"}
STEPS = st.tuples(*[st.sampled_from(list(CMDLETS))] * 2)
PLACES = st.integers(0, 2)
DISTURBANCES = ("pause", "stop", "throttle", "off-board", "cancel")


@dataclass
class Expected:
    """What the state machine says of a target, and what holds around it."""

    target: Target
    lease_is_live: bool = False
    is_due: bool = True
    vanished: bool = False
    throttles: bool = False


class Statements(RuleBasedStateMachine):
    """Three organizations with two steps each; whoever once had one in hand keeps trying, also when it is too late."""

    @initialize(effects=STEPS)
    def launch(self, effects: tuple[Effect, ...]) -> None:
        self.savepoint = transaction.savepoint()
        run = make_run(state=RunState.RUNNING, organizations=3)
        steps = [Step(CMDLETS[effect], CMDLETS[effect], effect, {}) for effect in effects]
        plan = {**run.plan, "steps": [step.as_plan() for step in steps], "on_failure": "stop"}
        worst = max(effects, key=list(Effect).index)
        Run.objects.filter(pk=run.pk).update(plan=plan, plan_hash=hash_of(plan), step_count=2, effect=worst)
        self.run = Run.objects.get(pk=run.pk)
        self.way = Way(
            FrozenPlan(steps_of(plan), "exo", self.run.plan_hash, ways=cast("Any", None)), cast("Any", None), {}
        )
        self.effects = effects
        self.keys = list(run.targets.order_by("position").values_list("pk", flat=True))
        self.expected = [Expected(Target()) for _ in self.keys]
        self.cancelled = self.stopped = False
        self.state = RunState.RUNNING
        self.stories: list[Story] = []
        self.claim(2)  # one waits

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    def facts(self, place: int) -> Facts:
        known = self.expected[place]
        return Facts(
            run=self.state,
            cancelled=self.cancelled,
            stopped=self.stopped,
            vanished=known.vanished,
            throttles=known.throttles,
            lease_is_live=known.lease_is_live,
            is_due=known.is_due,
        )

    def is_held(self, story: Story) -> bool:
        return self.expected[self.place_of(story)].target.is_held_under(story.claimed.fence)

    def place_of(self, story: Story) -> int:
        return self.keys.index(story.claimed.run_target_id)

    @rule(number=st.integers(1, 4))
    def claim(self, number: int) -> None:
        """Workers ask for something to do."""
        wanted = {place: machine.claim(known.target, self.facts(place)) for place, known in enumerate(self.expected)}
        possible = {place: target for place, target in wanted.items() if target is not None}
        claims = claim_targets(number)
        assert len(claims) == min(number, len(possible))
        for claim in claims:
            place = self.keys.index(claim.run_target_id)
            self.expected[place].target, self.expected[place].lease_is_live = possible[place], True
            assert (claim.fence, claim.step) == (possible[place].fence, possible[place].step)
            self.stories.append(Story(claim, self.way))

    @precondition(lambda self: self.stories)
    @rule()
    def promise(self) -> None:
        """Every worker is about to send, or believes that it may, and the clerk asks for all of them at once."""
        self.compare_promises(self.stories)

    def compare_promises(self, stories: Sequence[Story]) -> None:
        wanted = [self.promised(story) for story in stories]
        answers = intend([(story, self.way) for story in stories])
        assert [answer if isinstance(answer, NotSent) else None for answer in answers] == [
            answer if isinstance(answer, NotSent) else None for answer in wanted
        ]
        for story, answer in zip(stories, wanted, strict=True):
            if isinstance(answer, Target):
                self.expected[self.place_of(story)].target = answer

    @precondition(lambda self: self.stories)
    @rule()
    def ask_again(self) -> None:
        """Every worker asks whether what it promised may still be sent."""
        wanted = [self.promised(story, step=self.expected[self.place_of(story)].target.step) for story in self.stories]
        assert may_still_send(self.stories) == [answer if isinstance(answer, NotSent) else None for answer in wanted]

    def promised(self, story: Story, *, step: int | None = None) -> Target | NotSent:
        place = self.place_of(story)
        target, fence = self.expected[place].target, story.claimed.fence
        return machine.intend(target, self.facts(place), fence=fence, step=step or story.sending.position)

    @precondition(lambda self: self.stories)
    @rule(data=st.data())
    def store_a_step(self, data: st.DataObject) -> None:
        """A worker stores how a step ended, together with the promise of the next one."""
        self.compare_steps([data.draw(st.sampled_from(self.stories))], self.stories)

    def compare_steps(self, ended: Sequence[Story], promising: Sequence[Story]) -> None:
        """Have the present step of each of these ended, and stored as everybody promises."""
        for story in (each for each in ended if each.sending.position < len(self.effects)):
            known = self.expected[self.place_of(story)]
            advanced = machine.advance(known.target, fence=story.claimed.fence, ended_step=story.sending.position)
            story.end_step(Ending(TargetState.SUCCEEDED))
            known.target = advanced or known.target
        self.compare_promises(promising)
        forget_ended_steps(promising)

    @precondition(lambda self: self.stories)
    @rule(data=st.data(), state=st.sampled_from(sorted(ENDS_OF_ATTEMPTS)), disturbed=st.booleans())
    def end(self, data: st.DataObject, state: TargetState, disturbed: bool) -> None:
        """Answers of one organization are stored, that in time and those too late in one batch."""
        place = data.draw(PLACES)
        stories = [story for story in self.stories if self.place_of(story) == place and not story.ended]
        self.compare_endings(stories, Ending(state, "some", counts=disturbed))

    @precondition(lambda self: self.stories)
    @rule(data=st.data(), seconds=st.sampled_from([0.0, 60.0]), disturbed=st.booleans())
    def defer(self, data: st.DataObject, seconds: float, disturbed: bool) -> None:
        """An attempt ends, and another is due."""
        story = data.draw(st.sampled_from(self.stories))
        self.compare_endings([story], Ending(TargetState.ERRORED, "some", retry_in=seconds, counts=disturbed))

    def compare_endings(self, stories: list[Story], ending: Ending) -> None:
        current = []
        for story in stories:
            known, fence = self.expected[self.place_of(story)], story.claimed.fence
            if ending.retry_in is None:
                after = machine.end(known.target, ending.state, fence=fence, strikes=int(ending.counts))
            else:
                after = machine.give_back(known.target, fence=fence, strikes=int(ending.counts))
            if after is not None:
                known.target, known.lease_is_live, known.is_due = after, False, not ending.retry_in
                current.append(story)
        in_time = store([finished(story, ending) for story in stories])
        assert all(is_in_time for story, is_in_time in zip(stories, in_time, strict=True) if story in current)
        # Whose ending was stored is done; one whose answer came late tries in vain for ever.
        self.stories = [story for story in self.stories if story not in current]

    @rule()
    def wait_until_all_is_due(self) -> None:
        RunTarget.objects.filter(pk__in=self.keys, not_before__isnull=False).update(not_before=timezone.now())
        for known in self.expected:
            known.is_due = True

    @rule(place=PLACES)
    def let_a_lease_run_out(self, place: int) -> None:
        known = self.expected[place]
        if known.target.state is TargetState.RUNNING:
            RunTarget.objects.filter(pk=self.keys[place]).update(lease_until=timezone.now() - MINUTE)
            known.lease_is_live = False

    @precondition(lambda self: self.stories)
    @rule()
    def renew(self) -> None:
        """A heart beats for everything that its process believes to hold."""
        mine = [story.claimed for story in self.stories]
        asked: dict[str, Any] = {
            "ids": [claim.run_target_id for claim in mine],
            "fences": [claim.fence for claim in mine],
            "worker": worker_name(),
            "lease": settings.LEASE_SECONDS,
        }
        with connection.cursor() as cursor:
            cursor.execute(RENEW, asked)
        for claim in mine:
            known = self.expected[self.keys.index(claim.run_target_id)]
            known.lease_is_live |= known.target.is_held_under(claim.fence)

    @rule()
    def reap(self) -> None:
        """The sweeper takes back what ran out."""
        number = 0
        for place, known in enumerate(self.expected):
            effect, most = self.effects[known.target.step - 1], settings.MAX_ATTEMPTS
            reaped = machine.reap(known.target, self.facts(place), effect=effect, most_strikes=most)
            if reaped is not None:
                known.target, number = reaped, number + 1
        assert reap_lost_targets() == number

    @rule(what=st.sampled_from(DISTURBANCES), place=PLACES)
    def disturb(self, what: str, place: int) -> None:
        """Somebody holds something back, for a while or for good."""
        known = self.expected[place]
        goes_on = self.state in (RunState.RUNNING, RunState.PAUSED) and not self.cancelled
        if what == "pause" and goes_on:
            pause_run(actor=SYSTEM, run_id=self.run.pk)
            self.state = RunState.PAUSED
        elif what == "stop":
            stop_everything(actor=SYSTEM, reason="Trial")
            self.stopped = True
        elif what == "throttle":
            self.set_gate(place, timezone.now() + MINUTE)
            known.throttles = True
        elif what == "off-board":
            self.organizations().filter(run_targets=self.keys[place]).update(vanished_at=timezone.now())
            known.vanished = True
        elif what == "cancel" and goes_on:
            cancel_run(actor=SYSTEM, run_id=self.run.pk)
            self.cancelled = True
            self.end_waiting(TargetState.CANCELLED, self.expected)
            if all(each.target.state not in OPEN_TARGET_STATES for each in self.expected):
                self.state = RunState.CANCELLED

    @rule()
    def let_everything_go_on(self) -> None:
        if self.state is RunState.PAUSED and not self.cancelled:
            resume_run(actor=SYSTEM, run_id=self.run.pk)
            self.state = RunState.RUNNING
        if self.stopped:
            lift_global_stop(actor=SYSTEM)
            self.stopped = False
        for place, known in enumerate(self.expected):
            if known.throttles:
                self.set_gate(place, timezone.now() - MINUTE)
                known.throttles = False

    @rule()
    def skip_who_left(self) -> None:
        if self.state in (RunState.RUNNING, RunState.PAUSED):
            skip_vanished_organizations(actor=SYSTEM)
            self.end_waiting(TargetState.SKIPPED, [known for known in self.expected if known.vanished])

    def end_waiting(self, state: TargetState, whom: list[Expected]) -> None:
        for known in whom:
            known.target = machine.end_waiting(known.target, state) or known.target

    def set_gate(self, place: int, until: datetime) -> None:
        OrganizationGate.objects.update_or_create(
            organization=self.organizations().get(run_targets=self.keys[place]),
            defaults={"closed_until": until, "reason": Reason.ASKED, "changed_at": timezone.now()},
        )

    def organizations(self) -> Any:
        return Organization.objects.filter(run_targets__run=self.run)

    @invariant()
    def whatever_is_tried_next_ends_as_the_state_machine_says(self) -> None:
        """In every state that is come to, everything is tried that could happen next, and taken back."""
        if not hasattr(self, "stories"):
            return
        trials: list[Callable[[], None]] = [partial(self.claim, 4)]
        trials += [partial(self.hold_back, what) for what in DISTURBANCES]
        if self.stories:
            trials += [self.end_what_is_known, self.come_too_late, self.send_another_step]
        for trial in trials:
            with self.taken_back():
                trial()

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        known = self.cancelled, self.stopped, self.state, list(self.stories)
        expected = [replace(each) for each in self.expected]
        sendings = [(list(story.sendings), list(story.ended), story.has_failed_steps) for story in self.stories]
        savepoint = transaction.savepoint()
        yield
        self.rows_stand_as_the_state_machine_says()
        transaction.savepoint_rollback(savepoint)
        self.expected = expected
        self.cancelled, self.stopped, self.state, self.stories = known
        for story, before in zip(self.stories, sendings, strict=True):
            story.sendings, story.ended, story.has_failed_steps = before

    def end_what_is_known(self) -> None:
        """All answers are stored, first those that came too late, alone: they must not end what others have."""
        self.compare_endings(self.lost(), Ending(TargetState.SUCCEEDED))
        self.rows_stand_as_the_state_machine_says()
        self.compare_endings(self.stories, Ending(TargetState.SUCCEEDED))

    def come_too_late(self) -> None:
        """Every lease runs out and others get what waits again; who had it knows nothing of that, and goes on."""
        for place in range(len(self.keys)):
            self.let_a_lease_run_out(place)
        self.reap()
        self.claim(4)
        lost = self.lost()
        trials: list[Callable[[], None]] = [
            partial(self.compare_promises, lost),
            partial(self.compare_steps, lost, lost),
            partial(self.compare_endings, lost, Ending(TargetState.SUCCEEDED)),
            partial(self.compare_endings, lost, Ending(TargetState.ERRORED, retry_in=0.0)),
        ]
        for go_on in trials:
            with self.taken_back():
                go_on()

    def send_another_step(self) -> None:
        """Whoever is not at the step that his target is at must not send: it was carried out, or is not due yet."""
        for story in self.stories:
            story.begin_step(len(self.effects) + 1 - story.sending.position)
        self.compare_promises(self.stories)

    def hold_back(self, what: str) -> None:
        """Once something is held back, no next step is sent; all is given back, and nobody may claim it."""
        self.compare_promises(self.stories)
        for place in range(len(self.keys)):
            self.disturb(what, place)
        with self.taken_back():
            self.compare_steps(self.stories, self.stories)
        self.compare_endings(list(self.stories), Ending(TargetState.ERRORED, retry_in=0.0))
        self.rows_stand_as_the_state_machine_says()
        self.claim(4)

    def lost(self) -> list[Story]:
        return [story for story in self.stories if not self.is_held(story)]

    @invariant()
    def rows_stand_as_the_state_machine_says(self) -> None:
        if not hasattr(self, "stories"):
            return
        rows = RunTarget.objects.in_bulk(self.keys)
        assert [rows[key].standing for key in self.keys] == [known.target for known in self.expected]
        for row in rows.values():
            assert (row.finished_at is None) == (row.state in OPEN_TARGET_STATES)
            assert (row.lease_until is None) == (row.state != TargetState.RUNNING)


@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_rows_and_state_machine_agree_after_any_moves_in_any_order() -> None:
    number = int(os.environ.get("SEED") or random.randrange(2**32))
    print(f"SEED={number}")
    hypothesis.seed(number)(Statements)
    run_state_machine_as_test(
        Statements,
        settings=hypothesis.settings(max_examples=8, stateful_step_count=10, phases=[hypothesis.Phase.generate]),
    )
