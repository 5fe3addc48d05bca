"""The page of a run in a real browser: it follows the run, and never gets in the way of who looks at it."""

import re
import signal
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from tests.browser import answers
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_organizations, make_run
from tests.live import Processes, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
S = TargetState


@pytest.fixture
def run(demo_people: Mapping[str, str]) -> Run:
    return make_run(state=RunState.RUNNING, organizations=60, states=[S.RUNNING] * 20 + [S.QUEUED] * 40)


@pytest.fixture
def page(portal: str, run: Run, demo_people: Mapping[str, str], open_page: OpenPage) -> Page:
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/runs/{run.pk}/")
    return page


def end(run: Run, *positions: int, state: TargetState = S.SUCCEEDED, error_class: str = "") -> None:
    now = timezone.now()
    facts = {"state": state, "error_class": error_class, "finished_at": now, "changed_at": now}
    RunTarget.objects.filter(run=run, position__in=positions).update(**facts)


def finish(run: Run) -> None:
    end(run, *range(60))
    Run.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED, finished_at=timezone.now(), counts={"succeeded": 60})


def test_changes_arrive_without_moving_anything_or_taking_the_focus(page: Page, run: Run, portal: str) -> None:
    page.goto(f"{portal}/runs/{run.pk}/?group=state")
    cells = page.locator("#board .cell")
    cells.nth(25).focus()
    page.evaluate("window.scrollTo(0, 20)")
    before = [page.evaluate("window.scrollY"), cells.evaluate_all("cells => cells.map(cell => cell.id)")]

    end(run, 0, 25)
    end(run, 5, state=S.FAILED, error_class="throttled")

    expect(page.locator("#cell-25")).to_have_attribute("aria-label", re.compile("Succeeded"))
    expect(page.locator("#cell-5")).to_have_attribute("aria-label", re.compile("Failed, Exchange is throttling"))
    expect(page.locator("#cell-25")).to_be_focused()
    assert before == [page.evaluate("window.scrollY"), cells.evaluate_all("cells => cells.map(cell => cell.id)")]
    expect(page.locator("#board-stale")).to_contain_text("3 organizations have changed since.")
    page.get_by_role("link", name="Arrange again").click()
    expect(page.locator("#board .board-heading").first).to_contain_text("Failed 1")


def test_a_filter_by_state_keeps_every_cell_in_its_place(page: Page, run: Run) -> None:
    end(run, 1, state=S.FAILED)
    expect(page.locator("#legend-failed")).to_be_visible()
    places = page.locator("#board .cell").evaluate_all("cells => cells.map(cell => [cell.id, cell.offsetLeft])")

    page.locator("#legend-failed").click()

    expect(page.locator("#board .cell-dim")).to_have_count(59)
    expect(page).to_have_url(re.compile(r"\?state=failed$"))
    assert page.locator("#board .cell").evaluate_all("cells => cells.map(cell => [cell.id, cell.offsetLeft])") == places
    expect(page.locator("#legend-failed")).to_have_attribute("aria-current", "true")
    page.locator("#legend-failed").click()
    expect(page.locator("#board .cell-dim")).to_have_count(0)


