"""The browser itself refuses scripts that are not ours, and says so; what the pages do needs no exception."""

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page, Route
from playwright.sync_api import TimeoutError as NothingHappened

from tests.e2e.test_every_page import signed_in
from tests.e2e.world import make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(300)]

WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', e =>
  window.violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sample} ${e.sourceFile}:${e.lineNumber}`));
"""

INJECTIONS = {
    "markup assigned to an element": "document.body.innerHTML = '<img src=x onerror=\"window.ran = 1\">'",
    "an empty text assigned as markup": "document.querySelector('h1').innerHTML = ''",
    "markup beside an element": "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
    "a document of foreign text": "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
    "a document of foreign text, unsafely": "Document.parseHTMLUnsafe('<b>x</b>')",
    "a fragment of foreign text": "document.createRange().createContextualFragment('<script>window.ran = 1</script>')",
    "a frame's document": "document.createElement('iframe').srcdoc = '<script>parent.ran = 1</script>'",
    "text evaluated": "eval('window.ran = 1')",
    "text made a function": "new Function('window.ran = 1')()",
    "text run later": "setTimeout('window.ran = 1', 0)",
    "the text of a script": "const s = document.createElement('script'); s.text = 'window.ran = 1';"
    " document.body.append(s)",
    "the address of a script": "const s = document.createElement('script'); s.src = '/static/js/history.js'",
    "a handler as an attribute": "document.body.setAttribute('onclick', 'window.ran = 1'); document.body.click()",
    "a second default policy": "trustedTypes.createPolicy('default', {createHTML: t => t})",
    "a policy of another name": "trustedTypes.createPolicy('htmx', {createHTML: t => t})",
    "a page of another host": "const i = new Image(); i.src = 'https://evil.example/x.png'",
    "a connection to another host": "fetch('https://evil.example/').catch(() => {})",
    "a frame": "const f = document.createElement('iframe'); f.src = '/'; document.body.append(f)",
    "a form to another host": "const f = document.createElement('form'); f.action = 'https://evil.example/';"
    " document.body.append(f); f.submit()",
    "a style in an attribute": "document.body.setAttribute('style', 'color: red')",
    "another base address": "const b = document.createElement('base'); b.href = 'https://evil.example/';"
    " document.head.append(b)",
}


def test_no_page_needs_what_the_policy_refuses(portal: str, open_page: Callable[..., Page]) -> None:
    world = make_world()
    page = signed_in(open_page(), portal, world.administrator)
    page.add_init_script(WATCH)
    found = {}
    for name, path in world.addresses.items():
        page.goto(portal + path)
        page.wait_for_load_state("load")
        if said := page.evaluate("window.violations"):
            found[name] = said
    print(f"\n{len(world.addresses)} pages, {len(found)} with violations")
    assert found == {}


def test_fragments_still_come_alive(portal: str, open_page: Callable[..., Page]) -> None:
    world = make_world()
    page = signed_in(open_page(), portal, world.administrator)
    page.add_init_script(WATCH)
    page.goto(portal)
    page.locator("#search").fill("mail")
    page.locator("#suggestions a").first.wait_for()
    page.goto(f"{portal}/cmdlets/")
    page.get_by_label("Search by name or parameter").press_sequentially("acepted domian")
    page.get_by_role("link", name="Get-AcceptedDomain", exact=True).wait_for()
    assert page.evaluate("window.violations") == []


def test_the_browser_refuses_every_injection(portal: str, open_page: Callable[..., Page]) -> None:
    page = open_page(failing=True)
    page.add_init_script(WATCH)
    passed = []
    for what, code in INJECTIONS.items():
        page.unroute_all()
        script = f"setTimeout(() => {{ try {{ {code} }} catch (e) {{ window.thrown = String(e) }} }}, 0)"
        page.route("**/js/signalbox*.js", partial(Route.fulfill, body=script, content_type="text/javascript"))
        page.goto(f"{portal}/sign-in/")
        try:
            page.wait_for_function("window.violations.length", timeout=5000)
        except NothingHappened:
            passed.append(what)
        if page.evaluate("window.ran"):
            passed.append(f"{what}: it ran")
        assert page.url.startswith(portal)
    print(f"\n{len(INJECTIONS)} injections, {len(passed)} passed")
    assert passed == []
