"""Retry in the browser: one click to the review, words about who is left out, links both ways."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs.launch import launch_run
from jobs.retry.services import retry_run
from jobs.runs.models import Run, RunSecret
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.accounts.policy import Role
from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_organizations, make_person, make_run
from tests.jobs.retry.cases import CREATE, SET, WITH_SECRET, ended, launched, step_ended

SignIn = Callable[[User], Client]
Acting = Callable[..., Any]
S = TargetState
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


@pytest.fixture
def organizations(db: None) -> list[Organization]:
    return make_organizations(4, partner=make_app_registration().partner)


class TestOneClick:
    def test_leads_to_the_review_which_says_of_what_it_is_a_retry_and_who_is_left_out(
        self, browser: Client, organizations: list[Organization]
    ) -> None:
        run = ended(launched(organizations, CREATE), S.FAILED, S.FAILED, S.UNKNOWN, S.SUCCEEDED)
        page = browser.get(f"/runs/{run.pk}/").content.decode()
        assert "Retry 2 failed organizations</button>" in page
        response = browser.post(f"/runs/{run.pk}/retry/")
        draft = Run.objects.get(retry_of=run)
        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{draft.pk}/review/")
        review = browser.get(f"/runs/{draft.pk}/review/").content.decode()
        assert f'A retry of <a href="/runs/{run.pk}/">' in review
        assert "<li>1 unknown: they are looked up first</li>" in review
        assert "Launch in 2 organizations" in review
        assert f'href="/runs/{run.pk}/"' in review
        assert "Back to the run" in review
        assert browser.post(f"/runs/{draft.pk}/launch/").status_code == 303

    def test_says_where_it_begins_with_a_later_step(self, browser: Client, organizations: list[Organization]) -> None:
        run = launched(organizations[:1], CREATE, SET)
        step_ended(run.targets.get(), 1, S.SUCCEEDED)
        ended(run, S.CANCELLED)
        browser.post(f"/runs/{run.pk}/retry/")
        review = browser.get(f"/runs/{Run.objects.get(retry_of=run).pk}/review/").content.decode()
        assert "In 1 organization it begins with step 2: the steps before were carried out." in review

    def test_from_the_list_of_runs(self, browser: Client, organizations: list[Organization]) -> None:
        run = ended(launched(organizations), *[S.ERRORED] * 4)
        make_run()
        assert browser.get("/runs/").content.decode().count("/retry/") == 1
        assert browser.post(f"/runs/{run.pk}/retry/").status_code == 303

    def test_narrowed_to_a_cause_or_an_organization(self, browser: Client, organizations: list[Organization]) -> None:
        run = ended(launched(organizations), *[S.ERRORED] * 4)
        run.targets.filter(position=0).update(error_class="no_consent")
        browser.post(f"/runs/{run.pk}/retry/", {"cause": "no_consent"})
        browser.post(f"/runs/{run.pk}/retry/", {"organization": str(organizations[2].pk)})
        browser.post(f"/runs/{run.pk}/retry/", {"organization": "rubbish"})
        drafts = Run.objects.filter(retry_of=run).order_by("pk")
        chosen = [draft.plan["organizations"] for draft in drafts]
        assert chosen == [[str(organizations[0].tenant_id)], [str(organizations[2].tenant_id)]]


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([S.FAILED] * 4, "Retry 4 failed organizations"),
        ([S.ERRORED, *[S.SUCCEEDED] * 3], "Retry 1 errored organization"),
        ([S.SUCCEEDED, *[S.CANCELLED] * 3], "Retry 3 not started organizations"),
        ([S.FAILED, S.FAILED, S.ERRORED, S.CANCELLED], "Retry 4 organizations: 2 failed, 1 errored, 1 not started"),
    ],
)
def test_the_button_says_what_they_are(
    browser: Client, organizations: list[Organization], states: list[TargetState], words: str
) -> None:
    run = ended(launched(organizations), *states)
    assert f"{words}</button>" in browser.get(f"/runs/{run.pk}/").content.decode()


class TestLinks:
    def test_lead_both_ways_and_show_the_chain(
        self, browser: Client, organizations: list[Organization], technician: User, acting: Acting
    ) -> None:
        actor = acting(technician)
        first = ended(launched(organizations, actor=actor), S.SUCCEEDED, *[S.ERRORED] * 3)
        second = launch_run(actor=actor, run_id=retry_run(actor=actor, run_id=first.pk).pk)
        assert "0 of 3 succeeded so far" in browser.get(f"/runs/{first.pk}/").content.decode()
        ended(second, S.SUCCEEDED, S.SUCCEEDED, S.ERRORED)
        third = launch_run(actor=actor, run_id=retry_run(actor=actor, run_id=second.pk).pk)
        page = browser.get(f"/runs/{first.pk}/").content.decode()
        assert f'<dt>Retried in</dt><dd><a href="/runs/{second.pk}/">{second}</a>, 2 of 3 succeeded' in page
        assert "Partly failed: 1 succeeded, 3 errored" in page
        assert "/retry/" not in page
        page = browser.get(f"/runs/{third.pk}/").content.decode()
        assert page.index(f'href="/runs/{second.pk}/"') < page.index("which was a retry of")
        assert page.index("which was a retry of") < page.index(f'href="/runs/{first.pk}/"')


class TestSecret:
    def test_is_the_only_thing_that_is_asked_for(self, browser: Client, organizations: list[Organization]) -> None:
        run = ended(launched(organizations[:1], WITH_SECRET), S.ERRORED)
        response = browser.post(f"/runs/{run.pk}/retry/", {"cause": "throttled"})
        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{run.pk}/retry/?cause=throttled")
        page = browser.get(response.headers["Location"]).content.decode()
        assert 'type="password" id="secret.1.Password"' in page
        assert '<input type="hidden" name="cause" value="throttled">' in page
        assert page.count('type="password"') == 1
        response = browser.post(f"/runs/{run.pk}/retry/", {"secret.1.Password": "An0ther!x"})
        draft = Run.objects.get(retry_of=run)
        assert response.headers["Location"] == f"/runs/{draft.pk}/review/"
        assert RunSecret.objects.get().run == draft


class TestAccess:
    def test_not_signed_in(self, client: Client) -> None:
        assert client.post(f"/runs/{make_run().pk}/retry/").status_code == 302

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.APPROVER])
    def test_wrong_role(self, signed_in: SignIn, role: Role) -> None:
        run, client = make_run(states=[S.FAILED]), signed_in(make_person(role))
        assert client.post(f"/runs/{run.pk}/retry/").status_code == 403
        assert "/retry/" not in client.get(f"/runs/{run.pk}/").content.decode()

    def test_unknown_run(self, browser: Client) -> None:
        assert browser.post("/runs/00000000-0000-7000-8000-000000000000/retry/").status_code == 404

    def test_run_that_goes_on(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, states=[S.FAILED, S.RUNNING])
        for ask in (browser.get, browser.post):
            response = ask(f"/runs/{run.pk}/retry/")
            assert response.status_code == 409
            assert "This run goes on." in response.content.decode()
        assert "/retry/" not in browser.get(f"/runs/{run.pk}/").content.decode()

    def test_nothing_to_retry(self, browser: Client, organizations: list[Organization]) -> None:
        run = ended(launched(organizations, CREATE), *[S.UNKNOWN] * 4)
        response = browser.post(f"/runs/{run.pk}/retry/")
        assert response.status_code == 409
        assert "4 unknown: they are looked up first" in response.content.decode()
        assert (
            "<strong>Nothing of this run can be retried.</strong>"
            in browser.get(f"/runs/{run.pk}/retry/").content.decode()
        )
