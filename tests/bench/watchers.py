"""50 technicians who watch one run of 1,000 organizations while it changes: the real web process, htmx polling."""

import os
import random
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from html import unescape
from pathlib import Path

import httpx
import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.sessions.store import SessionStore
from portal.local.commands import argv
from tests.factories import make_person, make_run
from tests.live import ROOT, wait_for

WATCHERS = 50
ORGANIZATIONS = 1000
CHANGES_EACH_SECOND = 20
SECONDS = 20
POLL_SECONDS = 1.0
ALLOWED_SHARE = 0.5
_POLL = re.compile(r'hx-get="(/runs/[^"]+/progress/[^"]+)"')


def main() -> None:
    """Print the CPU of the web process and the latency of the polls."""
    run = make_run(organizations=ORGANIZATIONS, states=[TargetState.QUEUED], state=RunState.RUNNING)
    people = [make_person(Role.SENIOR_TECHNICIAN) for _ in range(WATCHERS)]
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        variables = {
            **os.environ,
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "portal.settings.test",
            "DATA_DIR": folder,
        }
        with (Path(folder) / "web.log").open("wb") as log:
            web = subprocess.Popen(argv("web", variables), cwd=ROOT, env=variables, stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(lambda: _answers(base), what="the web process")
            _watch(base, psutil.Process(web.pid), run, people)
        finally:
            web.terminate()
            web.wait(10)


def _watch(base: str, web: psutil.Process, run: Run, people: list[User]) -> None:
    over = threading.Event()
    latencies: list[float] = []
    answers: list[tuple[int, int]] = []
    cookies = [_session(person) for person in people]
    threads = [
        threading.Thread(target=_poll, args=(base, cookie, run, over, latencies, answers), daemon=True)
        for cookie in cookies
    ]
    for thread in threads:
        thread.start()
    time.sleep(3)  # so that everybody has opened the page; what is measured are polls
    latencies.clear()
    answers.clear()
    tree = [web, *web.children(recursive=True)]
    began, cpu = time.monotonic(), _cpu(tree)
    changed = _change(run, began + SECONDS)
    wall, used = time.monotonic() - began, _cpu(tree) - cpu
    over.set()
    for thread in threads:
        thread.join(10)
    ordered = sorted(latencies)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(
        f"watchers: {WATCHERS} people poll (htmx, each {POLL_SECONDS:.0f} s, answers by cursor) a run of "
        f"{ORGANIZATIONS} organizations of which {changed / wall:.0f} change each second"
    )
    print(
        f"  web process {100 * used / wall:.0f} % of a core (at most {100 * ALLOWED_SHARE:.0f} %), "
        f"{len(ordered) / wall:.0f} polls/s, {1000 * used / len(ordered):.1f} ms of CPU each; "
        f"latency p50 {statistics.median(ordered) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms; "
        f"{sum(size for _, size in answers) / len(answers) / 1000:.1f} kB an answer, "
        f"{sum(status >= 400 for status, _ in answers)} failed"
    )


def _poll(
    base: str,
    cookie: str,
    run: Run,
    over: threading.Event,
    latencies: list[float],
    answers: list[tuple[int, int]],
) -> None:
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}", "HX-Request": "true"}
    with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=30) as client:
        page = client.get(f"/runs/{run.pk}/", headers={"HX-Request": "false"})
        url = unescape(_POLL.findall(page.text)[0])
        over.wait(random.random() * POLL_SECONDS)
        while not over.is_set():
            began = time.perf_counter()
            answer = client.get(url)
            took = time.perf_counter() - began
            latencies.append(took)
            answers.append((answer.status_code, len(answer.content)))
            found = _POLL.findall(answer.text)
            url = unescape(found[0]) if found else url
            over.wait(max(0.0, POLL_SECONDS - took))


def _change(run: Run, until: float) -> int:
    """End organizations of the run, so many each second; returns how many."""
    waiting = list(RunTarget.objects.filter(run=run).order_by("position").values_list("pk", flat=True))
    changed = 0
    while time.monotonic() < until and waiting:
        now = timezone.now()
        RunTarget.objects.filter(pk=waiting.pop()).update(
            state=TargetState.SUCCEEDED, finished_at=now, changed_at=now, row_count=0
        )
        changed += 1
        time.sleep(1 / CHANGES_EACH_SECOND)
    return changed


def _session(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _cpu(tree: list[psutil.Process]) -> float:
    return sum(process.cpu_times().user + process.cpu_times().system for process in tree)


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health/live", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
