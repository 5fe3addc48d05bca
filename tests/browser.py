"""A real browser against the product's real processes."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.live import PATIENCE_SECONDS, Processes, closed_port, wait_for

REPLACED = ("htmx:sendAbort", "htmx:afterRequest")
"""What htmx says when a newer request replaces one under way, as `hx-sync` asks; a request that fails says more."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the whole session; without one the browser tests say so."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("No Chromium is installed here and none could be: the browser tests did not run.")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_SECONDS * 500)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def portal(processes: Processes) -> str:
    """The web server; returns its address."""
    port = closed_port()
    processes.start("web", PORT=str(port))
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: answers(url), what="the web server")
    return url


def answers(url: str) -> bool:
    """Whether the portal is ready."""
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of its own; a script error or a blocked resource fails the test.

    With `failing`, requests may fail without that.
    """
    said: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(REPLACED):
            said.append(f"{message.type}: {message.text}")

    def go(*, failing: bool = False, **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(PATIENCE_SECONDS * 500)
        contexts.append(context)
        page = context.new_page()
        if not failing:
            page.on("console", note)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield go
    for context in contexts:
        context.close()
    assert said == []
