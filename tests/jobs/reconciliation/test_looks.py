"""When outcomes are looked at, by whom, and what a look may not claim."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from jobs.dispatch.begin import begin
from jobs.dispatch.clerk import clerk
from jobs.dispatch.start import start_run
from jobs.dispatch.sweep import sweep
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.reconciliation.evidence import Call, Judgement
from jobs.reconciliation.looks import MOST_IN_VAIN, next_look
from jobs.reconciliation.models import Reconciliation
from jobs.reconciliation.readings import launch_looks
from jobs.reconciliation.services import decide
from jobs.reconciliation.verdicts import judge
from jobs.runs.calls import StepRequest
from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.plans import hash_of
from jobs.runs.purposes import Purpose
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState, Verdict
from portal.audit.models import AuditEvent
from portal.core.identifiers import uuid7
from tenants.organizations.models import Organization
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile
from tests.engine import Launch, queued
from tests.factories import SYSTEM, make_run
from tests.jobs.reconciliation.conftest import CarryOut, Done, Look, Lose, There
from tests.live import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
RULE: dict[str, Any] = {"Name": "Outside", "PrependSubject": "[EXTERNAL] "}


def test_not_carried_out_is_said_only_once_the_lost_call_cannot_go_on(settings: Any, lose: Lose, look: Look) -> None:
    settings.RECONCILE_FIRST_SECONDS = 0
    target = lose("New-TransportRule", carried_out=False, **RULE)

    [first] = look()
    assert (first.verdict, first.judged_at is not None) == ("", True)
    assert "may still go on" in first.detail
    assert first.next_look_at is not None
    assert first.next_look_at > first.made_at
    assert look() == [first], "nothing is due before the next look"

    settings.RECONCILE_SETTLE_SECONDS = 0
    Reconciliation.objects.update(next_look_at=Now())
    [_, second] = look()
    assert (second.look, second.verdict) == (2, Verdict.NOT_APPLIED)
    target.refresh_from_db()
    assert target.verdict == Verdict.NOT_APPLIED


def test_carried_out_is_said_at_the_first_look(settings: Any, lose: Lose, look: Look) -> None:
    settings.RECONCILE_FIRST_SECONDS = 0
    target = lose("New-TransportRule", carried_out=True, **RULE)

    [found] = look()

    assert found.verdict == Verdict.APPLIED
    assert found.read_cmdlet == "Get-TransportRule"
    assert found.request_id
    assert found.looked_at is not None
    lines = {line["name"]: (line["wanted"], line["found"], line["match"]) for line in found.lines}
    assert lines["PrependSubject"] == ("[EXTERNAL] ", "[EXTERNAL] ", "same")
    event = AuditEvent.objects.get(action="run_target.reconciled")
    assert (event.target_id, event.data["verdict"]) == (str(target.pk), "as planned")


def test_nothing_is_looked_at_before_the_first_pause(lose: Lose, look: Look) -> None:
    lose("New-TransportRule", carried_out=True, **RULE)

    assert look() == []


def _alter(run: Run) -> None:
    run.plan["steps"][0]["parameters"]["PrependSubject"] = "[ALTERED] "
    Run.objects.filter(pk=run.pk).update(plan=run.plan, plan_hash=hash_of(run.plan))


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("altered", ["before the look", "before the verdict"])
def test_what_a_plan_wanted_that_was_altered_needs_a_person(
    altered: str, lose: Lose, carry_out: CarryOut, look: Look
) -> None:
    target = lose("New-TransportRule", carried_out=True, **RULE)
    if altered == "before the verdict":
        launch_looks()
        carry_out(Run.objects.get(purpose=Purpose.RECONCILIATION))
    _alter(target.run)

    [found] = look()

    assert found.verdict == Verdict.NEEDS_PERSON
    assert "The plan of the run was altered" in found.detail


@pytest.mark.usefixtures("soon")
def test_an_answer_that_cannot_be_compared_keeps_no_other_from_its_verdict(
    lose: Lose, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = lose("New-TransportRule", carried_out=True, **RULE)
    other = lose("New-DistributionGroup", carried_out=True, Name="Inside")

    def compare(call: Call, *rest: Any) -> Judgement:
        if call.parameters["Name"] == RULE["Name"]:
            raise TypeError("an answer that nobody has thought of")
        return judge(call, *rest)

    monkeypatch.setattr("jobs.reconciliation.judging.judge", compare)

    verdicts = {found.run_target_id: found.verdict for found in look()}

    assert verdicts == {odd.pk: Verdict.NEEDS_PERSON, other.pk: Verdict.APPLIED}


@pytest.mark.usefixtures("soon")
def test_an_older_object_of_the_same_name_is_somebody_elses(there: There, lose: Lose, look: Look) -> None:
    """A create whose answer is lost, where an object of that name and those values is there since long."""
    older = there("Get-TransportRule")[0]
    lose("New-TransportRule", carried_out=False, Name=older["Name"], Mode=older["Mode"])

    [found] = look()

    assert found.verdict == Verdict.NOT_APPLIED
    assert "exists already since" in found.detail


@pytest.mark.usefixtures("soon")
def test_a_newer_object_of_other_values_is_left_to_a_person(done: Done, lose: Lose, look: Look) -> None:
    lose("New-TransportRule", carried_out=False, **RULE)
    done("New-TransportRule", **{**RULE, "PrependSubject": "[OTHER] "})

    [found] = look()

    assert found.verdict == Verdict.NEEDS_PERSON
    assert "PrependSubject differs" in found.detail


@pytest.mark.usefixtures("soon")
def test_a_worker_killed_after_the_intent_and_before_the_first_byte_has_not_carried_it_out(
    sandbox: Sandbox, organization: Organization, launch: Launch, look: Look
) -> None:
    run = launch("New-TransportRule", [organization], **RULE)
    start_run(run_id=run.pk)
    [key] = queued(run)
    clerk.ask(begin, None)
    Attempt.objects.filter(run_target=key).update(intended_at=Now())
    RunTarget.objects.filter(pk=key).update(intent_fence=1, lease_until=Now() - timedelta(seconds=1))
    sweep()
    assert run.targets.get().state == TargetState.UNKNOWN

    [found] = look()

    assert (found.verdict, found.detail) == (Verdict.NOT_APPLIED, "There is no such object.")
    assert sandbox.executions("New-TransportRule") == []


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("cmdlet", "parameters"),
    [("Start-ManagedFolderAssistant", {}), ("Set-Mailbox", {"Password": "Correct-Horse-7"})],
    ids=["a start", "a secret"],
)
def test_what_cannot_be_read_needs_a_person(
    cmdlet: str, parameters: dict[str, Any], there: There, lose: Lose, look: Look
) -> None:
    mailbox = there("Get-Mailbox")[0]["Alias"]
    target = lose(cmdlet, carried_out=True, Identity=mailbox, **parameters)

    [found] = look()

    target.refresh_from_db()
    assert (found.verdict, target.verdict) == (Verdict.NEEDS_PERSON, Verdict.NEEDS_PERSON)
    assert look() == [found], "a person is asked once"


@pytest.mark.usefixtures("soon")
def test_two_reconcilers_at_once_launch_one_reading(lose: Lose) -> None:
    lose("New-TransportRule", carried_out=True, **RULE)
    numbers: list[int] = []

    def other() -> None:
        numbers.append(launch_looks())
        connection.close()

    with transaction.atomic():
        numbers.append(launch_looks())
        thread = Thread(target=other)
        thread.start()
        thread.join()
    numbers.append(launch_looks())

    assert numbers == [1, 0, 0]
    assert Run.objects.filter(purpose=Purpose.RECONCILIATION).count() == 1


@pytest.mark.usefixtures("soon")
def test_the_reading_goes_the_frozen_way_on_behalf_of_who_asked(lose: Lose, look: Look) -> None:
    target = lose("New-TransportRule", carried_out=True, **RULE)

    [found] = look()

    assert found.reading is not None
    reading = found.reading.run
    assert reading.reconciles == target.run
    assert reading.plan["connection"] == target.run.plan["connection"]
    assert (reading.requested_by_id, reading.requested_by) == (target.run.requested_by_id, target.run.requested_by)
    launched = AuditEvent.objects.get(run_id=reading.pk, action="run.launched")
    assert launched.actor_label == "reconciler"


@pytest.mark.usefixtures("soon")
def test_a_reading_that_does_not_get_in_is_tried_again_and_then_left_to_a_person(
    sandbox: Sandbox, lose: Lose, look: Look
) -> None:
    lose("New-TransportRule", carried_out=True, **RULE)
    rule = {"match": {"cmdlet": "Get-TransportRule"}, "action": {"type": "nul403"}}
    sandbox.control("POST", "faults", json=rule)

    [found] = look()

    assert found.verdict == Verdict.NEEDS_PERSON
    assert found.detail.startswith("It could not be read back: ")


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "somebody else's"])
def test_already_exists_after_an_unknown_create_counts_as_carried_out_only_if_it_is_ours(
    *, ours: bool, there: There, organization: Organization, launch: Launch, carry_out: CarryOut, lose: Lose, look: Look
) -> None:
    name = "Outside" if ours else there("Get-TransportRule")[0]["Name"]
    lost = lose("New-TransportRule", carried_out=ours, Name=name)
    decide(actor=SYSTEM, target_id=lost.pk, verdict="not_applied", words="I saw none.")
    retry = launch("New-TransportRule", [organization], Name=name)
    Run.objects.filter(pk=retry.pk).update(retry_of=lost.run_id)
    [target] = carry_out(retry)
    assert (target.state, target.error_class) == (TargetState.FAILED, "already_exists")

    look()

    target.refresh_from_db()
    assert target.verdict == (Verdict.APPLIED if ours else Verdict.NOT_APPLIED)
    assert target.state == TargetState.FAILED


@pytest.mark.usefixtures("soon")
def test_a_persons_decision_is_not_undone_by_a_look_that_ends_later(
    lose: Lose, carry_out: CarryOut, look: Look
) -> None:
    target = lose("New-TransportRule", carried_out=True, **RULE)
    launch_looks()
    decide(actor=SYSTEM, target_id=target.pk, verdict="not_applied", words="I saw none.")

    looks = look()

    target.refresh_from_db()
    assert target.verdict == Verdict.NOT_APPLIED
    assert {each.verdict for each in looks} == {Verdict.APPLIED, Verdict.NOT_APPLIED}, "what the look saw is kept"
    assert not AuditEvent.objects.filter(action="run_target.reconciled").exists()


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("carried_out", [True, False], ids=["carried out", "not carried out"])
def test_the_step_that_got_no_answer_is_read_back_with_the_values_of_its_organization(
    *, carried_out: bool, sandbox: Sandbox, organization: Organization, carry_out: CarryOut, look: Look
) -> None:
    contact = {"Name": "Hot line", "ExternalEmailAddress": "help@{default_domain}"}
    request = RunRequest(
        "Get-AcceptedDomain",
        {},
        Selection(organization_ids=[organization.pk]),
        later_steps=[StepRequest("New-MailContact", contact), StepRequest("New-TransportRule", RULE)],
    )
    kind = "execute_then_reset" if carried_out else "reset_before_execute"
    sandbox.control("POST", "faults", json={"match": {"cmdlet": "New-MailContact"}, "action": {"type": kind}})
    [target] = carry_out(launch_run(actor=SYSTEM, run_id=draft_run(actor=SYSTEM, request=request).pk))
    sandbox.control("DELETE", "faults")
    assert (target.state, target.step) == (TargetState.UNKNOWN, 2)

    [found] = look()

    assert (found.step, found.read_cmdlet) == (2, "Get-MailContact")
    assert found.verdict == (Verdict.APPLIED if carried_out else Verdict.NOT_APPLIED)
    if carried_out:
        sent = {line["name"]: line["wanted"] for line in found.lines}
        assert sent["ExternalEmailAddress"] == f"help@{organization.default_domain}"


@pytest.mark.usefixtures("soon")
def test_a_sign_in_of_ones_own_that_has_ended_needs_a_person(lose: Lose, look: Look) -> None:
    target = lose("New-TransportRule", carried_out=True, **RULE)
    plan = target.run.plan
    for profile in plan["connection"]["profiles"].values():
        profile["method"] = Method.INTERACTIVE
    Run.objects.filter(pk=target.run_id).update(plan=plan, plan_hash=hash_of(plan))
    reviewed = AuditEvent.objects.filter(run_id=target.run_id, action="run.drafted").get()
    reviewed.pk, reviewed.occurred_at = uuid7(), reviewed.occurred_at - timedelta(seconds=1)
    reviewed.data["plan_hash"] = hash_of(plan)
    reviewed.save(force_insert=True)
    ConnectionProfile.objects.update(method=Method.INTERACTIVE)

    [found] = look()

    assert found.verdict == Verdict.NEEDS_PERSON
    assert "could not be read back: the person's own sign-in has ended" in found.detail


@pytest.mark.usefixtures("soon")
def test_an_outcome_of_before_connection_profiles_needs_a_person_at_once() -> None:
    run = make_run(organizations=2, states=[TargetState.UNKNOWN], cmdlet="Set-Mailbox", effect="absolute_set")

    assert launch_looks() == 0

    assert set(run.targets.values_list("verdict", flat=True)) == {Verdict.NEEDS_PERSON}
    assert Run.objects.filter(purpose=Purpose.RECONCILIATION).count() == 0


@pytest.mark.usefixtures("soon")
def test_a_plan_is_read_once_and_not_with_each_organization_that_is_due() -> None:
    make_run(organizations=3, states=[TargetState.UNKNOWN], cmdlet="Set-Mailbox", effect="absolute_set")

    with CaptureQueriesContext(connection) as queries:
        launch_looks()

    reading = [query["sql"] for query in queries if '"run"."plan"' in query["sql"]]
    assert len(reading) == 1
    assert 'FROM "run_target"' not in reading[0]


def test_pauses_grow_and_the_deciding_look_is_not_put_off() -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    ends_by = start + timedelta(minutes=15)
    moments, now = [], start
    for looks in range(1, MOST_IN_VAIN + 1):
        now = next_look(looks, looked_at=now, ends_by=ends_by)
        moments.append(now)

    pauses = [later - earlier for earlier, later in zip([start, *moments], moments, strict=False)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert ends_by + timedelta(seconds=1) in moments
    assert max(pauses) == timedelta(minutes=15)
