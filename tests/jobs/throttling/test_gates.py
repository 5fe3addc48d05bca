"""Keeping what attempts met at organizations."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.exchange.gates import gates
from jobs.throttling.decisions import FAILURES_IN_A_ROW, Reason
from jobs.throttling.gates import keep_signs
from jobs.throttling.models import OrganizationGate
from jobs.throttling.signs import Answered, Failed, Throttled
from tests.factories import make_organizations

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = Throttled("throttled", 43.0)
FAILED = Failed("unreachable")


def keep(*met: Any) -> dict[UUID, float]:
    with transaction.atomic():
        return keep_signs(dict(met))


def test_an_organization_that_asks_for_time_is_left_alone_by_the_tables_clock_and_at_once_by_this_process() -> None:
    [organization] = make_organizations(1)
    before = timezone.now()
    assert keep((organization.pk, [ASKED])) == {organization.pk: 43.0}
    gate = OrganizationGate.objects.get()
    assert gate.closed_until
    assert timedelta(seconds=42) < gate.closed_until - before < timedelta(seconds=48)
    assert (gate.reason, gate.slots) == (Reason.ASKED, 2)
    assert gates.seconds_left(str(organization.tenant_id)) == pytest.approx(43, abs=5)


def test_nothing_is_told_to_anybody_when_the_transaction_fails() -> None:
    [organization] = make_organizations(1)
    with transaction.atomic():
        keep_signs({organization.pk: [ASKED]})
        transaction.set_rollback(True)
    assert gates.seconds_left(str(organization.tenant_id)) == 0
    assert not OrganizationGate.objects.exists()


def test_answers_of_untroubled_organizations_cost_one_statement_and_no_row(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    met = {organization.pk: [Answered()] for organization in make_organizations(200)}
    with transaction.atomic(), django_assert_num_queries(1):
        assert keep_signs(met) == {}
    assert not OrganizationGate.objects.exists()


def test_what_is_kept_of_a_hundred_troubled_organizations_costs_as_many_statements_as_of_one(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    for number in (1, 100):
        met = {organization.pk: [FAILED] for organization in make_organizations(number)}
        with transaction.atomic(), django_assert_num_queries(3):
            keep_signs(met)


def test_an_organization_that_answers_again_is_forgotten() -> None:
    [organization] = make_organizations(1)
    keep((organization.pk, [FAILED] * 3))
    keep((organization.pk, [Answered()]))
    assert not OrganizationGate.objects.exists()


def test_a_failing_organization_pauses_in_the_table_only() -> None:
    [organization] = make_organizations(1)
    [wait] = keep((organization.pk, [FAILED] * FAILURES_IN_A_ROW)).values()
    assert 22 < wait < 38
    assert OrganizationGate.objects.get().reason == Reason.FAILING
    assert gates.seconds_left(str(organization.tenant_id)) == 0


def test_failures_of_long_ago_are_not_in_a_row_with_new_ones() -> None:
    [organization] = make_organizations(1)
    keep((organization.pk, [FAILED] * 4))
    OrganizationGate.objects.update(changed_at=timezone.now() - timedelta(minutes=16))
    assert keep((organization.pk, [FAILED])) == {}
    assert OrganizationGate.objects.get().failures == 1


def test_workers_that_meet_the_same_organizations_at_once_lose_no_failure_and_never_wait_in_a_circle() -> None:
    organizations = [organization.pk for organization in make_organizations(20)]

    def fail(keys: list[UUID]) -> None:
        try:
            for _ in range(2):
                with transaction.atomic():
                    keep_signs({key: [FAILED] for key in keys})
        finally:
            connection.close()

    workers = [Thread(target=fail, args=[keys]) for keys in (organizations, organizations[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert set(OrganizationGate.objects.values_list("failures", flat=True)) == {4}
