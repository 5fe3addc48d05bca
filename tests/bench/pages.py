"""Server time of each page at 1,000 organizations and 100,000 run targets."""

import re
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from html import unescape

from django.conf import settings
from django.test import Client
from django.utils import timezone

from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from portal.accounts.policy import Role
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft
from tests.factories import SYSTEM, make_organizations, make_person, make_run

ORGANIZATIONS = 1000
RUNS = 100
TIMES = 15
STATES = [*[TargetState.SUCCEEDED] * 17, TargetState.FAILED, TargetState.ERRORED, TargetState.UNKNOWN]


def main() -> None:
    """Print the median server time of every page, with the slowest of them judged against 100 ms."""
    settings.ALLOWED_HOSTS = ["*"]
    organizations = make_organizations(ORGANIZATIONS)
    person = make_person(Role.ADMINISTRATOR)
    for _ in range(RUNS - 1):
        make_run(organizations=organizations, states=STATES, state=RunState.PARTLY_FAILED)
    run = make_run(organizations=organizations, states=[*STATES, TargetState.RUNNING], state=RunState.RUNNING)
    Attempt.objects.bulk_create(_attempts(run), batch_size=1000)
    AuditEvent.objects.bulk_create(_events(100_000), batch_size=5000)
    target = RunTarget.objects.filter(run=run).first()
    assert target
    browser = Client()
    browser.force_login(person)
    targets, events = RunTarget.objects.count(), AuditEvent.objects.count()
    print(f"pages at {ORGANIZATIONS} organizations, {targets} run targets, {events} audit events, median of {TIMES}")
    addresses = {
        "home": "/",
        "organizations": "/organizations/",
        "organizations, searched": "/organizations/?q=customer+001",
        "one organization": f"/organizations/{organizations[0].pk}/",
        "cmdlets": "/cmdlets/?q=mbx+perm",
        "one cmdlet": "/cmdlets/Set-Mailbox/",
        "launch": "/cmdlets/Set-Mailbox/launch/",
        "run": f"/runs/{run.pk}/",
        "run, grouped": f"/runs/{run.pk}/?group=previous&sort=duration",
        "run, details again": f"/runs/{run.pk}/details/",
        "run, organizations": f"/runs/{run.pk}/targets/?sort=-duration",
        "run, events": f"/runs/{run.pk}/events/",
        "run, compared": f"/runs/{run.pk}/compare/",
        "run target": f"/targets/{target.pk}/",
        "run history": "/runs/",
        "run history, filtered": "/runs/?state=partly_failed&q=Accepted",
        "audit events": "/audit/",
        "app registrations": "/app-registrations/",
    }
    slowest = max(_line(name, _median(partial(browser.get, address))) for name, address in addresses.items())
    print(f"  slowest {slowest:.0f} ms: {slowest / 100:.2f} of the 100 ms allowed")
    poll = f"/runs/{run.pk}/progress/"
    everything = _median(lambda: browser.get(poll))
    now = timezone.now()
    RunTarget.objects.filter(run=run).update(changed_at=now - timedelta(minutes=2))
    RunTarget.objects.filter(run=run, position__lt=30).update(changed_at=now - timedelta(minutes=1))
    found = re.search(rf"{poll}\?since=[^\"]+", browser.get(f"/runs/{run.pk}/").content.decode())
    assert found
    nothing = _median(lambda: browser.get(unescape(found[0])))
    print(
        f"live progress: a poll takes {nothing:.1f} ms when nothing changed, {everything:.1f} ms with all 1,000 cells"
    )


def _line(name: str, milliseconds: float) -> float:
    print(f"  {name:26}{milliseconds:6.1f} ms")
    return milliseconds


def _median(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        response = ask()
        times.append((time.perf_counter() - began) * 1000)
        status = getattr(response, "status_code", 0)
        assert status in (200, 204, 286), status
    return statistics.median(times)


def _attempts(run: Run) -> list[Attempt]:
    """One attempt at each organization, a hundred at a time, half a second each."""
    began = timezone.now() - timedelta(seconds=60)
    return [
        Attempt(
            run_target=target,
            number=1,
            fence=1,
            worker="bench:1",
            claimed_at=began + timedelta(seconds=target.position // 100 * 0.6),
            ended_at=began + timedelta(seconds=target.position // 100 * 0.6 + 0.5),
            outcome=target.state,
        )
        for target in run.targets.order_by("position")
    ]


def _events(number: int) -> list[AuditEvent]:
    place = Object("run", "", "Get-AcceptedDomain in 1,000 organizations")
    now = timezone.now()
    return [draft(AuditAction.RUN_STARTED, actor=SYSTEM, target=place, occurred_at=now) for _ in range(number)]
