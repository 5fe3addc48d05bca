"""The pages of approvals: what waits, exactly what is to be approved, and the answers."""

from collections.abc import Callable, Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.approvals.models import Approval, ApprovalPolicy
from jobs.launch import draft_run
from jobs.planning import RunRequest
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from jobs.runs.states import RunState
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.web.access import STEPPED_UP_AT
from tenants.organizations.models import Organization
from tests.factories import code_of, grant, make_app, make_app_registration, make_group, make_organizations, make_person
from tests.jobs.approvals.world import destructive_run, fresh

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def places(db: None) -> list[Organization]:
    return make_organizations(3, partner=make_app_registration().partner)


@pytest.fixture
def run(technician: User, places: Sequence[Organization]) -> Run:
    return destructive_run(technician, places)


def page_of(run: Run, name: str = "approval") -> str:
    return reverse(f"jobs:{name}", args=[run.pk])


def test_the_page_shows_exactly_what_is_to_be_approved_and_approving_lets_it_begin(
    run: Run, approver: User, signed_in: SignedIn
) -> None:
    browser = signed_in(approver)
    shown = browser.get(page_of(run)).content.decode()
    for said in ("Remove-TransportRule", "It cannot be undone", run.plan_hash, "Clean up", run.requested_by):
        assert said in shown
    assert all(place.name in shown for place in Organization.objects.all())
    answer = browser.post(
        page_of(run, "approval-approve"), {"plan_hash": run.plan_hash, "comment": "Agreed"}, follow=True
    )
    assert "Approved: the run begins." in answer.content.decode()
    assert Run.objects.get().state == RunState.QUEUED
    assert "Approved by" in browser.get(reverse("jobs:run", args=[run.pk])).content.decode()


def test_a_refused_answer_keeps_the_comment_and_says_what_to_do(run: Run, approver: User, signed_in: SignedIn) -> None:
    answer = signed_in(approver).post(
        page_of(run, "approval-approve"), {"plan_hash": "0" * 64, "comment": "Typed with care"}
    )
    assert answer.status_code == 409
    assert "Read the page again" in answer.content.decode()
    assert "Typed with care" in answer.content.decode()


def test_the_second_of_two_tabs_learns_that_it_was_answered(run: Run, approver: User, signed_in: SignedIn) -> None:
    first, second = signed_in(approver), signed_in(approver)
    said = {"plan_hash": run.plan_hash, "comment": "Agreed"}
    assert first.post(page_of(run, "approval-approve"), said).status_code == 303
    answer = second.post(page_of(run, "approval-reject"), said)
    assert answer.status_code == 409
    assert "answered already: approved" in answer.content.decode()
    assert Run.objects.get().state == RunState.QUEUED


def test_nothing_is_approved_without_a_fresh_proof_of_being_there(
    run: Run, approver: User, signed_in: SignedIn
) -> None:
    browser = signed_in(approver)
    session = browser.session
    del session[STEPPED_UP_AT]
    session.save()
    seed = make_app(approver)
    said = {"plan_hash": run.plan_hash, "comment": "Agreed", "may_send_again": "yes"}
    page = f"http://testserver{page_of(run)}"
    away = browser.post(page_of(run, "approval-approve"), said, headers={"Referer": page})
    assert away.headers["Location"].startswith(reverse("accounts:confirm"))
    assert not Approval.objects.exists()
    assert Run.objects.get().state == RunState.PENDING_APPROVAL
    back = browser.post(away.headers["Location"], {"code": code_of(seed), "next": page_of(run)})
    kept = dict(back.context["fields"])
    assert (back.context["path"], kept) == (page_of(run, "approval-approve"), {k: said[k] for k in kept})
    assert kept["comment"] == "Agreed"
    browser.post(back.context["path"], kept)
    assert Run.objects.get().state == RunState.QUEUED


def test_who_sees_only_a_part_of_the_organizations_does_not_find_the_request(
    run: Run, places: Sequence[Organization], signed_in: SignedIn
) -> None:
    person = make_person(None)
    grant(person, Role.APPROVER, over=make_group("Gold", places[:2]))
    browser = signed_in(person)
    assert browser.get(page_of(run)).status_code == 404
    assert run.what not in browser.get(reverse("jobs:approvals")).content.decode()
    said = {"plan_hash": run.plan_hash, "comment": "Agreed"}
    for name in ("approve", "reject", "withdraw", "withdraw-own", "emergency", "confirm"):
        assert browser.post(page_of(run, f"approval-{name}"), said).status_code == 404, name