def test_the_board_is_one_tab_stop_with_names_for_the_keyboard(page: Page) -> None:
    page.locator("#board-sort").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#cell-0")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#cell-1")).to_be_focused()
    label = page.locator("#cell-1").get_attribute("aria-label")
    expect(page.locator(".cell-tip")).to_have_text(str(label))
    page.keyboard.press("Escape")
    expect(page.locator(".cell-tip")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.offsetTop > document.getElementById('cell-1').offsetTop")
    assert below
    page.keyboard.press("End")
    expect(page.locator("#cell-59")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#board') === null")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#cell-59")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/targets/"))


def test_at_the_end_everything_is_up_to_date_and_the_icon_says_so(page: Page, run: Run) -> None:
    target = run.targets.get(position=0)
    began = timezone.now() - timedelta(seconds=3)
    attempt = Attempt.objects.create(run_target=target, number=1, fence=1, worker="w:1", claimed_at=began)
    end(run, 3)
    expect(page.locator("#run-time-line svg .bar-running").first).to_be_attached()
    icon = page.locator('link[rel="icon"]')
    expect(icon).to_have_attribute("data-look", "running-0")

    Attempt.objects.filter(pk=attempt.pk).update(ended_at=timezone.now(), outcome="succeeded")
    finish(run)

    expect(page.locator("#run-sentence")).to_contain_text("Succeeded: 60 succeeded")
    expect(page.locator("#run-time-line svg .bar-succeeded").first).to_be_attached()
    expect(icon).to_have_attribute("data-look", "succeeded-16")
    expect(page).to_have_title(re.compile("^Succeeded: "))
    expect(page.get_by_text("Stop…")).to_have_count(0)


def test_what_was_opened_stays_open_while_its_numbers_grow(page: Page, run: Run) -> None:
    end(run, 1, state=S.FAILED, error_class="throttled")
    cause = page.locator("#why-throttled")
    cause.locator("summary").click()
    expect(cause).to_have_attribute("open", "")

    end(run, 2, 4, state=S.FAILED, error_class="throttled")

    expect(cause.locator(".why-number")).to_have_text("3")
    expect(cause).to_have_attribute("open", "")
    expect(cause.locator("summary")).to_be_focused()


def test_refused_notifications_are_said_so(page: Page, run: Run) -> None:
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.get_by_role("button", name="Tell me when it ends").click()
    expect(page.locator("[data-tell]")).to_contain_text("Refused by the browser")


def test_a_notification_comes_at_the_end_if_it_was_asked_for(page: Page, run: Run) -> None:
    page.evaluate(
        """() => {
          window.told = [];
          window.Notification = class { constructor(title, more) { window.told.push([title, more.body]); } };
          window.Notification.requestPermission = async () => 'granted';
        }"""
    )
    page.get_by_role("button", name="Tell me when it ends").click()
    expect(page.locator("[data-tell]")).to_contain_text("You will be told")

    finish(run)

    expect(page.locator("#run-sentence")).to_contain_text("Succeeded: 60 succeeded")
    assert page.evaluate("window.told.map(([title, body]) => body.slice(0, 23))") == ["Succeeded: 60 succeeded"]


def test_a_run_that_is_deleted_meanwhile_says_so_and_is_asked_for_no_more(
    run: Run, portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    page = open_page(failing=True)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/runs/{run.pk}/")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/progress/" in request.url else None)
    RunTarget.objects.filter(run=run).delete()
    run.delete()

    expect(page.locator("#run-sentence")).to_contain_text("deleted under the retention policy")
    expect(page.locator("#lost")).to_be_visible()
    number = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == number


def test_a_server_that_is_away_for_a_while_is_noticed_and_the_page_recovers(
    run: Run, portal: str, demo_people: Mapping[str, str], processes: Processes, open_page: OpenPage
) -> None:
    page = open_page(failing=True)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/runs/{run.pk}/")
    expect(page.locator("#run-sentence")).to_contain_text("Running: 0 of 60")
    processes.stop(processes.started[-1], signal.SIGKILL)
    expect(page.locator('[data-lost="away"]')).to_be_visible()
    end(run, 0, 1, 2)

    processes.start("web", PORT=portal.rpartition(":")[2])
    wait_for(lambda: answers(portal), what="the web server")

    expect(page.locator("#run-sentence")).to_contain_text("Running: 3 of 60")
    expect(page.locator("#cell-2")).to_have_attribute("aria-label", re.compile("Succeeded"))
    expect(page.locator("#lost")).to_be_hidden()


def test_the_table_changes_where_it_stands(page: Page, run: Run, portal: str) -> None:
    page.goto(f"{portal}/runs/{run.pk}/targets/?state=queued")
    rows = page.locator("#run-targets tbody tr")
    expect(rows).to_have_count(40)
    name = rows.first.get_by_role("rowheader").inner_text()

    end(run, 20)

    expect(page.locator("#targets-stale")).to_be_visible()
    expect(rows).to_have_count(40)
    assert rows.first.get_by_role("rowheader").inner_text() == name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_tab_is_accessible_and_fits(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage, scheme: str, width: int
) -> None:
    places = make_organizations(40) + make_organizations(1, name="شركة الأمل للتجارة 🏢 " + "長" * 40)
    make_run(organizations=places, state=RunState.PARTLY_FAILED, states=[S.SUCCEEDED, S.FAILED])
    run = make_run(
        organizations=places,
        state=RunState.PARTLY_FAILED,
        states=[S.SUCCEEDED, S.FAILED, S.UNKNOWN, S.ERRORED, S.SKIPPED, S.DENIED, S.CANCELLED],
        cmdlet="Get-AcceptedDomain",
    )
    run.targets.filter(state=S.FAILED).update(error_class="object_not_found")
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    sign_in(page, portal, "max", demo_people["max"])
    for tab in ("", "?group=cause&state=failed", "targets/", "powershell/", "events/", "compare/"):
        page.goto(f"{portal}/runs/{run.pk}/{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        assert violations(page) == [], tab
