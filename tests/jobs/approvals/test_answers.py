"""Who may answer a request for approval, and what becomes of the run."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.approvals.models import Approval, ApprovalRequest, RequestState
from jobs.approvals.policies import PolicyRequest, save_policy
from jobs.approvals.requests import ApprovalRefused, expire_requests, withdraw_request
from jobs.approvals.services import (
    approve_run,
    confirm_emergency,
    declare_emergency,
    reject_run,
    withdraw_approval,
)
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run, RunSecret
from jobs.runs.selection import Selection
from jobs.runs.services import RunNotCancellable, cancel_run
from jobs.runs.states import RunState, TargetState
from jobs.saved.models import Job
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import disable_person
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, record
from portal.core.permissions import PermissionRefused, StepUpRequired
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, grant, make_group, make_person
from tests.jobs.approvals.world import destructive_run, fresh

pytestmark = pytest.mark.django_db
Places = Sequence[Organization]
DESTRUCTIVE = PolicyRequest("What destroys", risks=["destructive"])


def approve(person: User, run: Run, **values: Any) -> ApprovalRequest:
    return approve_run(
        **{"actor": fresh(person), "run_id": run.pk, "plan_hash": run.plan_hash, "comment": "Agreed", **values}
    )


def state_of(run: Run) -> str:
    return Run.objects.get(pk=run.pk).state


def events_of(run: Run) -> list[str]:
    return list(AuditEvent.objects.filter(run_id=run.pk).order_by("pk").values_list("action", flat=True))


def test_what_destroys_waits_and_is_queued_when_an_approver_signs_its_plan(
    technician: User, approver: User, places: Places
) -> None:
    run = destructive_run(technician, places)
    assert run.state == RunState.PENDING_APPROVAL
    assert set(run.targets.values_list("state", flat=True)) == {TargetState.QUEUED}
    request = approve(approver, run)
    assert (request.state, state_of(run)) == (RequestState.APPROVED, RunState.QUEUED)
    assert events_of(run)[1:] == [
        AuditAction.RUN_LAUNCHED,
        AuditAction.APPROVAL_REQUEST_MADE,
        AuditAction.APPROVAL_GIVEN,
        AuditAction.APPROVAL_REQUEST_APPROVED,
    ]
    given = AuditEvent.objects.get(action=AuditAction.APPROVAL_GIVEN)
    assert (given.data["plan_hash"], given.data["comment"]) == (run.plan_hash, "Agreed")


def test_what_reads_in_many_organizations_needs_no_approval_and_what_changes_in_few_neither(
    technician: User, places: Places
) -> None:
    for cmdlet, parameters in (
        ("Get-AcceptedDomain", {}),
        ("Set-TransportRule", {"Identity": "Old", "Comments": "x"}),
    ):
        selection = Selection(organization_ids=[place.pk for place in places])
        draft = draft_run(actor=fresh(technician), request=RunRequest(cmdlet, parameters, selection))
        assert launch_run(actor=fresh(technician), run_id=draft.pk).state == RunState.QUEUED


class TestWhoMayNot:
    def test_the_requester(self, technician: User, places: Places) -> None:
        grant(technician, Role.APPROVER)
        run = destructive_run(technician, places)
        with pytest.raises(ApprovalRefused, match="Nobody approves their own run"):
            approve(technician, run)
        assert state_of(run) == RunState.PENDING_APPROVAL

    def test_a_second_account_of_the_same_human(self, technician: User, approver: User, places: Places) -> None:
        oid = uuid4()
        User.objects.filter(pk=technician.pk).update(entra_tenant_id=uuid4(), entra_object_id=oid)
        User.objects.filter(pk=approver.pk).update(entra_object_id=oid)  # a local account that names its human
        run = destructive_run(technician, places)
        with pytest.raises(ApprovalRefused, match="with whichever account"):
            approve(approver, run)

    def test_an_account_that_became_the_same_human_afterwards(
        self, technician: User, approver: User, places: Places
    ) -> None:
        run = destructive_run(technician, places)
        User.objects.filter(pk__in=[technician.pk, approver.pk]).update(entra_object_id=uuid4())
        with pytest.raises(ApprovalRefused, match="with whichever account"):
            approve(approver, run)

    def test_who_last_changed_the_job_of_the_run(self, technician: User, approver: User, places: Places) -> None:
        now = timezone.now()
        job = Job.objects.create(name="J", cmdlet="Remove-TransportRule", typed="", changed_at=now)
        record(AuditAction.JOB_CHANGED, actor=fresh(approver), target=Object("job", str(job.pk), job.name))
        selection = Selection(organization_ids=[place.pk for place in places])
        request = RunRequest("Remove-TransportRule", {"Identity": "Old", "Confirm": False}, selection, job_id=job.pk)
        run = launch_run(actor=fresh(technician), run_id=draft_run(actor=fresh(technician), request=request).pk)
        with pytest.raises(ApprovalRefused, match="last changed the job"):
            approve(approver, run)

    def test_without_a_fresh_proof(self, technician: User, approver: User, places: Places) -> None:
        run = destructive_run(technician, places)
        stale = replace(fresh(approver), stepped_up_at=timezone.now() - timedelta(seconds=301))
        with pytest.raises(StepUpRequired):
            approve(approver, run, actor=stale)

    def test_an_auditor(self, technician: User, auditor: User, places: Places) -> None:
        run = destructive_run(technician, places)
        with pytest.raises(PermissionRefused):
            approve(auditor, run)

    def test_an_approver_whose_scope_misses_one_organization(self, technician: User, places: Places) -> None:
        run = destructive_run(technician, places)
        person = make_person(None)
        grant(person, Role.APPROVER, over=make_group("Gold", places[:2]))
        with pytest.raises(PermissionRefused, match="does not reach this organization"):
            approve(person, run)

    def test_an_approver_in_scope_of_all_organizations_may(self, technician: User, places: Places) -> None:
        run = destructive_run(technician, places)
        person = make_person(None)
        grant(person, Role.APPROVER, over=make_group("Gold", places))
        assert approve(person, run).state == RequestState.APPROVED

    def test_signalbox_itself(self, technician: User, places: Places) -> None:
        run = destructive_run(technician, places)
        with pytest.raises(ApprovalRefused, match="Only a person"):
            approve_run(actor=SYSTEM, run_id=run.pk, plan_hash=run.plan_hash, comment="x")

    def test_the_database_refuses_an_approval_by_the_requester(self, technician: User, places: Places) -> None:
        request = ApprovalRequest.objects.get(run=destructive_run(technician, places))
        with pytest.raises(IntegrityError, match="approval_by_another_human"), transaction.atomic():
            Approval.objects.create(
                request=request,
                kind="approval",
                person_id="1",
                person="x",
                human=technician.human,
                requester_human=technician.human,
                plan_hash=request.plan_hash,
                comment="x",
                given_at=timezone.now(),
            )


class TestBadAnswers:
    def test_another_plan_than_the_one_that_waits(self, technician: User, approver: User, places: Places) -> None:
        run = destructive_run(technician, places)
        with pytest.raises(ApprovalRefused, match="Read the page again"):
            approve(approver, run, plan_hash="0" * 64)

    def test_no_comment(self, technician: User, approver: User, places: Places) -> None:
        run = destructive_run(technician, places)
        with pytest.raises(ApprovalRefused, match="Write a comment"):
            approve(approver, run, comment=" ")

    def test_a_second_time(self, technician: User, approver: User, places: Places) -> None:
        run = destructive_run(technician, places)
        approve(approver, run)
        with pytest.raises(ApprovalRefused, match="answered already: approved"):
            approve(approver, run)
        assert Approval.objects.count() == 1

    def test_after_sixty_minutes(self, technician: User, approver: User, places: Places) -> None:
        run = destructive_run(technician, places)
        ApprovalRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(ApprovalRefused, match="60 minutes for approval are over"):
            approve(approver, run)
        assert expire_requests() == 1
        assert expire_requests() == 0
        run.refresh_from_db()
        assert (run.state, run.counts) == (RunState.EXPIRED, {TargetState.CANCELLED: 3})

    def test_a_plan_that_was_altered_makes_the_request_void(
        self, technician: User, approver: User, places: Places
    ) -> None:
        run = destructive_run(technician, places)
        plan = run.plan
        plan["organizations"] = plan["organizations"][:1]
        Run.objects.filter(pk=run.pk).update(plan=plan)
        request = approve(approver, run)
        assert (request.state, state_of(run)) == (RequestState.VOIDED, RunState.CANCELLED)
        assert AuditAction.RUN_PLAN_REFUSED in events_of(run)

    def test_a_requester_who_lost_the_right_makes_the_request_void(
        self, technician: User, approver: User, places: Places
    ) -> None:
        run = destructive_run(technician, places)
        technician.role_grants.update(revoked_at=timezone.now())
        request = approve(approver, run)
        assert (request.state, state_of(run)) == (RequestState.VOIDED, RunState.CANCELLED)
        assert "may not launch it any more" in request.end_reason


class TestTwoApprovers:
    @pytest.fixture(autouse=True)
    def _two(self, db: None) -> None:
        save_policy(actor=SYSTEM, reference="destructive", request=replace(DESTRUCTIVE, approvers=2))

    def test_both_must_sign(self, technician: User, approver: User, places: Places) -> None:
        run = destructive_run(technician, places)
        assert approve(approver, run).state == RequestState.WAITING
        with pytest.raises(ApprovalRefused, match="A second person"):
            approve(approver, run)
        assert approve(make_person(Role.APPROVER), run).state == RequestState.APPROVED

    def test_the_first_does_not_count_when_it_was_withdrawn(
        self, technician: User, approver: User, places: Places
    ) -> None:
        run = destructive_run(technician, places)
        approve(approver, run)
        withdraw_approval(actor=fresh(approver), run_id=run.pk, reason="Wait")
        assert approve(make_person(Role.APPROVER), run).state == RequestState.WAITING
        assert approve(approver, run).state == RequestState.APPROVED

    def test_the_first_does_not_count_when_its_approver_was_disabled(
        self, technician: User, approver: User, places: Places
    ) -> None:
        run = destructive_run(technician, places)
        approve(approver, run)
        disable_person(actor=SYSTEM, person_id=approver.pk)
        assert AuditEvent.objects.get(action="person.disabled").data["approvals_withdrawn"] == 1
        assert approve(make_person(Role.APPROVER), run).state == RequestState.WAITING

    def test_an_approval_that_was_written_into_the_database_does_not_count(
        self, technician: User, approver: User, places: Places
    ) -> None:
        run = destructive_run(technician, places)
        other = make_person(Role.APPROVER)
        request = ApprovalRequest.objects.get(run=run)
        Approval.objects.create(
            request=request,
            kind="approval",
            person_id=str(other.pk),
            person="x",
            human=other.human,
            requester_human=request.requester_human,
            plan_hash=request.plan_hash,
            comment="x",
            given_at=timezone.now(),
            signature="0" * 64,
        )
        assert approve(approver, run).state == RequestState.WAITING


class TestOtherEnds:
    def test_a_rejected_run_never_begins_and_its_secrets_are_gone(
        self, technician: User, approver: User, places: Places
    ) -> None:
        run = destructive_run(technician, places)
        with pytest.raises(ApprovalRefused, match="Say why"):
            reject_run(actor=fresh(approver), run_id=run.pk, reason="")
        request = reject_run(actor=fresh(approver), run_id=run.pk, reason="Not on a Friday")
        assert (request.state, state_of(run)) == (RequestState.REJECTED, RunState.REJECTED)
        assert not RunSecret.objects.exists()
        with pytest.raises(ApprovalRefused, match="Not on a Friday"):
            approve(approver, run)

    def test_who_asked_may_withdraw_the_request_and_a_stranger_may_not(self, technician: User, places: Places) -> None:
        run = destructive_run(technician, places)
        with pytest.raises(PermissionRefused):
            withdraw_request(actor=fresh(make_person(Role.AUDITOR)), run_id=run.pk)
        withdraw_request(actor=fresh(technician), run_id=run.pk)
        assert state_of(run) == RunState.CANCELLED

    def test_what_waits_is_withdrawn_rather_than_stopped(self, technician: User, places: Places) -> None:
        run = destructive_run(technician, places)
        with pytest.raises(RunNotCancellable, match="Withdraw the request"):
            cancel_run(actor=fresh(technician), run_id=run.pk)

    def test_disabling_who_asked_withdraws_the_request(self, technician: User, places: Places) -> None:
        run = destructive_run(technician, places)
        disable_person(actor=SYSTEM, person_id=technician.pk)
        assert state_of(run) == RunState.CANCELLED
        assert AuditEvent.objects.get(action="person.disabled").data["approval_requests_withdrawn"] == 1


class TestEmergency:
    def test_two_people_who_may_break_the_glass_let_a_run_begin(self, technician: User, places: Places) -> None:
        run, second = destructive_run(technician, places), make_person(Role.SENIOR_TECHNICIAN)
        answer: dict[str, Any] = {"run_id": run.pk, "plan_hash": run.plan_hash, "comment": "Mail is down"}
        with pytest.raises(ApprovalRefused, match="Nobody declared"):
            confirm_emergency(actor=fresh(second), **answer)
        declare_emergency(actor=fresh(technician), run_id=run.pk, reason="Mail is down")
        with pytest.raises(ApprovalRefused, match="their own run"):
            confirm_emergency(actor=fresh(technician), **answer)
        assert confirm_emergency(actor=fresh(second), **answer).state == RequestState.APPROVED
        assert {AuditAction.EMERGENCY_DECLARED, AuditAction.EMERGENCY_CONFIRMED} <= set(events_of(run))

    def test_it_takes_the_right_a_reason_and_ones_own_run(
        self, technician: User, places: Places, acting: Callable[..., Any]
    ) -> None:
        run, other = destructive_run(technician, places), make_person(Role.SENIOR_TECHNICIAN)
        with pytest.raises(ApprovalRefused, match="Say what the emergency is"):
            declare_emergency(actor=fresh(technician), run_id=run.pk, reason=" ")
        with pytest.raises(ApprovalRefused, match="Only who asked"):
            declare_emergency(actor=fresh(other), run_id=run.pk, reason="x")
        with pytest.raises(PermissionRefused):
            declare_emergency(actor=fresh(make_person(Role.TECHNICIAN)), run_id=run.pk, reason="x")
