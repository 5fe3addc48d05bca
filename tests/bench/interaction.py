"""How quickly the page of a run answers a hand while twenty of its 1,000 organizations change every second."""

import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from portal.local.commands import argv
from tests.browser import ARGUMENTS, answers
from tests.factories import ADMINISTRATOR, make_organizations, make_person, make_run
from tests.live import ROOT, closed_port, wait_for

ORGANIZATIONS = 1000
A_SECOND = 20
SECONDS = 10
OBSERVE = """
  window.interactions = new Map();
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.interactionId) {
        const known = window.interactions.get(entry.interactionId);
        const { name, duration } = entry;
        if (!known || known.duration < duration) window.interactions.set(entry.interactionId, { name, duration });
      }
    }
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
"""


def main() -> None:
    """Print the longest interaction, and half of them, over ten seconds of clicking and typing."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        print("interaction: no Chromium is installed here, nothing was measured")
        return
    run = _run()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with _web() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": _session(), "url": url}])
        page = context.new_page()
        page.add_init_script(OBSERVE)
        page.goto(f"{url}/runs/{run.pk}/")
        page.wait_for_timeout(1500)
        changing = threading.Thread(target=_change, args=(run,))
        changing.start()
        number = _use(page, changing)
        page.wait_for_timeout(1500)
        durations = [each["duration"] for each in page.evaluate("[...window.interactions.values()]")]
        changed = page.locator("#board .cell-succeeded").count()
        browser.close()
    worst, half = max(durations, default=0), statistics.median(durations) if durations else 0
    print(
        f"interaction on the run page, {ORGANIZATIONS} cells, {A_SECOND} changes a second for {SECONDS} s "
        f"({changed} cells changed, {number} inputs, {len(durations)} interactions longer than 16 ms): "
        f"longest {worst:.0f} ms (INP), half of those under {half:.0f} ms; {worst / 200:.2f} of the 200 ms allowed"
    )


def _run() -> Run:
    states = [TargetState.RUNNING] * 100 + [TargetState.QUEUED] * 900
    run = make_run(organizations=make_organizations(ORGANIZATIONS), state=RunState.RUNNING, states=states)
    now = timezone.now()
    RunTarget.objects.filter(run=run).update(changed_at=now - timedelta(minutes=1))
    Attempt.objects.bulk_create(
        Attempt(run_target=target, number=1, fence=1, worker="bench:1", claimed_at=now)
        for target in run.targets.order_by("position")
    )
    return run


def _session() -> str:
    client = Client()
    client.force_login(make_person(*ADMINISTRATOR))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _change(run: Run) -> None:
    """End twenty organizations a second, in an order that touches every part of the board."""
    ids = list(run.targets.order_by("position").values_list("pk", flat=True))
    began = time.monotonic()
    for number in range(A_SECOND * SECONDS):
        now = timezone.now()
        pk = ids[number * 7 % ORGANIZATIONS]
        RunTarget.objects.filter(pk=pk).update(state=TargetState.SUCCEEDED, finished_at=now, changed_at=now)
        Attempt.objects.filter(run_target=pk).update(ended_at=now, outcome="succeeded")
        time.sleep(max(0.0, began + (number + 1) / A_SECOND - time.monotonic()))
    connection.close()


def _use(page: Page, changing: threading.Thread) -> int:
    """Click, type and walk the board as long as `changing` goes on; return the number of inputs."""
    number = 0
    while changing.is_alive():
        page.locator("#search").click()
        page.keyboard.type("con")
        page.keyboard.press("Escape")
        page.locator("#board .cell").nth(number % ORGANIZATIONS).focus()
        for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"):
            page.keyboard.press(key)
        page.locator("#board-title").click()
        number += 10
    return number


@contextmanager
def _web() -> Iterator[str]:
    port = closed_port()
    database = connection.settings_dict
    place = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    with tempfile.TemporaryDirectory() as folder, Path(folder, "web.log").open("wb") as log:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portal.settings.test",
            "DATABASE_URL": f"postgresql://{place}",
            "DATA_DIR": folder,
            "PORT": str(port),
        }
        process = subprocess.Popen(argv("web", environment), cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: answers(url), what="the web server")
            yield url
        finally:
            process.terminate()
            process.wait(10)
