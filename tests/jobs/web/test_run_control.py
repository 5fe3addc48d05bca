"""The buttons of a run that goes on: pause, resume, the share; and what its page says then."""

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from jobs.global_stop.services import lift_global_stop, stop_everything
from jobs.runs.models import Run
from jobs.runs.shares import Share
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tests.factories import SYSTEM, label_of, make_run

SignIn = Callable[[User], Client]
S = TargetState
HTMX = {"HX-Request": "true"}
NOBODY = UUID(int=7)
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def text_of(browser: Client, run: Run) -> str:
    return browser.get(f"/runs/{run.pk}/").content.decode()


def poll_url(html: str) -> str:
    found = re.search(r'hx-get="(/runs/[^"]+/progress/[^"]+)"', html)
    assert found
    return unescape(found.group(1))


class TestPause:
    def test_waits_and_says_who_paused_and_why(self, browser: Client, technician: User) -> None:
        run = make_run(state=RunState.RUNNING, organizations=4, states=[S.SUCCEEDED, S.RUNNING, S.QUEUED, S.QUEUED])
        response = browser.post(f"/runs/{run.pk}/pause/", {"reason": "mail <b>flow"})
        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{run.pk}/")
        page = text_of(browser, run)
        assert f"Paused by {label_of(technician)}: 2 organizations wait, 1 in flight" in page
        assert "Why: mail &lt;b&gt;flow" in page
        assert f"/runs/{run.pk}/resume/" in page
        assert f"/runs/{run.pk}/pause/" not in page

    def test_resumed_it_goes_on(self, browser: Client) -> None:
        run = make_run(state=RunState.PAUSED, paused_by="Ada", paused_at=timezone.now())
        assert browser.post(f"/runs/{run.pk}/resume/").status_code == 303
        page = text_of(browser, run)
        assert "Running: 0 of 3" in page
        assert "Paused by" not in page

    def test_on_the_live_page_the_buttons_follow_once(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING)
        url = poll_url(text_of(browser, run))
        assert browser.get(url, headers=HTMX).status_code == 204
        browser.post(f"/runs/{run.pk}/pause/")
        fragment = browser.get(url, headers=HTMX).content.decode()
        assert "Paused by" in fragment
        assert f"/runs/{run.pk}/resume/" in fragment
        assert 'id="run-actions" hx-swap-oob="true"' in fragment
        run.targets.filter(position=0).update(state=S.RUNNING, changed_at=timezone.now())
        later = browser.get(poll_url(fragment), headers=HTMX).content.decode()
        assert "1 in flight" in later
        assert "run-actions" not in later

    def test_what_was_paused_and_is_stopped_says_that_it_stops(self, browser: Client) -> None:
        run = make_run(state=RunState.PAUSED, paused_by="Ada", paused_at=timezone.now(), states=[S.RUNNING, S.QUEUED])
        browser.post(f"/runs/{run.pk}/stop/")
        page = text_of(browser, run)
        assert "Stopping: 2 in flight" in page
        assert f"/runs/{run.pk}/resume/" not in page


class TestShare:
    def test_is_chosen_from_a_menu(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING)
        for share in Share:
            assert share.label in text_of(browser, run)
        assert browser.post(f"/runs/{run.pk}/share/", {"share": Share.HIGH}).status_code == 303
        run.refresh_from_db()
        assert run.share == Share.HIGH
        assert f'value="{Share.HIGH}" aria-current="true"' in text_of(browser, run)

    @pytest.mark.parametrize("share", ["", "7", "high"])
    def test_that_does_not_exist_is_not_found(self, browser: Client, share: str) -> None:
        assert browser.post(f"/runs/{make_run().pk}/share/", {"share": share}).status_code == 404


@pytest.mark.parametrize("act", ["pause", "resume", "share"])
class TestAccess:
    def test_not_signed_in(self, client: Client, act: str) -> None:
        assert client.post(f"/runs/{make_run().pk}/{act}/", {"share": 4}).status_code == 302

    def test_wrong_role(self, signed_in: SignIn, auditor: User, act: str) -> None:
        run = make_run(state=RunState.RUNNING)
        assert signed_in(auditor).post(f"/runs/{run.pk}/{act}/", {"share": 4}).status_code == 403
        assert f"/runs/{run.pk}/{act}/" not in text_of(signed_in(auditor), run)

    def test_wrong_method(self, browser: Client, act: str) -> None:
        assert browser.get(f"/runs/{make_run().pk}/{act}/").status_code == 405

    def test_unknown_run(self, browser: Client, act: str) -> None:
        assert browser.post(f"/runs/{NOBODY}/{act}/", {"share": 4}).status_code == 404

    def test_ended_run(self, browser: Client, act: str) -> None:
        response = browser.post(f"/runs/{make_run().pk}/{act}/", {"share": 4})
        assert response.status_code == 409
        assert "has ended already" in response.content.decode()


def test_a_global_stop_and_its_end_reach_the_live_page(browser: Client) -> None:
    run = make_run(state=RunState.RUNNING)
    url = poll_url(text_of(browser, run))
    stop_everything(actor=SYSTEM, reason="odd deletions")
    fragment = browser.get(url, headers=HTMX).content.decode()
    assert "Everything is stopped, by test: 3 organizations wait, none in flight" in fragment
    lift_global_stop(actor=SYSTEM)
    assert "Running: 0 of 3" in browser.get(poll_url(fragment), headers=HTMX).content.decode()
