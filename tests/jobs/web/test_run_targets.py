"""The organizations of a run as a table: narrowed, sorted, chosen again."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tests.factories import make_organizations, make_run

SignIn = Callable[[User], Client]
S = TargetState
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def positions(browser: Client, run: Run, **query: str) -> list[int]:
    rows = browser.get(f"/runs/{run.pk}/targets/", query).context["targets"].rows
    return [row.target.position for row in rows]


class TestOrder:
    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("name", [0, 1, 2]),
            ("-name", [2, 1, 0]),
            ("duration", [2, 0, 1]),
            ("-duration", [1, 0, 2]),
            ("-attempts", [2, 0, 1]),
            ("objects", [0, 2, 1]),
            ("cause", [0, 2, 1]),
            ("state", [1, 2, 0]),
        ],
    )
    def test_by_every_column(self, browser: Client, sort: str, expected: list[int]) -> None:
        run = make_run(organizations=3, states=[S.SUCCEEDED, S.ERRORED, S.RUNNING], state=RunState.RUNNING)
        first, second, third = run.targets.order_by("position")
        assert first.finished_at
        assert second.finished_at
        facts: list[tuple[RunTarget, dict[str, Any]]] = [
            (first, {"started_at": first.finished_at - timedelta(seconds=2), "attempt_count": 2, "row_count": None}),
            (
                second,
                {
                    "started_at": second.finished_at - timedelta(seconds=3),
                    "attempt_count": 1,
                    "row_count": 7,
                    "error_class": "throttled",
                },
            ),
            (third, {"attempt_count": 3, "row_count": 0}),
        ]
        for target, values in facts:
            RunTarget.objects.filter(pk=target.pk).update(**values)

        found = positions(browser, run, sort=sort)

        assert found == expected or (sort == "cause" and found[-1] == 1)

    @pytest.mark.parametrize("sort", ["duration", "-duration", "objects", "-attempts", "state"])
    def test_pages_leave_nobody_out_and_show_nobody_twice(self, browser: Client, sort: str) -> None:
        run = make_run(organizations=120, states=[S.SUCCEEDED, S.FAILED, S.QUEUED], state=RunState.RUNNING)
        run.targets.filter(position__lt=70).update(row_count=3, attempt_count=2)

        seen, cursor = [], ""
        for _ in range(3):
            targets = browser.get(f"/runs/{run.pk}/targets/", {"sort": sort, "cursor": cursor}).context["targets"]
            seen += [row.target.position for row in targets.rows]
            cursor = targets.next_cursor

        assert cursor == ""
        assert sorted(seen) == list(range(120))


class TestFilters:
    def test_by_duration_attempts_and_objects(self, browser: Client) -> None:
        run = make_run(organizations=3)
        slow = run.targets.get(position=2)
        assert slow.finished_at
        RunTarget.objects.filter(pk=slow.pk).update(
            started_at=slow.finished_at - timedelta(seconds=5), attempt_count=4, row_count=12
        )

        assert positions(browser, run, took="4.5") == [2]
        assert positions(browser, run, attempts="2") == [2]
        assert positions(browser, run, objects="1") == [2]

    def test_causes_to_choose_from_are_those_that_occur(self, browser: Client) -> None:
        run = make_run(organizations=3, states=[S.FAILED])
        run.targets.filter(position__gt=0).update(error_class="throttled")

        page = browser.get(f"/runs/{run.pk}/targets/").content.decode()

        assert '<option value="throttled">Exchange is throttling (2)</option>' in page
        assert page.count("<option value=") == 1 + 9 + 2

    def test_what_makes_no_sense_is_named_and_ignored(self, browser: Client) -> None:
        run = make_run(organizations=2)

        response = browser.get(f"/runs/{run.pk}/targets/", {"cause": "no_such", "took": "slow", "sort": "size"})
        page = response.content.decode()

        assert len(response.context["targets"].rows) == 2
        assert "Cause “no_such” was ignored." in page
        assert "Took at least (s) “slow” was ignored." in page
        assert "Sort “size” was ignored. Known are: name, state, cause, duration, attempts, objects." in page

    def test_nothing_found_offers_to_clear(self, browser: Client) -> None:
        run = make_run(organizations=2)

        page = browser.get(f"/runs/{run.pk}/targets/", {"organization": "nobody"}).content.decode()

        assert "No organization of this run matches" in page
        assert "Clear filters" in page


class TestLaunchAgain:
    def chosen(self, browser: Client, run: Run, *picked: str) -> set[str]:
        address = f"/cmdlets/{run.cmdlet}/launch/"
        page = browser.get(address, {"from": str(run.pk), "organization": ["", *picked]}).content.decode()
        return set(re.findall(r'name="organization"[^>]*value="([0-9a-f-]{36})"[^>]*checked', page))

    def test_only_where_it_was_asked_for(self, browser: Client) -> None:
        places = make_organizations(3)
        run = make_run(organizations=places, state=RunState.PARTLY_FAILED, states=[S.SUCCEEDED, S.FAILED, S.FAILED])

        assert self.chosen(browser, run, str(places[0].pk), str(places[2].pk)) == {
            str(places[0].pk),
            str(places[2].pk),
        }

    def test_nothing_selected_is_no_organization_and_never_all(self, browser: Client) -> None:
        run = make_run(organizations=3)

        assert self.chosen(browser, run) == set()

    def test_where_a_change_was_carried_out_there_is_no_box(self, browser: Client) -> None:
        places = make_organizations(2)
        run = make_run(
            organizations=places, effect="create", state=RunState.PARTLY_FAILED, states=[S.SUCCEEDED, S.FAILED]
        )

        page = browser.get(f"/runs/{run.pk}/targets/").content.decode()
        assert f'value="{places[1].pk}"' in page
        assert f'value="{places[0].pk}"' not in page


def test_whoever_may_not_launch_sees_no_boxes(signed_in: SignIn, auditor: User) -> None:
    run = make_run(organizations=2)

    page = signed_in(auditor).get(f"/runs/{run.pk}/targets/").content.decode()

    assert 'type="checkbox" name="organization"' not in page
