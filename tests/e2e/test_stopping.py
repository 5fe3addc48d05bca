"""Stopping everything, pausing and retrying in a real browser."""

import re
from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Page, expect

from jobs.global_stop.models import GlobalStop
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
S = TargetState


def test_everything_is_stopped_from_any_page_and_everybody_sees_it_until_it_is_lifted(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_run(state=RunState.RUNNING, organizations=4, states=[S.RUNNING, S.QUEUED])
    page, other = open_page(), open_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
    sign_in(page, portal, "tess", demo_people["tess"])
    sign_in(other, portal, "max", demo_people["max"])
    other.goto(f"{portal}/cmdlets/")

    page.goto(f"{portal}/organizations/")
    page.locator(".rail").get_by_role("link", name="Stop everything").click()
    page.wait_for_load_state()
    expect(page.locator("#under-way")).to_contain_text("2 organizations in 1 run: nothing more starts; 2 in flight")
    assert violations(page) == []
    reason = page.get_by_label("Why? Everybody sees it on every page.")
    reason.focus()
    page.keyboard.type("odd deletions")
    page.keyboard.press("Enter")
    page.keyboard.type("in many places")
    assert not GlobalStop.objects.exists(), "the Enter key alone stops nothing"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is stopped")
    expect(page.get_by_role("button", name="Lift the stop")).to_have_count(0)

    expect(other.locator("#global-stop")).to_contain_text("Everything is stopped by Tess", timeout=30_000)
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(other) == []
    other.get_by_role("link", name="Lift the stop…").click()
    other.wait_for_load_state()
    assert violations(other) == []
    other.get_by_role("button", name="Lift the stop").click()
    other.wait_for_load_state()
    expect(other.get_by_role("heading", level=1)).to_have_text("Stop everything")
    expect(other.locator("#global-stop")).to_be_empty()
    assert GlobalStop.objects.get().lifted_at


def test_a_run_is_paused_and_resumed_while_another_page_follows(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    run = make_run(state=RunState.RUNNING, organizations=60, states=[*[S.RUNNING] * 20, *[S.QUEUED] * 40])
    page, follower = open_page(), open_page()
    for each in (page, follower):
        sign_in(each, portal, "tess", demo_people["tess"])
        each.goto(f"{portal}/runs/{run.pk}/")
    page.locator("summary", has_text="Pause…").click()
    page.get_by_label("Why (everybody sees it)").fill("mail flow")
    page.get_by_role("button", name="Pause this run").click()
    page.wait_for_load_state()
    assert violations(page) == []
    sentence = follower.locator("#run-sentence")
    expect(sentence).to_have_text(re.compile(r"Paused by Tess.*: 40 organizations wait, 20 in flight"))
    expect(follower.locator("#run-progress")).to_contain_text("Why: mail flow")
    follower.get_by_role("button", name="Resume").click()
    follower.wait_for_load_state()
    expect(page.locator("#run-sentence")).to_contain_text("Running: 0 of 60")
    expect(page.locator("summary", has_text="Pause…")).to_be_visible()
    assert Run.objects.get().state == RunState.RUNNING
