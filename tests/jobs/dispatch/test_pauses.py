"""Tokens that are refused everywhere, by a fault of the identity: the fleet stops asking, and nothing is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.begin import begin
from jobs.dispatch.clerk import clerk
from jobs.dispatch.conversation import converse
from jobs.dispatch.finish import store
from jobs.dispatch.finished import finished
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.start import start_run
from jobs.dispatch.sweep import sweep
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.throttling.models import IdentityBreaker
from jobs.throttling.services import try_again
from portal.audit.models import AuditEvent
from tenants.app_registrations.models import Certificate
from tenants.demo import register_certificate
from tenants.organizations.models import Organization, Reachability
from tenants.partner.models import Partner
from tenants.tokens.source import TokenSource
from tests.engine import Launch
from tests.factories import SYSTEM
from tests.live import Sandbox, settle

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)
WAITING, ERRORED, SUCCEEDED = TargetState.QUEUED, TargetState.ERRORED, TargetState.SUCCEEDED


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tenant ids for which a token was wanted."""
    wanted: list[str] = []
    acquire = TokenSource.acquire

    def acquire_and_note(self: TokenSource, tenant_id: str, scope: str, *, claims: str | None = None) -> Any:
        wanted.append(tenant_id)
        return acquire(self, tenant_id, scope, claims=claims)

    monkeypatch.setattr(TokenSource, "acquire", acquire_and_note)
    return wanted


def break_certificate(sandbox: Sandbox, partner: Partner) -> None:
    sandbox.control("DELETE", f"apps/{partner.app_registrations.get().application_id}/certificates")


def mend_certificate(sandbox: Sandbox, partner: Partner) -> None:
    pem = Certificate.objects.get().certificate_pem
    register_certificate(sandbox.url, partner.app_registrations.get().application_id, pem)


def states(run: Run) -> list[str]:
    return list(run.targets.order_by("position").values_list("state", flat=True))


def test_after_the_third_organization_nobody_asks_and_the_others_wait(
    sandbox: Sandbox, partner: Partner, organizations_of: Bring, launch: Launch, carry_out: CarryOut, asked: list[str]
) -> None:
    run, other = launch("Get-AcceptedDomain", organizations_of(8)), launch("Get-Mailbox", list(_all()))
    break_certificate(sandbox, partner)
    carry_out(run)
    carry_out(other)
    assert states(run) == states(other) == [WAITING] * 8
    assert len(asked) == 3
    assert list(run.targets.order_by("position").values_list("strike_count", flat=True)) == [1, 1, *[0] * 6]
    events = AuditEvent.objects.filter(action="identity.paused")
    assert [(event.data["code"], event.data["organizations"]) for event in events] == [("AADSTS700027", 3)]
    assert not Organization.objects.filter(reachability=Reachability.UNREACHABLE).exists()


def _all() -> list[Organization]:
    return list(Organization.objects.order_by("pk"))


def test_in_flight_attempts_that_are_refused_alike_are_given_back(
    sandbox: Sandbox, partner: Partner, organizations_of: Bring, launch: Launch, asked: list[str]
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(6))
    start_run(run_id=run.pk)
    break_certificate(sandbox, partner)
    begun = [clerk.ask(begin, None) for _ in range(6)]
    attempts = [(story, way) for story, way in filter(None, begun) if not isinstance(way, Ending)]
    met = [finished(story, converse(story, way)) for story, way in attempts[:4]]
    assert [clerk.ask(store, item) for item in met] == [True] * 4
    assert len(asked) == 4
    assert list(run.targets.order_by("position").values_list("strike_count", flat=True))[:4] == [1, 1, 0, 0]

    late = [finished(story, converse(story, way)) for story, way in attempts[4:]]
    assert len(asked) == 4, "a token was asked for after the breaker had opened"
    assert [clerk.ask(store, item) for item in late] == [True] * 2
    assert states(run) == [WAITING] * 6
    assert run.targets.filter(attempt_count=1, strike_count=0).count() == 4


def test_after_the_repair_one_organization_tries_and_then_all_go_on(
    sandbox: Sandbox, partner: Partner, organizations_of: Bring, launch: Launch, carry_out: CarryOut, asked: list[str]
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(8))
    break_certificate(sandbox, partner)
    carry_out(run)
    asked.clear()
    breaker = IdentityBreaker.objects.get()
    try_again(actor=SYSTEM, identity=breaker.pk)
    assert attempt_next()
    assert not attempt_next(), "more than one organization tried"
    assert (len(asked), states(run)) == (1, [WAITING] * 8)

    mend_certificate(sandbox, partner)
    try_again(actor=SYSTEM, identity=breaker.pk)
    RunTarget.objects.update(not_before=None)
    while attempt_next():
        pass
    settle()
    assert states(run) == [SUCCEEDED] * 8
    assert not IdentityBreaker.objects.exists()
    assert AuditEvent.objects.filter(action="identity.resumed").count() == 1
    assert Run.objects.get(pk=run.pk).state == RunState.SUCCEEDED


def test_while_one_organization_tries_no_other_is_claimed(
    sandbox: Sandbox, partner: Partner, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(5))
    break_certificate(sandbox, partner)
    carry_out(run)
    try_again(actor=SYSTEM, identity=IdentityBreaker.objects.get().pk)
    assert clerk.ask(begin, None) is not None
    assert clerk.ask(begin, None) is None


def test_three_organizations_without_consent_do_not_stop_the_fleet(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    places = organizations_of(5)
    for place in places[:3]:
        trouble = {"trouble": "app_not_consented"}
        sandbox.control("POST", f"organizations/{place.tenant_id}/trouble", json=trouble)
    targets = carry_out(launch("Get-AcceptedDomain", places))
    assert sorted(target.state for target in targets) == [ERRORED] * 3 + [SUCCEEDED] * 2
    assert not IdentityBreaker.objects.exists()


def test_at_its_deadline_a_target_ends_with_the_cause(
    sandbox: Sandbox, partner: Partner, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(5))
    break_certificate(sandbox, partner)
    carry_out(run)
    long_ago = timezone.now() - timedelta(minutes=61)
    run.targets.update(queued_at=long_ago)
    sweep()
    assert states(run) == [WAITING] * 5
    IdentityBreaker.objects.update(opened_at=long_ago)
    sweep()
    last = run.targets.get(position=4)
    assert (last.state, last.error_class, last.error_code) == (ERRORED, "certificate_not_accepted", "AADSTS700027")
    assert last.error_detail.startswith("For 60 minutes no token could be had as application")
    assert Run.objects.get(pk=run.pk).state == RunState.FAILED
