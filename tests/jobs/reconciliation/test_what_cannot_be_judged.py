"""What nobody can judge goes to a person and holds up nothing else; what was seen is as old as it was asked for."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from jobs.catalogue.cmdlets import UnknownCmdlet
from jobs.dispatch import conversation
from jobs.launch import launch_planned
from jobs.reconciliation import judging, readings
from jobs.reconciliation.judging import ALTERED, judge_looks
from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.readings import launch_looks
from jobs.reconciliation.services import decide
from jobs.runs.models import Attempt, Run, RunTarget, StepOutcome
from jobs.runs.purposes import Purpose
from jobs.runs.states import Verdict
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from tests.factories import SYSTEM
from tests.jobs.reconciliation.conftest import CarryOut, Look, Lose

pytestmark = pytest.mark.django_db(transaction=True)
RULE: dict[str, Any] = {"Name": "Outside", "PrependSubject": "[EXTERNAL] "}
CONTACT = {"Name": "Jane Roe", "ExternalEmailAddress": "jane@fabrikam.example"}


def verdicts() -> dict[str, str]:
    return dict(RunTarget.objects.filter(state="unknown").values_list("run__cmdlet", "verdict"))


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("module", "name", "error"),
    [
        (readings, "reading_of", UnknownCmdlet("New-MailContact", ())),
        (judging, "reading_of", UnknownCmdlet("New-MailContact", ())),
        (judging, "judge", OverflowError("days=99999999999999")),
    ],
    ids=["left the catalogue", "left it meanwhile", "cannot be compared"],
)
def test_one_that_cannot_be_judged_does_not_keep_others_from_being_judged(
    module: Any, name: str, error: Exception, lose: Lose, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = getattr(module, name)

    def failing(first: Any, *more: Any) -> Any:
        if "New-MailContact" in (first, getattr(first, "cmdlet", "")):
            raise error
        return asked(first, *more)

    monkeypatch.setattr(module, name, failing)
    lose("New-MailContact", carried_out=True, **CONTACT)
    lose("New-TransportRule", carried_out=True, **RULE)

    look()

    assert verdicts() == {"New-MailContact": Verdict.NEEDS_PERSON, "New-TransportRule": Verdict.APPLIED}


def alter(run_id: Any) -> None:
    plan = Run.objects.get(pk=run_id).plan
    plan["steps"][0]["parameters"]["PrependSubject"] = "[OTHER] "
    Run.objects.filter(pk=run_id).update(plan=plan)


@pytest.mark.usefixtures("soon")
def test_a_plan_that_was_altered_says_nothing_of_what_was_sent(lose: Lose, look: Look) -> None:
    target = lose("New-TransportRule", carried_out=True, **RULE)
    alter(target.run_id)

    [found] = look()

    assert (found.verdict, found.detail) == (Verdict.NEEDS_PERSON, ALTERED)
    assert AuditEvent.objects.get(action="run.plan_refused").run_id == target.run_id
    assert not Run.objects.filter(purpose=Purpose.RECONCILIATION).exists()


@pytest.mark.usefixtures("soon")
def test_nor_does_one_that_was_altered_while_it_was_read_back(lose: Lose, carry_out: CarryOut) -> None:
    target = lose("New-TransportRule", carried_out=True, **RULE)
    launch_looks()
    carry_out(Run.objects.get(purpose=Purpose.RECONCILIATION))
    alter(target.run_id)

    judge_looks()

    found = Reconciliation.objects.get()
    assert (found.verdict, found.detail) == (Verdict.NEEDS_PERSON, ALTERED)


def cut(run_id: Any) -> None:
    """Leave no step in the plan."""
    Run.objects.filter(pk=run_id).update(plan={**Run.objects.get(pk=run_id).plan, "steps": []})


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("when", ["before the look", "before the verdict"])
def test_a_plan_that_lost_its_steps_keeps_no_other_from_its_verdict(
    when: str, lose: Lose, look: Look, carry_out: CarryOut
) -> None:
    odd = lose("New-MailContact", carried_out=True, **CONTACT)
    lose("New-TransportRule", carried_out=True, **RULE)
    if when == "before the verdict":
        launch_looks()
        for run in Run.objects.filter(purpose=Purpose.RECONCILIATION):
            carry_out(run)
    cut(odd.run_id)

    look()

    assert verdicts() == {"New-MailContact": Verdict.NEEDS_PERSON, "New-TransportRule": Verdict.APPLIED}
    told = AuditEvent.objects.get(action="run_target.reconciled", target_id=str(odd.pk))
    assert (told.data["cmdlet"], told.data["detail"]) == ("New-MailContact", ALTERED)


@pytest.mark.usefixtures("soon")
def test_one_of_which_no_attempt_tells_an_intent_keeps_no_other_from_its_verdict(lose: Lose, look: Look) -> None:
    odd = lose("New-MailContact", carried_out=True, **CONTACT)
    lose("New-TransportRule", carried_out=True, **RULE)
    attempt = odd.attempts.get()
    StepOutcome.objects.create(
        run_target=odd, step=1, attempt=attempt, state="unknown", intended_at=attempt.intended_at, ended_at=Now()
    )
    Attempt.objects.filter(pk=attempt.pk).update(intended_at=None)

    look()

    assert verdicts() == {"New-MailContact": Verdict.NEEDS_PERSON, "New-TransportRule": Verdict.APPLIED}


@pytest.mark.usefixtures("soon")
def test_a_person_can_decide_where_the_plan_lost_its_steps(lose: Lose) -> None:
    target = lose("New-TransportRule", carried_out=True, **RULE)
    cut(target.run_id)

    decide(actor=SYSTEM, target_id=target.pk, verdict="applied", words="I saw it.")

    assert AuditEvent.objects.get(action="run_target.decided").data["cmdlet"] == "New-TransportRule"


@pytest.mark.usefixtures("soon")
def test_a_reading_that_cannot_be_launched_is_undone_and_holds_up_no_other(
    lose: Lose, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*, actor: Actor, run: Run) -> Run:
        launched = launch_planned(actor=actor, run=run)
        if run.cmdlet == "Get-MailContact":
            raise TypeError("a plan that nobody has thought of")
        return launched

    monkeypatch.setattr(readings, "launch_planned", failing)
    lose("New-MailContact", carried_out=True, **CONTACT)
    lose("New-TransportRule", carried_out=True, **RULE)

    look()

    assert verdicts() == {"New-MailContact": "", "New-TransportRule": Verdict.APPLIED}
    assert [run.cmdlet for run in Run.objects.filter(purpose=Purpose.RECONCILIATION)] == ["Get-TransportRule"]


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1)], ids=["ahead", "behind"])
def test_the_clock_of_a_worker_does_not_decide_whether_the_lost_call_may_still_go_on(
    ahead: timedelta, settings: Any, lose: Lose, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RECONCILE_FIRST_SECONDS = 0
    lose("New-TransportRule", carried_out=False, **RULE)

    def now() -> datetime:
        return timezone.now() + ahead

    monkeypatch.setattr(conversation, "timezone", SimpleNamespace(now=now))
    [found] = look()

    assert found.verdict == "", found.detail
    assert found.looked_at is not None
    assert abs(found.looked_at - found.made_at) < timedelta(minutes=1)
