"""Locks: what workers and people do to the same targets at the same moment never ends in a circle of waiting."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import Error, OperationalError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from jobs.dispatch import begin as beginning
from jobs.dispatch import claims, finish
from jobs.dispatch.begin import Begun
from jobs.dispatch.claims import Claim, claim_targets
from jobs.dispatch.heart import Heart
from jobs.dispatch.intent import intend
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_name
from jobs.runs.machine import NotSent
from jobs.runs.models import Run
from jobs.runs.services import cancel_run
from jobs.runs.states import RunState, TargetState
from tenants.clouds.own_organization import make_partner_a_target, make_partner_no_target
from tenants.organizations.models import Organization, Reachability
from tenants.organizations.services import Finding, note_reachability
from tenants.sync.reading import Customer, Reading
from tenants.sync.storing import store_reading
from tests.factories import SYSTEM, make_run
from tests.live import wait_for
from tests.together import waiting_for_locks

pytestmark = pytest.mark.django_db(transaction=True)


class Elsewhere:
    """Another transaction that holds a row until the block ends."""

    def __init__(self, row: Model) -> None:
        self._row, self._holds, self._enough = row, Event(), Event()
        self._thread = Thread(target=self._hold)

    def _hold(self) -> None:
        with transaction.atomic():
            type(self._row)._default_manager.select_for_update().get(pk=self._row.pk)
            self._holds.set()
            self._enough.wait(20)
        connection.close()

    def __enter__(self) -> None:
        self._thread.start()
        assert self._holds.wait(20)

    def __exit__(self, *raised: object) -> None:
        self._enough.set()
        self._thread.join(20)


def test_a_stop_amid_a_claim_leaves_it_to_its_worker_and_cancels_the_others(
    organizations_of: Callable[..., list[Organization]], launch: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(3))
    Run.objects.update(state=RunState.RUNNING)
    first = run.targets.order_by("position")[0]
    has_claimed, has_stopped = Event(), Event()
    begun: list[Begun | None] = []

    def claim_and_dawdle(number: int) -> list[Claim]:
        claims = claim_targets(number)
        has_claimed.set()
        assert has_stopped.wait(20)
        return claims

    def begin() -> None:
        with transaction.atomic():
            begun.extend(beginning.begin([None]))
        connection.close()

    monkeypatch.setattr(beginning, "claim_targets", claim_and_dawdle)
    worker = Thread(target=begin)
    worker.start()
    assert has_claimed.wait(20)
    with transaction.atomic():
        cancel_run(actor=SYSTEM, run_id=run.pk)
        has_stopped.set()
        worker.join(20)
        assert not worker.is_alive(), "the worker waits for the stop"

    assert run.targets.get(pk=first.pk).state == TargetState.RUNNING
    assert {target.state for target in run.targets.exclude(pk=first.pk)} == {TargetState.CANCELLED}
    assert begun[0] is not None
    story, way = begun[0]
    assert isinstance(way, Way)
    with transaction.atomic():
        assert intend([(story, way)]) == [NotSent.STOPPED]


def test_a_claim_leaves_out_what_another_transaction_holds() -> None:
    run = make_run(state=RunState.RUNNING, organizations=2)
    held, free = run.targets.order_by("position")
    with Elsewhere(held):
        assert [claim.run_target_id for claim in claim_targets(2)] == [free.pk]
    assert [claim.run_target_id for claim in claim_targets(2)] == [held.pk]


def test_the_heart_leaves_out_what_another_transaction_holds() -> None:
    run = make_run(state=RunState.RUNNING, organizations=2, states=[TargetState.RUNNING] * 2)
    short = timezone.now() + timedelta(seconds=1)
    run.targets.update(fence=1, lease_owner=worker_name(), lease_until=short)
    held, free = run.targets.order_by("position")
    heart = Heart()
    heart._held = {(held.pk, 1), (free.pk, 1)}
    with Elsewhere(held):
        heart.renew()
    assert run.targets.get(pk=held.pk).lease_until == short
    renewed = run.targets.get(pk=free.pk).lease_until
    assert renewed is not None
    assert renewed > short


def test_what_becomes_known_of_many_organizations_is_written_in_one_order() -> None:
    run = make_run(state=RunState.RUNNING, organizations=2)
    first, second = sorted(run.targets.all(), key=lambda target: target.organization_id)
    claims = {claim.run_target_id: claim for claim in claim_targets(2)}
    stories = [Story(claims[target.pk], None) for target in (first, second)]
    stories[0].note_compliance_host("https://eur01b.ps.compliance.example")
    findings = {second.organization_id: Finding(Reachability.REACHABLE)}

    def write_down() -> None:
        with transaction.atomic():
            finish._note_organizations(stories, findings)
        connection.close()

    worker = Thread(target=write_down)
    with Elsewhere(first.organization):
        worker.start()
        wait_for(waiting_for_locks, seconds=20, what="the worker at the first organization")
        with transaction.atomic():
            Organization.objects.select_for_update(nowait=True).get(pk=second.organization_id)
    worker.join(20)
    assert Organization.objects.get(pk=first.organization_id).compliance_host


@pytest.mark.parametrize("action", ["stop", "finding", "reading", "target", "no_target"])
def test_nobody_who_only_refers_to_what_an_action_holds_waits_for_it(action: str) -> None:
    run = make_run(state=RunState.RUNNING, organizations=1)
    organization = run.targets.get().organization
    partner = organization.partner
    as_read = Customer(str(organization.tenant_id), name="Renamed", initial_domain=organization.initial_domain)
    actions: dict[str, Callable[[], object]] = {
        "stop": lambda: cancel_run(actor=SYSTEM, run_id=run.pk),
        "finding": lambda: note_reachability(actor=SYSTEM, findings={organization.pk: Finding(Reachability.REACHABLE)}),
        "reading": lambda: store_reading(
            actor=SYSTEM, partner=partner, reading=Reading([as_read], None), known_at=None
        ),
        "target": lambda: make_partner_a_target(actor=SYSTEM, partner=partner),
        "no_target": lambda: make_partner_no_target(actor=SYSTEM, partner=partner),
    }
    refused: list[Exception] = []

    def refer() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM run WHERE id = %s FOR KEY SHARE NOWAIT", [run.pk])
                cursor.execute("SELECT 1 FROM organization WHERE id = %s FOR KEY SHARE NOWAIT", [organization.pk])
                cursor.execute("SELECT 1 FROM partner WHERE id = %s FOR KEY SHARE NOWAIT", [partner.pk])
        except OperationalError as error:
            refused.append(error)
        finally:
            connection.close()

    other = Thread(target=refer)
    with transaction.atomic():
        actions[action]()
        other.start()
        other.join(20)
    assert not refused


def test_whoever_stands_still_amid_a_claim_gives_way_to_other_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(state=RunState.RUNNING, organizations=2)
    at_once = claims.ONE_AFTER_THE_OTHER.replace("10s", "50ms")
    assert at_once != claims.ONE_AFTER_THE_OTHER
    monkeypatch.setattr(claims, "ONE_AFTER_THE_OTHER", at_once)
    holds = Event()

    def claim_and_stand_still() -> None:
        with suppress(Error), transaction.atomic():
            claim_targets(1)
            holds.set()
            wait_for(lambda: claimed, seconds=20, what="another worker's claim")
        connection.close()

    claimed: list[Claim] = []
    stalled = Thread(target=claim_and_stand_still)
    stalled.start()
    assert holds.wait(20)
    with transaction.atomic():
        claimed += claim_targets(2)
    stalled.join(20)
    assert len(claimed) == 2
