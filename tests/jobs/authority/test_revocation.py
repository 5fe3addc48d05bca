"""A right that ends in mid-run: nothing is begun because of it any more, measured against the moment of the commit."""

import os
import random
import time
from collections.abc import Callable
from datetime import datetime
from threading import Thread

import pytest
from django.db import connection

from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.start import start_run
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Attempt, Run
from jobs.runs.selection import Selection
from jobs.runs.states import RunState, TargetState
from portal.accounts.grants.services import revoke_grant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import disable_person
from portal.core.clock import database_now
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, grant, make_group, make_person
from tests.jobs.approvals.world import fresh
from tests.live import Sandbox, settle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
TRIALS = int(os.environ.get("REVOCATION_TRIALS", "50"))
SEED = int(os.environ.get("SEED", "1"))
ORGANIZATIONS, THREADS = 12, 3
Loss = Callable[[User, OrganizationGroup], None]
MOST_SECONDS = 1.0


def revoke(person: User, group: OrganizationGroup) -> None:
    revoke_grant(actor=SYSTEM, grant_id=person.role_grants.get().pk)


def disable(person: User, group: OrganizationGroup) -> None:
    disable_person(actor=SYSTEM, person_id=person.pk)


def empty_the_group(person: User, group: OrganizationGroup) -> None:
    group.organizations.clear()


def work() -> None:
    try:
        while attempt_next():
            pass
    finally:
        connection.close()


def trial(places: list[Organization], lose: Loss, wait: float) -> tuple[Run, datetime]:
    """Launch, work, take the right away after `wait` seconds; returns the ended run and the moment of the commit."""
    person, group = make_person(None), make_group(f"Group {time.monotonic_ns()}", places)
    grant(person, Role.SENIOR_TECHNICIAN, over=group)
    selection = Selection(organization_ids=[place.pk for place in places])
    draft = draft_run(actor=fresh(person), request=RunRequest("Get-AcceptedDomain", {}, selection))
    run = launch_run(actor=fresh(person), run_id=draft.pk)
    start_run(run_id=run.pk)
    threads = [Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    time.sleep(wait)
    lose(person, group)
    committed = database_now()
    for thread in threads:
        thread.join(60)
    settle()
    return Run.objects.get(pk=run.pk), committed


def test_nothing_is_begun_later_than_a_second_after_the_right_ended(
    sandbox: Sandbox, organizations_of: Callable[..., list[Organization]]
) -> None:
    sandbox.control("POST", "latency", json={"ms": 30})
    make_person(Role.PLATFORM_ADMINISTRATOR)
    places, luck = organizations_of(ORGANIZATIONS), random.Random(SEED)
    late, latest, in_the_middle, denied = 0, 0.0, 0, 0
    for number in range(TRIALS):
        lose = (revoke, disable, empty_the_group)[number % 3]
        run, committed = trial(places, lose, luck.uniform(0.02, 0.35))
        begun = Attempt.objects.filter(run_target__run=run, intended_at__gt=committed)
        lateness = [(each.intended_at - committed).total_seconds() for each in begun if each.intended_at]
        late += sum(seconds > MOST_SECONDS for seconds in lateness)
        latest = max([latest, *lateness])
        counts = run.targets.all().count_by_state()
        assert set(counts) <= {TargetState.SUCCEEDED, TargetState.DENIED, TargetState.CANCELLED}, counts
        in_the_middle += len(counts) > 1
        denied += counts.get(TargetState.DENIED, 0)
        assert run.state not in (RunState.QUEUED, RunState.RUNNING)
    print(
        f"\n{TRIALS} rights ended in mid-run (seed {SEED}), {in_the_middle} with organizations done before: "
        f"{denied} denied, {late} begun later than {MOST_SECONDS:.0f} s after, the latest {latest * 1000:.0f} ms after"
    )
    assert late == 0
    assert in_the_middle > TRIALS // 4
