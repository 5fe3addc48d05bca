"""Review: what will happen, launched once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import hash_of
from jobs.runs.states import RunState
from portal.accounts.models import User
from tests.factories import make_organizations, make_person, make_run

SignIn = Callable[[User], Client]
DESTRUCTIVE: dict[str, Any] = {"cmdlet": "Remove-Mailbox", "risk": "destructive", "effect": "relative"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


@pytest.fixture
def draft(technician: User) -> Run:
    return make_run(state=RunState.DRAFT, organizations=3, requested_by=technician)


class TestReview:
    def test_shows_the_frozen_list_and_what_is_sent(self, browser: Client, draft: Run) -> None:
        page = browser.get(f"/runs/{draft.pk}/review/").content.decode()

        assert draft.plan_hash in page
        assert draft.powershell in page
        assert "Launch in 3 organizations" in page
        assert "This reads from 3 organizations and changes nothing." in page

    def test_predicts_refusals_by_cause(self, browser: Client, technician: User) -> None:
        lost = make_organizations(
            2,
            reachability="unreachable",
            reachability_class="consent",
            reachability_reason="No consent",
            reachability_fix="Give it",
        )
        run = make_run(state=RunState.DRAFT, organizations=[*lost, *make_organizations(1)], requested_by=technician)

        response = browser.get(f"/runs/{run.pk}/review/")

        [cause] = response.context["expected"].causes
        assert (cause.reason, cause.fix, cause.organizations) == ("No consent", "Give it", lost)
        assert response.context["reach"].unreachable == 2
        assert response.context["reach"].total == 3

    def test_says_plainly_what_is_destroyed(self, browser: Client, technician: User) -> None:
        run = make_run(state=RunState.DRAFT, organizations=2, requested_by=technician, **DESTRUCTIVE)

        page = browser.get(f"/runs/{run.pk}/review/").content.decode()

        assert "This deletes what it names (mailbox), in 2 organizations. It cannot be undone." in page
        assert "Remove-Mailbox in 2 organizations" in page

    def test_shows_what_validation_warned_of_once(self, browser: Client, draft: Run) -> None:
        draft.plan["steps"][0]["warnings"] = ["Type: <odd>.", "Type: <odd>.", "Second."]
        draft.save(update_fields=["plan"])

        response = browser.get(f"/runs/{draft.pk}/review/")

        assert response.context["warnings"] == ["Type: <odd>.", "Second."]
        assert response.content.decode().count("Type: &lt;odd&gt;.") == 1

    def test_an_older_plan_is_warned_of_all_the_same(self, browser: Client, technician: User) -> None:
        run = make_run(state=RunState.DRAFT, cmdlet="Get-EXOMailbox", requested_by=technician)
        [step] = run.plan.pop("steps")
        run.plan |= {**step, "version": 1}
        run.save(update_fields=["plan"])

        assert "Runs as Get-Mailbox" in browser.get(f"/runs/{run.pk}/review/").content.decode()

    def test_search_narrows_the_list_only(self, browser: Client, technician: User) -> None:
        run = make_run(
            state=RunState.DRAFT,
            organizations=[*make_organizations(1, name="Alpha"), *make_organizations(1, name="Beta")],
            requested_by=technician,
        )

        response = browser.get(f"/runs/{run.pk}/review/", {"q": "alp"})

        assert [row.name for row in response.context["page"].rows] == ["Alpha"]
        assert response.context["reach"].total == 2

    def test_launched_run_leads_to_its_page(self, browser: Client) -> None:
        run = make_run()

        assert browser.get(f"/runs/{run.pk}/review/").headers["Location"] == f"/runs/{run.pk}/"

    def test_draft_of_somebody_else_is_404(self, signed_in: SignIn, draft: Run) -> None:
        assert signed_in(make_person()).get(f"/runs/{draft.pk}/review/").status_code == 404

    @pytest.mark.parametrize("number", [10, 40])
    def test_query_count_does_not_grow(
        self, browser: Client, technician: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        run = make_run(state=RunState.DRAFT, organizations=number, requested_by=technician)

        with django_assert_num_queries(15):
            browser.get(f"/runs/{run.pk}/review/")


class TestLaunch:
    def test_creates_the_targets_and_leads_to_the_run(self, browser: Client, draft: Run) -> None:
        response = browser.post(f"/runs/{draft.pk}/launch/")

        draft.refresh_from_db()
        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{draft.pk}/")
        assert draft.state == RunState.QUEUED
        assert draft.targets.count() == 3

    def test_twice_is_once(self, browser: Client, draft: Run) -> None:
        for _ in range(2):
            assert browser.post(f"/runs/{draft.pk}/launch/").status_code == 303

        assert RunTarget.objects.filter(run=draft).count() == 3

    def test_destructive_needs_the_ticked_box(self, browser: Client, technician: User) -> None:
        run = make_run(state=RunState.DRAFT, organizations=2, requested_by=technician, **DESTRUCTIVE)

        without = browser.post(f"/runs/{run.pk}/launch/")
        run.refresh_from_db()
        assert without.status_code == 422
        assert "the box is not ticked" in without.content.decode()
        assert run.state == RunState.DRAFT

        assert browser.post(f"/runs/{run.pk}/launch/", {"understood": "yes"}).status_code == 303

    def test_discarded_draft_is_refused_with_a_way_out(self, browser: Client, draft: Run) -> None:
        browser.post(f"/runs/{draft.pk}/discard/")

        response = browser.post(f"/runs/{draft.pk}/launch/")

        assert response.status_code == 409
        assert "This draft was discarded" in response.content.decode()

    def test_altered_plan_is_refused(self, browser: Client, draft: Run) -> None:
        plan = {**draft.plan, "cmdlet": "Remove-Mailbox"}
        Run.objects.filter(pk=draft.pk).update(plan=plan)
        assert hash_of(plan) != draft.plan_hash

        assert browser.post(f"/runs/{draft.pk}/launch/").status_code == 409

    def test_somebody_else_may_not(self, signed_in: SignIn, draft: Run) -> None:
        assert signed_in(make_person()).post(f"/runs/{draft.pk}/launch/").status_code == 409
        assert Run.objects.get(pk=draft.pk).state == RunState.DRAFT


class TestDiscard:
    def test_deletes_the_draft(self, browser: Client, draft: Run) -> None:
        assert browser.post(f"/runs/{draft.pk}/discard/").headers["Location"] == "/runs/"
        assert not Run.objects.filter(pk=draft.pk).exists()

    def test_twice_is_no_error(self, browser: Client, draft: Run) -> None:
        browser.post(f"/runs/{draft.pk}/discard/")

        assert browser.post(f"/runs/{draft.pk}/discard/").status_code == 303

    def test_launched_run_is_kept(self, browser: Client, technician: User) -> None:
        run = make_run(requested_by=technician)

        assert browser.post(f"/runs/{run.pk}/discard/").status_code == 409
        assert Run.objects.filter(pk=run.pk).exists()


@pytest.mark.parametrize("action", ["launch", "discard"])
class TestAccess:
    def test_wrong_method(self, browser: Client, draft: Run, action: str) -> None:
        assert browser.get(f"/runs/{draft.pk}/{action}/").status_code == 405

    def test_not_signed_in(self, client: Client, draft: Run, action: str) -> None:
        assert client.post(f"/runs/{draft.pk}/{action}/").status_code == 302

    def test_wrong_role(self, signed_in: SignIn, auditor: User, draft: Run, action: str) -> None:
        assert signed_in(auditor).post(f"/runs/{draft.pk}/{action}/").status_code == 403
        assert Run.objects.get(pk=draft.pk).state == RunState.DRAFT

    def test_unreadable_id(self, browser: Client, action: str) -> None:
        assert browser.post(f"/runs/nonsense/{action}/").status_code == 404
