"""Identities that are refused tokens wherever they ask."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.throttling.breakers import Pauses, Refusal, keep_refusals
from jobs.throttling.models import IdentityBreaker
from jobs.throttling.pauses import pauses
from jobs.throttling.services import NotPaused, try_again
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
IDENTITY = "3750b40b-a68b-4632-9fb3-5b1aff664079"
NAME = "application Signalbox, certificate 0f3a…"
NONE: Mapping[str, datetime] = {}


def refused(*organizations: str, identity: str = IDENTITY) -> list[Refusal]:
    return [Refusal(identity, NAME, key, "certificate_not_accepted", "AADSTS700027") for key in organizations]


def keep(refusals: Sequence[Refusal] = (), issued: Mapping[str, datetime] = NONE) -> Pauses:
    with transaction.atomic():
        identities = {*(each.identity for each in refusals), *issued}
        return keep_refusals(actor=SYSTEM, identities=identities, refusals=refusals, issued=issued)


@pytest.fixture
def paused() -> IdentityBreaker:
    keep(refused("a", "b", "c"))
    return IdentityBreaker.objects.get()


def test_the_third_organization_stops_the_fleet_with_one_event() -> None:
    assert keep(refused("a", "b")).seconds == {}
    pausing = keep(refused("c", "d"))
    keep(refused("e", "f", "g"))
    assert pausing.seconds == {IDENTITY: 60}
    [event] = AuditEvent.objects.all()
    assert (event.action, event.target_label) == ("identity.paused", NAME)
    assert (event.data["code"], event.data["organizations"]) == ("AADSTS700027", 3)


def test_other_identities_go_on() -> None:
    assert keep([*refused("a", "b"), *refused("c", identity="other")]).seconds == {}


def test_what_was_claimed_before_asks_for_no_token_and_what_was_claimed_later_tries(paused: IdentityBreaker) -> None:
    assert paused.paused_at
    assert pauses.holds_back(IDENTITY, paused.paused_at - timedelta(milliseconds=1))
    assert not pauses.holds_back(IDENTITY, paused.paused_at + timedelta(milliseconds=1))
    assert not pauses.holds_back("other", paused.paused_at - timedelta(seconds=1))


def test_the_first_token_that_is_issued_ends_the_pause_with_one_event(paused: IdentityBreaker) -> None:
    claimed = timezone.now() + timedelta(seconds=61)
    assert list(keep(issued={IDENTITY: claimed}).over) == [IDENTITY]
    assert list(keep(issued={IDENTITY: claimed}).over) == []
    assert not IdentityBreaker.objects.exists()
    assert AuditEvent.objects.filter(action="identity.resumed").count() == 1


def test_a_token_that_was_asked_for_before_the_pause_does_not_end_it(paused: IdentityBreaker) -> None:
    assert paused.paused_at
    keep(issued={IDENTITY: paused.paused_at - timedelta(seconds=1)})
    assert IdentityBreaker.objects.filter(opened_at__isnull=False).exists()


def test_a_refused_probe_lengthens_the_pause_without_another_event(paused: IdentityBreaker) -> None:
    IdentityBreaker.objects.update(closed_until=timezone.now())
    pausing = keep(refused("d"))
    assert pausing.seconds == {IDENTITY: 120}
    assert AuditEvent.objects.filter(action="identity.paused").count() == 1


def test_attempts_without_refusals_cost_one_statement(django_assert_num_queries: Callable[[int], Any]) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        keep_refusals(actor=SYSTEM, identities=[IDENTITY], refusals=[], issued={})


def test_a_technician_lets_one_organization_try_at_once_and_the_trail_says_who(
    paused: IdentityBreaker, technician: User, acting: Callable[[User], Actor]
) -> None:
    before = timezone.now()
    breaker = try_again(actor=acting(technician), identity=IDENTITY)
    assert breaker.closed_until
    assert before <= breaker.closed_until <= timezone.now()
    assert breaker.opened_at == paused.opened_at
    event = AuditEvent.objects.get(action="identity.tried_again")
    assert (event.actor_id, event.target_label) == (str(technician.pk), NAME)


def test_who_may_not_launch_may_not_try_again(
    paused: IdentityBreaker, auditor: User, acting: Callable[[User], Actor]
) -> None:
    with pytest.raises(PermissionRefused):
        try_again(actor=acting(auditor), identity=IDENTITY)


def test_there_is_nothing_to_try_again_where_tokens_are_asked_for() -> None:
    keep(refused("a"))
    with pytest.raises(NotPaused):
        try_again(actor=SYSTEM, identity=IDENTITY)
