"""The status page in a real browser: it follows what happens by itself."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from redis import Redis

from jobs.liveness.canaries import QUEUES, consume_canary, send_canaries
from jobs.liveness.sweeps import sweeping
from portal.accounts.policy import Role
from tests.e2e.axe import violations
from tests.e2e.test_every_page import TOO_WIDE, signed_in
from tests.factories import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(300)]


def test_the_page_turns_from_red_to_green_without_being_loaded_again(
    broker: Redis, portal: str, open_page: Callable[..., Page]
) -> None:
    page = signed_in(open_page(), portal, make_person(Role.SENIOR_TECHNICIAN))
    page.goto(f"{portal}/")
    page.get_by_role("link", name="Status").click()
    page.wait_for_load_state()
    expect(page.locator("#queue_bulk")).to_have_attribute("data-level", "watch")
    expect(page.locator("#scheduler")).to_contain_text("Start the process “scheduler”")
    page.evaluate("window.sameDocument = true")

    send_canaries("beat:1")
    for queue in QUEUES:
        consume_canary(queue=queue, number=1, worker=f"{queue}:1")
    with sweeping("system:1"):
        pass

    for finding in (*(f"queue_{queue}" for queue in QUEUES), "scheduler", "sweep"):
        expect(page.locator(f"#{finding}")).to_have_attribute("data-level", "works")
    expect(page.locator(".status-sentence")).not_to_have_attribute("data-level", "fails")  # stores may be slow here
    expect(page.locator("#queue_bulk")).to_contain_text(re.compile(r"bulk:1 took a canary .* ago"))
    assert page.evaluate("window.sameDocument")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whatever_fails_the_page_is_accessible_and_no_wider_than_a_telephone(
    broker: Redis, portal: str, open_page: Callable[..., Page], scheme: str
) -> None:
    send_canaries("beat:1")
    consume_canary(queue="bulk", number=1, worker="a-rather-long-host-name-without-any-place-to-break.example:123456")
    page = signed_in(open_page(color_scheme=scheme), portal, make_person(Role.SENIOR_TECHNICIAN))
    page.goto(f"{portal}/status/")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.evaluate(TOO_WIDE)
