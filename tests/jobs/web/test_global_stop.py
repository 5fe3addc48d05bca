"""The page that stops everything, and the banner on every page while it is in force."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from jobs.global_stop.models import GlobalStop
from jobs.global_stop.selectors import stop_in_force
from jobs.global_stop.services import stop_everything
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.accounts.policy import Role
from tests.factories import SYSTEM, label_of, make_person, make_run

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
S = TargetState
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


class TestOrder:
    def test_says_before_what_it_will_stop(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=4, states=[S.RUNNING, S.QUEUED])
        run.targets.filter(position=0).update(fence=1, intent_fence=1)
        page = browser.get("/global-stop/").content.decode()
        assert "2 organizations in 1 run: nothing more starts; 2 in flight, 1 may still complete." in page

    def test_stops_everything_with_its_reason(self, browser: Client, technician: User) -> None:
        response = browser.post("/global-stop/order/", {"reason": "odd deletions"})
        assert (response.status_code, response.headers["Location"]) == (303, "/global-stop/")
        stop = stop_in_force()
        assert stop
        assert (stop.stopped_by, stop.reason) == (label_of(technician), "odd deletions")

    def test_without_a_reason_stops_nothing(self, browser: Client) -> None:
        response = browser.post("/global-stop/order/", {"reason": " "})
        assert response.status_code == 422
        assert "Say why everything is stopped" in response.content.decode()
        assert stop_in_force() is None

    def test_wrong_method(self, browser: Client) -> None:
        assert browser.get("/global-stop/order/").status_code == 405

    def test_wrong_role(self, signed_in: SignIn, auditor: User) -> None:
        client = signed_in(auditor)
        assert client.post("/global-stop/order/", {"reason": "x"}).status_code == 403
        assert "/global-stop/order/" not in client.get("/global-stop/").content.decode()
        assert stop_in_force() is None


class TestLift:
    def test_is_for_approvers_and_administrators(self, signed_in: SignIn, technician: User, approver: User) -> None:
        stop_everything(actor=SYSTEM, reason="odd deletions")
        assert "/global-stop/lift/" not in signed_in(technician).get("/global-stop/").content.decode()
        assert signed_in(technician).post("/global-stop/lift/").status_code == 403
        assert "/global-stop/lift/" in signed_in(approver).get("/global-stop/").content.decode()
        assert signed_in(approver).post("/global-stop/lift/").status_code == 303
        assert GlobalStop.objects.get().lifted_by == label_of(approver)

    def test_of_nothing_is_refused(self, signed_in: SignIn, approver: User) -> None:
        response = signed_in(approver).post("/global-stop/lift/")
        assert response.status_code == 409
        assert "No stop is in force" in response.content.decode()

    def test_wrong_method(self, browser: Client) -> None:
        assert browser.get("/global-stop/lift/").status_code == 405


class TestBanner:
    @pytest.mark.parametrize("path", ["/", "/organizations/", "/cmdlets/", "/runs/", "/help/keys/"])
    @pytest.mark.parametrize("role", [Role.SENIOR_TECHNICIAN, Role.AUDITOR])
    def test_is_on_every_page_while_it_is_in_force(self, signed_in: SignIn, path: str, role: Role) -> None:
        client = signed_in(make_person(role))
        assert "Everything is stopped" not in client.get(path).content.decode()
        stop_everything(actor=SYSTEM, reason="odd <deletions")
        page = client.get(path).content.decode()
        assert "<strong>Everything is stopped</strong> by test" in page
        assert "odd &lt;deletions" in page

    def test_reaches_open_pages_with_the_poll_of_their_frame_and_leaves_them(
        self, signed_in: SignIn, administrator: User
    ) -> None:
        client = signed_in(administrator)
        ring = client.get("/cmdlets/").context["ring"]()
        seen = {"seen": ring.version}
        assert client.get("/runs-in-progress/ring/", seen, headers=HTMX).status_code == 204
        stop_everything(actor=SYSTEM, reason="odd deletions")
        fragment = client.get("/runs-in-progress/ring/", seen, headers=HTMX).content.decode()
        assert 'id="global-stop" role="status" hx-swap-oob="true"' in fragment
        assert "odd deletions" in fragment
        assert "Lift the stop…" in fragment
        client.post("/global-stop/lift/")
        fragment = client.get("/runs-in-progress/ring/", {"seen": "old"}, headers=HTMX).content.decode()
        assert 'hx-swap-oob="true"></div>' in fragment


def test_launching_is_refused_and_leads_back_to_the_draft(browser: Client, technician: User) -> None:
    draft = make_run(state=RunState.DRAFT, requested_by=technician)
    stop_everything(actor=SYSTEM, reason="odd deletions")
    response = browser.post(f"/runs/{draft.pk}/launch/")
    page = response.content.decode()
    assert response.status_code == 409
    assert "“odd deletions”" in page
    assert f'href="/runs/{draft.pk}/review/"' in page


def test_the_page_asks_as_often_for_many_runs_as_for_one(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        make_run(state=RunState.RUNNING)
        with django_assert_num_queries(13):
            browser.get("/global-stop/")


def test_not_signed_in(client: Client) -> None:
    for path in ("/global-stop/", "/global-stop/order/", "/global-stop/lift/"):
        assert client.post(path).status_code == 302


def test_home_names_paused_runs_and_who_paused_them(browser: Client) -> None:
    make_run()
    run = make_run(state=RunState.PAUSED, paused_by="Ada", pause_reason="mail flow")
    page = browser.get("/").content.decode()
    assert "run is paused" in page
    assert f'href="/runs/{run.pk}/" title="paused by Ada: mail flow"' in page
    assert "by Ada: mail flow</span>" in page
    assert '<span class="sub">by Ada</span>' in browser.get("/runs/").content.decode()
