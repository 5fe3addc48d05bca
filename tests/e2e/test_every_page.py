"""What holds for every page: accessible in both themes, nothing wider than its window, reached by keyboard, quiet."""

import gzip
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, Response

from portal.accounts.models import User
from tests.e2e.axe import violations
from tests.e2e.world import addresses, browser_of, make_world
from tests.factories import ADMINISTRATOR, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(300)]
OpenPage = Callable[..., Page]

TOO_WIDE = """
() => {
  const scrolls = e => e && e !== document.body
    && (getComputedStyle(e).overflowX !== 'visible' || scrolls(e.parentElement));
  return [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement))
    .slice(-3).map(e => e.outerHTML.slice(0, 150));
}
"""
UNSEEN = """
() => {
  const e = document.activeElement;
  if (!e || e === document.body) return 'nothing';
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const drawn = e instanceof SVGElement && [...e.children].some(c => parseFloat(getComputedStyle(c).strokeWidth) >= 2);
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
  const marked = drawn || outlined || style.boxShadow !== 'none'
    || ['date', 'time', 'datetime-local'].includes(e.type);  // marks the part that is being typed
  return marked && box.width && box.height ? '' : e.outerHTML.slice(0, 120);
}
"""


def signed_in(page: Page, portal: str, person: User) -> Page:
    cookie = browser_of(person).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": portal}])
    return page


def compressed(response: Response) -> int:
    """How many bytes the body has as production sends it: compressed when it was collected, or on its way."""
    return len(gzip.compress(response.body()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(portal: str, open_page: OpenPage, scheme: str) -> None:
    world = make_world()
    page = signed_in(open_page(color_scheme=scheme), portal, world.administrator)
    found = []
    for name, path in world.addresses.items():
        page.goto(portal + path)
        found += [f"{name}: {violation}" for violation in violations(page)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(390, 844, 1), (640, 450, 2)], ids=["telephone", "1280 pixels at 200 %"]
)
def test_no_page_is_wider_than_its_window(
    portal: str, open_page: OpenPage, width: int, height: int, scale: int
) -> None:
    world = make_world()
    options = {"viewport": {"width": width, "height": height}, "device_scale_factor": scale}
    page = signed_in(open_page(**options), portal, world.administrator)
    wide = {}
    for name, path in world.addresses.items():
        page.goto(portal + path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide[name] = page.evaluate(TOO_WIDE)
    assert not wide, "\n" + "\n".join(f"{name}: {wide[name]}" for name in wide)


def test_every_page_of_an_empty_portal_opens_and_teaches(portal: str, open_page: OpenPage) -> None:
    person = make_person(*ADMINISTRATOR)
    page = signed_in(open_page(), portal, person)
    found = []
    for name, path in addresses(browser_of(person), {"name": "Set-Mailbox"}, only_known=True).items():
        page.goto(portal + path)
        found += [f"{name}: {violation}" for violation in violations(page)]
    assert not found, "\n" + "\n".join(found)


def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(portal: str, open_page: OpenPage) -> None:
    world = make_world()
    page = signed_in(open_page(), portal, world.administrator)
    unseen, unreached = [], []
    for name, path in world.addresses.items():
        page.goto(portal + path)
        stops = page.evaluate(
            "[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')]"
            ".filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0"
            " && e.type !== 'radio').length"
        )
        reached: set[str] = set()
        for _ in range(min(stops + 2, 60)):
            page.keyboard.press("Tab")
            seen = page.evaluate(UNSEEN)
            if seen == "nothing":
                break
            if seen:
                unseen.append(f"{name}: {seen}")
            reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
        if stops and not reached:
            unreached.append(name)
    assert not unseen, "\n" + "\n".join(unseen)
    assert unreached == []


def test_no_page_asks_anything_of_another_host_and_the_first_visit_is_light(portal: str, open_page: OpenPage) -> None:
    world = make_world()
    page = signed_in(open_page(), portal, world.administrator)
    asked: list[str] = []
    weights: dict[str, int] = {}
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: weights.update({response.url: compressed(response)}))
    page.goto(portal + "/")
    page.wait_for_load_state("networkidle")
    first_visit = sum(weights.values())
    for path in world.addresses.values():
        page.goto(portal + path)
    foreign = {url for url in asked if not url.startswith((portal, "data:", "blob:"))}
    assert foreign == set()
    assert first_visit <= 150_000, weights
