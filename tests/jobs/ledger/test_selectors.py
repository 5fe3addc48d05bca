from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.ledger.connection_filter import ConnectionFilter
from jobs.ledger.selectors import all_connections, connections_page, find_connection, open_now
from jobs.runs.models import CloseKind, Connection
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.core.actors import Actor, Source
from tests.factories import make_connection, make_organizations, make_person, make_run

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def reader(technician: User) -> Actor:
    return technician.as_actor(Source.WEB)


def opened(number: int = 1, *, at: datetime = NOW, **values: Any) -> list[Connection]:
    run = make_run(organizations=number)
    facts = {"opened_at": at, "closed_at": at + timedelta(seconds=1), **values}
    return [make_connection(target, **facts) for target in run.targets.order_by("position")]


def found(reader: Actor, **wanted: Any) -> set[UUID]:
    return {row.pk for row in connections_page(actor=reader, wanted=ConnectionFilter(**wanted)).rows}


class TestFilters:
    @pytest.mark.parametrize(
        ("values", "wanted"),
        [
            ({"method": "device"}, {"method": "device"}),
            ({"service": "scc"}, {"service": "scc"}),
            ({"environment": "O365China"}, {"environment": "O365China"}),
            ({"closed_at": None}, {"state": "open"}),
            ({"close_kind": CloseKind.REAPER}, {"state": "reaper"}),
            ({"close_kind": CloseKind.ERROR}, {"state": "error"}),
            ({"opened_at": NOW - timedelta(days=9)}, {"opened_before": NOW - timedelta(days=1)}),
            ({"opened_at": NOW + timedelta(days=9)}, {"opened_from": NOW + timedelta(days=1)}),
        ],
        ids=lambda facts: "-".join(facts),
    )
    def test_let_through_what_has_the_value(
        self, reader: Actor, values: dict[str, Any], wanted: dict[str, Any]
    ) -> None:
        opened(2)
        [special] = opened(**values)
        assert found(reader, **wanted) == {special.pk}

    def test_by_run_person_and_organization(self, reader: Actor) -> None:
        opened(2)
        place = make_organizations(1, name="Customer Wanted Ltd")[0]
        run = make_run(organizations=[place])
        run.requested_by = "Wanda Wong (wanda)"
        run.save(update_fields=["requested_by"])
        row = make_connection(run.targets.get())
        for wanted in (
            {"run_id": run.pk},
            {"person": "WANDA"},
            {"organization": str(place.pk)},
            {"organization": "wanted"},
        ):
            assert found(reader, **wanted) == {row.pk}, wanted

    def test_that_nothing_has_let_nothing_through(self, reader: Actor) -> None:
        opened(2)
        assert found(reader, person="nobody") == set()
        assert found(reader, organization="nowhere") == set()


class TestPages:
    def test_come_by_key_in_either_order(self, reader: Actor) -> None:
        rows = [opened(at=NOW + timedelta(minutes=number))[0] for number in range(5)]
        for sort, expected in (("opened", rows), ("-opened", rows[::-1])):
            seen, cursor = [], ""
            while True:
                page = connections_page(actor=reader, wanted=ConnectionFilter(), sort=sort, cursor=cursor, size=2)
                seen += [row.pk for row in page.rows]
                cursor = page.next_cursor
                if not cursor:
                    break
            assert seen == [row.pk for row in expected]

    def test_by_duration_leave_out_what_is_open(self, reader: Actor) -> None:
        rows = [opened(closed_at=NOW + timedelta(seconds=number + 0.25))[0] for number in range(4)]
        opened(closed_at=None)
        seen, cursor = [], ""
        while True:
            page = connections_page(actor=reader, wanted=ConnectionFilter(), sort="-duration", cursor=cursor, size=2)
            seen += [row.pk for row in page.rows]
            cursor = page.next_cursor
            if not cursor:
                break
        assert seen == [row.pk for row in rows[::-1]]
        assert len(list(all_connections(actor=reader, wanted=ConnectionFilter()))) == 5

    def test_are_empty_for_those_without_the_right(self) -> None:
        [row] = opened()
        stranger = make_person(None).as_actor(Source.WEB)
        assert found(stranger) == set()
        assert find_connection(actor=stranger, connection_id=row.pk) is None
        assert open_now(actor=stranger).number == 0

    def test_read_an_index_and_count_nothing(self, reader: Actor) -> None:
        opened(3)
        with CaptureQueriesContext(
            database,
        ) as queries:
            connections_page(actor=reader, wanted=ConnectionFilter())
        statement = queries[0]["sql"]
        assert "COUNT(" not in statement.upper()
        with database.cursor() as cursor:
            # Of three rows, a sort is as good as an index: which one is taken would depend on the tests before.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "connection_newest" in plan, plan


class TestOpenNow:
    def test_counts_by_organization_and_names_the_oldest(self, reader: Actor) -> None:
        place, other = make_organizations(2)
        for number, places in enumerate(([place, other], [place])):
            run = make_run(state=RunState.RUNNING, organizations=places, states=[TargetState.RUNNING])
            for target in run.targets.all():
                make_connection(target, closed_at=None, opened_at=NOW - timedelta(minutes=number))
        opened()

        seen = open_now(actor=reader)

        assert (seen.number, seen.organization_count) == (3, 2)
        assert seen.oldest_opened_at == NOW - timedelta(minutes=1)
        assert [(each.organization, each.number) for each in seen.fullest] == [(place, 2), (other, 1)]

    def test_says_so_when_nothing_is(self, reader: Actor) -> None:
        opened()
        seen = open_now(actor=reader)
        assert (seen.number, seen.oldest_opened_at, list(seen.fullest)) == (0, None, [])