def test_the_requester_may_withdraw_but_finds_no_button_to_approve(
    run: Run, technician: User, signed_in: SignedIn
) -> None:
    grant(technician, Role.APPROVER)
    browser = signed_in(technician)
    shown = browser.get(page_of(run)).content.decode()
    assert "Approve this plan" not in shown
    assert "nobody approves their own run" in shown
    browser.post(page_of(run, "approval-withdraw"), {"comment": "Not needed"})
    assert Run.objects.get().state == RunState.CANCELLED


def test_the_inbox_and_home_show_what_waits_for_me_and_not_for_others(
    run: Run, approver: User, technician: User, signed_in: SignedIn
) -> None:
    mine = f"{reverse('jobs:approvals')}?which=mine"
    assert run.what in signed_in(approver).get(mine).content.decode()
    assert "run waits for your approval" in signed_in(approver).get("/").content.decode()
    grant(technician, Role.APPROVER)
    assert run.what not in signed_in(technician).get(mine).content.decode()


def test_the_list_costs_the_same_however_many_requests_there_are(
    technician: User, approver: User, places: Sequence[Organization], signed_in: SignedIn
) -> None:
    browser = signed_in(approver)

    def cost_with(more: int) -> int:
        for _ in range(more):
            destructive_run(technician, places)
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("jobs:approvals"))
        return len(queries)

    assert cost_with(2) == cost_with(6)


def test_the_review_says_beforehand_that_another_person_must_approve(
    technician: User, places: Sequence[Organization], signed_in: SignedIn
) -> None:
    selection = Selection(organization_ids=[place.pk for place in places])
    draft = draft_run(
        actor=fresh(technician),
        request=RunRequest("Remove-TransportRule", {"Identity": "Old", "Confirm": False}, selection),
    )
    shown = signed_in(technician).get(reverse("jobs:review", args=[draft.pk])).content.decode()
    assert "1 other person must approve exactly this before it begins" in shown
    assert "Ask for approval in 3 organizations" in shown


class TestPolicies:
    def test_an_administrator_adds_changes_and_deletes_one(self, administrator: User, signed_in: SignedIn) -> None:
        browser = signed_in(administrator)
        said = {"name": "Mailboxes", "cmdlets": "get-mailbox, Set-Mailbox", "approvers": "2", "is_on": "on"}
        assert browser.post(reverse("jobs:approval-policy-new"), said).status_code == 303
        policy = ApprovalPolicy.objects.get()
        assert (policy.cmdlets, policy.approvers) == (["Get-Mailbox", "Set-Mailbox"], 2)
        listed = browser.get(reverse("jobs:approval-policies")).content.decode()
        assert "Get-Mailbox or Set-Mailbox: approved by two other people first." in listed
        url = reverse("jobs:approval-policy", args=[policy.pk])
        assert browser.post(url, {**said, "approvers": "1"}).status_code == 303
        assert browser.post(reverse("jobs:approval-policy-delete", args=[policy.pk])).status_code == 303
        assert not ApprovalPolicy.objects.exists()

    def test_one_of_signalboxs_own_is_switched_off_but_not_deleted(
        self, administrator: User, signed_in: SignedIn
    ) -> None:
        browser, url = signed_in(administrator), reverse("jobs:approval-policy", args=["destructive"])
        browser.post(url, {"name": "What destroys", "risks": ["destructive"], "approvers": "1"})
        assert ApprovalPolicy.objects.get(key="destructive").is_on is False
        browser.post(reverse("jobs:approval-policy-delete", args=["destructive"]))
        assert ApprovalPolicy.objects.get(key="destructive").name == "What destroys"

    def test_an_unknown_cmdlet_is_refused_with_the_nearest(self, administrator: User, signed_in: SignedIn) -> None:
        said = {"name": "X", "cmdlets": "Get-Mailbux", "approvers": "1"}
        answer = signed_in(administrator).post(reverse("jobs:approval-policy-new"), said)
        assert answer.status_code == 422
        assert "Did you mean Get-Mailbox?" in answer.content.decode()
        assert "Get-Mailbux" in answer.content.decode()

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.SENIOR_TECHNICIAN, Role.APPROVER])
    def test_nobody_else_may_change_one(self, role: Role, signed_in: SignedIn) -> None:
        browser = signed_in(make_person(role))
        assert browser.get(reverse("jobs:approval-policies")).status_code == 200
        for name, args in (("new", []), ("", ["destructive"]), ("delete", ["destructive"])):
            url = reverse("-".join(filter(None, ["jobs:approval-policy", name])), args=args)
            assert browser.post(url, {"name": "X", "approvers": "1"}).status_code == 403
        assert not ApprovalPolicy.objects.exists()
