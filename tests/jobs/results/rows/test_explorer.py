"""All organizations of a run in one table: ordered, filtered, grouped and searched by the database."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from jobs.results.rows.explorer import Count, Explorer, FoundRow
from jobs.results.rows.models import RowTable
from jobs.results.rows.statements import Place
from jobs.results.rows.unfolding import unfold_run
from jobs.results.rows.wanted import ORGANIZATION, Condition, Filter, Wanted, checked
from jobs.runs.models import Run, RunTarget
from portal.core.permissions import Permission
from tests.factories import SYSTEM, holding, make_result, make_run

pytestmark = pytest.mark.django_db

ROWS: list[dict[str, Any]] = [
    {
        "Name": "anna",
        "Size": "2 GB (2,147,483,648 bytes)",
        "Count": 10,
        "When": "2026-03-01T10:00:00Z",
        "Mail": ["a@x", "b@x"],
    },
    {"Name": "Ben", "Size": "900 MB (943,718,400 bytes)", "Count": 9, "When": "2026-03-02T00:00:00Z", "Mail": []},
    {"Name": "clara", "Size": "Unlimited", "Count": None, "When": "2025-12-31T23:59:59Z", "Rules": {"Deep": [1, 2]}},
]


def unfolded(**values: Any) -> Run:
    run = make_run(**{"organizations": 2, "rows": ROWS, **values})
    RowTable.objects.create(run=run, changed_at=timezone.now())
    unfold_run(run_id=str(run.pk))
    return run


def names(rows: list[FoundRow]) -> list[str | None]:
    return [row.texts[0] for row in rows]


def listed(run: Run, **wanted: Any) -> list[str | None]:
    return names(Explorer(SYSTEM, run.pk).page(Wanted(columns=("Name",), **wanted)).rows)


class TestColumns:
    def test_are_those_that_occur_with_kind_and_number_of_rows_that_fill_them(self) -> None:
        run = unfolded()

        found = Explorer(SYSTEM, run.pk).columns

        facts = [(each.name, each.kind.value, each.filled) for each in found.values()]
        assert facts == [
            ("Name", "text", 6),
            ("Size", "size", 6),
            ("Count", "number", 4),
            ("When", "date", 6),
            ("Mail", "list", 2),
            ("Rules", "object", 2),
        ]


class TestOrder:
    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("Name", ["anna", "Ben", "clara"]),
            ("-Name", ["clara", "Ben", "anna"]),
            ("Size", ["Ben", "anna", "clara"]),
            ("-Size", ["clara", "anna", "Ben"]),
            ("Count", ["Ben", "anna", "clara"]),
            ("-Count", ["anna", "Ben", "clara"]),
            ("When", ["clara", "anna", "Ben"]),
            ("Mail", ["anna", "Ben", "clara"]),
        ],
    )
    def test_is_by_what_the_values_mean_and_empty_ones_come_last(self, sort: str, expected: list[str]) -> None:
        assert listed(unfolded(organizations=1), sort=sort) == expected

    @pytest.mark.parametrize("sort", ["", "-@organization", "Name", "-Name", "Count", "-Count", "Rules", "-Rules"])
    def test_pages_meet_without_a_gap_in_both_directions(self, sort: str) -> None:
        explorer = Explorer(SYSTEM, unfolded(organizations=5).pk)
        wanted = Wanted(columns=("Name",), sort=sort)
        whole = explorer.page(wanted, size=100).rows

        forth, at = list[FoundRow](), None
        while True:
            page = explorer.page(wanted, at, size=4)
            forth += page.rows
            at = page.after
            if at is None:
                break
        back, at = list[FoundRow](), whole[-1].place
        while at is not None:
            page = explorer.page(wanted, at, backward=True, size=4)
            back = [*page.rows, *back]
            at = page.before

        assert len(whole) == 15
        assert forth == whole
        assert back == whole[:-1]

    def test_neighbours_are_those_of_the_order(self) -> None:
        explorer = Explorer(SYSTEM, unfolded(organizations=1).pk)

        assert explorer.neighbours(Wanted(sort="-Name"), Place(0, 2)) == (Place(0, 3), Place(0, 1))
        assert explorer.neighbours(Wanted(sort="-Name"), Place(0, 3)) == (None, Place(0, 2))


class TestFilter:
    @pytest.mark.parametrize(
        ("column", "test", "value", "expected"),
        [
            ("Name", Condition.CONTAINS, "AN", ["anna"]),
            ("Name", Condition.EQUALS, "ANNA", ["anna"]),
            ("Name", Condition.DIFFERS, "anna", ["Ben", "clara"]),
            ("Name", Condition.CONTAINS, "%", []),
            ("Count", Condition.EMPTY, "", ["clara"]),
            ("Count", Condition.FILLED, "", ["anna", "Ben"]),
            ("Count", Condition.GREATER, "9", ["anna"]),
            ("Count", Condition.EQUALS, "9.0", ["Ben"]),
            ("Count", Condition.DIFFERS, "9", ["anna", "clara"]),
            ("Size", Condition.LESS, "1 GB", ["Ben"]),
            ("Size", Condition.GREATER, "1.5 GB", ["anna", "clara"]),
            ("Size", Condition.EQUALS, "unlimited", ["clara"]),
            ("Size", Condition.EQUALS, "2 GB (2,147,483,648 bytes)", ["anna"]),
            ("When", Condition.EQUALS, "2026-03-01", ["anna"]),
            ("When", Condition.GREATER, "2026-03-01", ["Ben"]),
            ("When", Condition.LESS, "2026-03-01", ["clara"]),
            ("When", Condition.CONTAINS, "2026", ["anna", "Ben"]),
            ("Mail", Condition.EQUALS, "B@X", ["anna"]),
            ("Rules", Condition.CONTAINS, "deep", ["clara"]),
        ],
    )
    def test_asks_by_kind(self, column: str, test: Condition, value: str, expected: list[str]) -> None:
        run = unfolded(organizations=1)
        explorer = Explorer(SYSTEM, run.pk)
        wanted = checked(Wanted(columns=("Name",), filters=(Filter(column, test, value),)), explorer.columns)

        assert wanted.ignored == []
        assert names(explorer.page(wanted.wanted).rows) == expected
        assert explorer.count(wanted.wanted) == Count(len(expected))

    def test_of_the_organization_asks_for_its_name(self) -> None:
        run = unfolded(organizations=3)
        first, second, _ = run.targets.order_by("position")
        explorer = Explorer(SYSTEM, run.pk)

        named = explorer.page(
            Wanted(filters=(Filter(ORGANIZATION, Condition.EQUALS, second.organization_name.upper()),))
        )
        chosen = explorer.page(Wanted(target=first.pk))

        assert {row.owner.target_id for row in named.rows} == {second.pk}
        assert {row.owner.target_id for row in chosen.rows} == {first.pk}

    def test_search_looks_into_everything(self) -> None:
        run = unfolded(organizations=1)

        assert listed(run, search="B@X") == ["anna"]
        assert listed(run, search="unlim", sort="-Name") == ["clara"]
        assert listed(run, search="nowhere") == []

    @pytest.mark.parametrize(
        ("search", "rows"), [("a", 4), ("n", 6), ("anna", 2), ("gb", 2), ("clara", 2), ("nowhere", 0), ("anna\n", 0)]
    )
    def test_search_counts_each_row_once_however_often_it_is_found_in_it(self, search: str, rows: int) -> None:
        explorer = Explorer(SYSTEM, unfolded().pk)

        assert explorer.count(Wanted(search=search)) == Count(rows)
        assert explorer.count(Wanted(search=search, filters=(Filter("Name", Condition.FILLED),))) == Count(rows)

    @pytest.mark.parametrize("sort", ["", "-@organization", "Name", "-Count"])
    def test_a_page_says_how_many_there_are_wherever_it_begins(self, sort: str) -> None:
        explorer = Explorer(SYSTEM, unfolded().pk)
        wanted = Wanted(columns=("Name",), sort=sort, filters=(Filter("Count", Condition.FILLED),))

        first = explorer.page(wanted, size=3, counted=True)
        last = explorer.page(wanted, first.after, size=3, counted=True)

        assert (len(first.rows), len(last.rows)) == (3, 1)
        assert first.total == last.total == Count(4)
        assert explorer.page(replace(wanted, search="nowhere"), counted=True).total == Count(0)

    def test_says_what_it_ignores_and_why(self) -> None:
        columns = Explorer(SYSTEM, unfolded().pk).columns
        asked = Wanted(
            columns=("Name", "Nmae"),
            filters=(
                Filter("Nmae", Condition.EQUALS, "x"),
                Filter("Name", Condition.GREATER, "5"),
                Filter("Size", Condition.GREATER, "big"),
                Filter("Name", Condition.CONTAINS, ""),
                Filter("Count", Condition.LESS, "3"),
            ),
            sort="-Nmae",
            group="Nmae",
        )

        found = checked(asked, columns)

        assert found.wanted == Wanted(columns=("Name",), filters=(Filter("Count", Condition.LESS, "3"),))
        assert len(found.ignored) == 7
        assert "the filter on “Size”: “big” is not a size, such as 12.5 GB" in found.ignored


class TestGroups:
    def test_count_rows_and_organizations_largest_first(self) -> None:
        explorer = Explorer(SYSTEM, unfolded(organizations=2).pk)

        by_mail = explorer.groups(Wanted(group="Mail"))
        by_day = explorer.groups(Wanted(group="When", filters=(Filter("When", Condition.GREATER, "2026-01-01"),)))
        by_place = explorer.groups(Wanted(group=ORGANIZATION))

        assert [(each.value, each.rows, each.organizations) for each in by_mail.shown] == [
            (None, 4, 2),
            ("a@x\x1fb@x", 2, 2),
        ]
        assert [each.value for each in by_day.shown] == ["2026-03-01", "2026-03-02"]
        assert [each.owner for each in by_place.shown] == list(explorer.owners.values())
        assert by_mail.total == 2

    def test_count_the_groups_that_are_not_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.results.rows.explorer.GROUPS", 2)
        each_once, each_twice = (Explorer(SYSTEM, unfolded(organizations=number).pk) for number in (1, 2))

        for explorer in (each_once, each_twice):
            found = explorer.groups(Wanted(group="Name"))
            assert ([each.value for each in found.shown], found.total) == (["Ben", "anna"], 3)


class TestVisibility:
    def test_nobody_sees_rows_of_targets_that_he_may_not_see(self) -> None:
        run = unfolded()
        blind = holding(frozenset(Permission) - {Permission.ORGANIZATION_READ})
        explorer = Explorer(blind, run.pk)

        assert explorer.columns == {}
        assert explorer.page(Wanted()).rows == []
        assert explorer.count(Wanted()) == Count(0)

    def test_a_part_of_the_organizations_is_a_part_of_the_rows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = unfolded(organizations=2)
        hidden, seen = run.targets.order_by("position")
        only_there = {"Name": "only there", "Secret": "x"}
        make_result(RunTarget.objects.get(pk=hidden.pk), [only_there], number=2)
        RunTarget.objects.filter(pk=hidden.pk).update(row_count=1)
        RowTable.objects.update(is_final=False)
        unfold_run(run_id=str(run.pk))
        queryset = type(RunTarget.objects.all())
        monkeypatch.setattr(queryset, "visible_to", lambda self, actor: self.filter(pk=seen.pk))

        explorer = Explorer(SYSTEM, run.pk)

        assert "Secret" not in explorer.columns
        assert explorer.columns["Name"].filled == 3
        assert {row.owner.target_id for row in explorer.page(Wanted(columns=("Name",))).rows} == {seen.pk}
        assert explorer.page(Wanted(search="only there")).rows == []
        assert [group.rows for group in explorer.groups(Wanted(group="Name")).shown] == [1, 1, 1]
        assert explorer.count(Wanted()) == Count(3)
