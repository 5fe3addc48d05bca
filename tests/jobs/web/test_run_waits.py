"""What the page of a run says while organizations wait because of throttling, failures or refused tokens."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.throttling.decisions import Reason
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from jobs.throttling.selectors import Wait
from jobs.web.waiting import wait_sentence
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.factories import make_run

SignIn = Callable[[User], Client]
S = TargetState
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def close_gates(run: Run, *seconds: float, reason: Reason = Reason.ASKED) -> None:
    now = timezone.now()
    OrganizationGate.objects.bulk_create(
        OrganizationGate(
            organization_id=target.organization_id,
            closed_until=now + timedelta(seconds=each),
            reason=reason,
            changed_at=now,
        )
        for target, each in zip(run.targets.order_by("position"), seconds, strict=False)
    )


def pause_identity(run: Run) -> IdentityBreaker:
    run.targets.update(identity="application")
    now = timezone.now()
    refusals = [
        {"organization_id": str(n), "error_class": "certificate_not_accepted", "code": "AADSTS700027", "at": str(now)}
        for n in range(3)
    ]
    return IdentityBreaker.objects.create(
        key="application",
        name="application <Signalbox>",
        refusals=refusals,
        opened_at=now,
        paused_at=now,
        closed_until=now + timedelta(seconds=60),
        changed_at=now,
    )


def page_of(browser: Client, run: Run) -> str:
    return browser.get(f"/runs/{run.pk}/").content.decode()


def poll(browser: Client, html: str) -> tuple[int, str]:
    found = re.search(r'hx-get="(/runs/[^"]+/progress/[^"]+)"', html)
    assert found
    response = browser.get(unescape(found.group(1)), headers=HTMX)
    return response.status_code, response.content.decode()


class TestWaits:
    @pytest.mark.parametrize(
        ("reason", "number", "said"),
        [
            (Reason.ASKED, 12, "12 organizations wait: Exchange asked for up to 43 s."),
            (Reason.ASKED, 1, "1 organization waits: Exchange asked for 43 s."),
            (
                Reason.THROTTLED,
                2,
                "2 organizations wait: Exchange throttles without saying for how long. The next try is within 43 s.",
            ),
            (
                Reason.FAILING,
                1,
                "1 organization waits after several failures in a row. The next try is within 43 s.",
            ),
        ],
    )
    def test_are_said_with_number_cause_and_time(self, reason: Reason, number: int, said: str) -> None:
        now = datetime(2026, 11, 23, 12, tzinfo=timezone.get_default_timezone())
        assert wait_sentence(Wait(reason, number, now + timedelta(seconds=43)), now) == said

    def test_stand_on_the_page_for_organizations_that_would_be_next_and_no_others(self, browser: Client) -> None:
        states = [S.QUEUED, S.QUEUED, S.SUCCEEDED, S.QUEUED]
        run = make_run(state=RunState.RUNNING, organizations=4, states=states)
        close_gates(run, 43.9, 12, 50, -1)
        assert "2 organizations wait: Exchange asked for up to 4" in page_of(browser, run)

    def test_of_other_runs_are_not_said(self, browser: Client) -> None:
        run, other = make_run(state=RunState.RUNNING), make_run(state=RunState.RUNNING)
        close_gates(other, 43)
        assert "Exchange asked" not in page_of(browser, run)

    def test_appear_on_the_live_page_when_a_gate_closes_and_disappear_when_it_opens(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING)
        html = page_of(browser, run)
        assert poll(browser, html)[0] == 204
        close_gates(run, 43)
        status, html = poll(browser, html)
        assert (status, "1 organization waits: Exchange asked" in html) == (200, True)
        assert poll(browser, html)[0] == 204
        OrganizationGate.objects.update(closed_until=timezone.now())
        status, html = poll(browser, html)
        assert (status, "Exchange asked" in html) == (200, False)

    def test_cost_as_many_queries_for_many_organizations_as_for_one(self, browser: Client) -> None:
        counts = []
        for number in (1, 40):
            run = make_run(state=RunState.RUNNING, organizations=number)
            close_gates(run, *[43.0] * number)
            with CaptureQueriesContext(connection) as queries:
                page_of(browser, run)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestPause:
    def test_is_a_banner_with_cause_number_next_try_and_repair(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=5)
        breaker = pause_identity(run)
        page = page_of(browser, run)
        assert "Signalbox stopped asking for tokens as application &lt;Signalbox&gt;" in page
        assert "(AADSTS700027) in 3 organizations within a minute. 5 organizations of this run wait" in page
        assert breaker.closed_until
        assert f"{breaker.closed_until:%H:%M}" in page
        assert "What to do:" in page

    def test_is_not_shown_on_runs_of_other_identities(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING)
        pause_identity(make_run(state=RunState.RUNNING))
        assert "stopped asking for tokens" not in page_of(browser, run)

    def test_ends_early_for_a_technician_who_asks_to_try_again_now(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING)
        pause_identity(run)
        assert "Try again now" in page_of(browser, run)
        response = browser.post(f"/runs/{run.pk}/try-again/", {"identity": "application"})
        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{run.pk}/")
        closed_until = IdentityBreaker.objects.get().closed_until
        assert closed_until
        assert closed_until <= timezone.now()
        assert AuditEvent.objects.filter(action="identity.tried_again").exists()

    def test_cannot_be_ended_by_who_may_not_launch(self, signed_in: SignIn, auditor: User) -> None:
        run = make_run(state=RunState.RUNNING)
        pause_identity(run)
        browser = signed_in(auditor)
        page = page_of(browser, run)
        assert "stopped asking for tokens" in page
        assert "Try again now" not in page
        assert browser.post(f"/runs/{run.pk}/try-again/", {"identity": "application"}).status_code == 403

    @pytest.mark.parametrize("identity", ["application", "\x00", "x" * 500, ""])
    def test_that_is_over_says_so(self, browser: Client, identity: str) -> None:
        run = make_run(state=RunState.RUNNING)
        response = browser.post(f"/runs/{run.pk}/try-again/", {"identity": identity})
        assert response.status_code == 409
        assert "There is nothing to try again" in response.content.decode()


def test_an_ended_run_says_nothing_of_waiting(browser: Client) -> None:
    run = make_run(state=RunState.SUCCEEDED)
    RunTarget.objects.update(identity="application")
    close_gates(run, 43, 43, 43)
    page = page_of(browser, run)
    assert "Exchange asked" not in page
