"""The board of a run: arranged as the address asks, and never by itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState, Verdict
from portal.accounts.models import User
from tests.factories import make_group, make_organizations, make_run

SignIn = Callable[[User], Client]
S = TargetState
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def headings(html: str) -> list[tuple[str, int]]:
    found = re.findall(r'<h3 class="board-heading">(.*?) <span class="muted number">(\d+)</span></h3>', html)
    return [(unescape(title), int(number)) for title, number in found]


def cells(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<a id="cell-(\d+)"', html)]


def dimmed(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<a id="cell-(\d+)" class="[^"]*cell-dim"', html)]


class TestGroups:
    def test_by_state_what_failed_comes_first(self, browser: Client) -> None:
        run = make_run(organizations=6, states=[S.SUCCEEDED, S.SUCCEEDED, S.ERRORED])

        page = browser.get(f"/runs/{run.pk}/", {"group": "state"}).content.decode()

        assert headings(page) == [("Errored", 2), ("Succeeded", 4)]
        assert cells(page) == [2, 5, 0, 1, 3, 4]

    def test_by_cause_the_most_frequent_comes_first(self, browser: Client) -> None:
        run = make_run(organizations=5, states=[S.FAILED])
        run.targets.filter(position__lt=3).update(error_class="object_not_found")
        run.targets.filter(position=4).update(error_class="throttled")

        page = browser.get(f"/runs/{run.pk}/", {"group": "cause"}).content.decode()

        assert headings(page)[0] == ("Object does not exist", 3)
        assert sorted(headings(page)[1:]) == [("Exchange is throttling", 1), ("No cause", 1)]

    def test_by_organization_group_each_organization_stands_once(self, browser: Client) -> None:
        places = make_organizations(4)
        make_group("Alpha", places[:2])
        make_group("Beta", places[1:3])
        run = make_run(organizations=places)

        page = browser.get(f"/runs/{run.pk}/", {"group": "group"}).content.decode()

        assert sorted(headings(page)) == [("Alpha", 2), ("Beta", 1), ("In no group", 1)]
        assert sorted(cells(page)) == [0, 1, 2, 3]

    def test_by_cloud(self, browser: Client) -> None:
        places = make_organizations(2, environment="O365China") + make_organizations(1)
        run = make_run(organizations=places)

        page = browser.get(f"/runs/{run.pk}/", {"group": "cloud"}).content.decode()

        assert headings(page) == [("O365China", 2), ("O365Default", 1)]

    def test_by_the_outcome_of_the_run_before(self, browser: Client) -> None:
        places = make_organizations(4)
        hour = timedelta(hours=1)
        make_run(organizations=places, states=[S.UNKNOWN], launched_at=timezone.now() - 2 * hour)
        make_run(organizations=places[:3], states=[S.SUCCEEDED, S.FAILED], launched_at=timezone.now() - hour)
        run = make_run(organizations=places)
        make_run(organizations=places, states=[S.ERRORED], launched_at=timezone.now() + hour)

        page = browser.get(f"/runs/{run.pk}/", {"group": "previous"}).content.decode()

        assert headings(page) == [("Failed", 1), ("Succeeded", 2), ("Not in the run before", 1)]


class TestOrder:
    def test_by_duration_and_end(self, browser: Client) -> None:
        run = make_run(organizations=3)
        now = timezone.now()
        for position, (took, ended) in enumerate([(1, 30), (9, 20), (5, 10)]):
            end = now - timedelta(seconds=ended)
            run.targets.filter(position=position).update(started_at=end - timedelta(seconds=took), finished_at=end)

        assert cells(browser.get(f"/runs/{run.pk}/", {"sort": "duration"}).content.decode()) == [1, 2, 0]
        assert cells(browser.get(f"/runs/{run.pk}/", {"sort": "end"}).content.decode()) == [2, 1, 0]

    def test_what_does_not_exist_is_named_and_ignored(self, browser: Client) -> None:
        run = make_run(organizations=2)

        address = {"sort": "shoe<size>", "group": "x", "state": "y", "cause": "z"}
        page = browser.get(f"/runs/{run.pk}/", address).content.decode()

        assert "Sort “shoe&lt;size&gt;” was ignored. Known are: state, duration, end." in page
        assert "Group “x” was ignored." in page
        assert "State “y” was ignored." in page
        assert "Cause “z” was ignored: no organization of this run has it." in page
        assert dimmed(page) == []


class TestLegend:
    def test_a_state_dims_the_others_where_they_are_and_a_second_click_undoes_it(self, browser: Client) -> None:
        run = make_run(organizations=4, states=[S.SUCCEEDED, S.FAILED])

        page = browser.get(f"/runs/{run.pk}/", {"state": "failed", "sort": "end"}).content.decode()
        links = dict(re.findall(r'<li><a href="([^"]+)" id="legend-(\w+)"', page))

        assert cells(page) == [0, 1, 2, 3]
        assert dimmed(page) == [0, 2]
        assert {unescape(url): state for url, state in links.items()} == {
            f"/runs/{run.pk}/?sort=end": "failed",
            f"/runs/{run.pk}/?sort=end&state=succeeded": "succeeded",
        }

    def test_from_another_tab_it_leads_to_the_table(self, browser: Client) -> None:
        run = make_run(organizations=2, states=[S.FAILED])

        page = browser.get(f"/runs/{run.pk}/powershell/").content.decode()

        assert f'href="/runs/{run.pk}/targets/?state=failed" id="legend-failed"' in page

    def test_changes_that_arrive_live_are_dimmed_as_well(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=2, states=[S.RUNNING])
        page = browser.get(f"/runs/{run.pk}/", {"state": "running"}).content.decode()
        found = re.search(r'hx-get="(/runs/[^"]+/progress/[^"]+)"', page)
        assert found
        now = timezone.now() + timedelta(seconds=1)
        RunTarget.objects.filter(run=run, position=1).update(state=S.SUCCEEDED, finished_at=now, changed_at=now)

        fragment = browser.get(unescape(found[1]), headers={"HX-Request": "true"}).content.decode()

        assert dimmed(fragment) == [1]
        assert '<template id="board-changes">' in fragment


class TestCauseChips:
    def test_a_cause_stands_out_on_the_board_and_leads_to_the_first_organization(self, browser: Client) -> None:
        run = make_run(state=RunState.PARTLY_FAILED, organizations=4, states=[S.SUCCEEDED, S.ERRORED])
        run.targets.filter(state=S.ERRORED).update(error_class="throttled")

        page = browser.get(f"/runs/{run.pk}/", {"cause": "throttled"}).content.decode()

        assert dimmed(page) == [0, 2]
        assert "with the cause <strong>Exchange is throttling</strong>" in page
        assert f'For example <a href="/targets/{run.targets.get(position=1).pk}/">' in page


def test_run_without_organizations_says_so(browser: Client) -> None:
    run = make_run(organizations=[])

    for tab in ("", "targets/", "powershell/", "events/", "compare/"):
        assert browser.get(f"/runs/{run.pk}/{tab}").status_code == 200
    assert "This run has no organizations" in browser.get(f"/runs/{run.pk}/").content.decode()


def test_names_in_any_script_keep_their_cell_whole(browser: Client) -> None:
    places = make_organizations(1, name="شركة الأمل 🏢 " + "长" * 45)
    run = make_run(organizations=places)

    page = browser.get(f"/runs/{run.pk}/").content.decode()

    assert f'aria-label="{places[0].name}: Succeeded">✓</a>' in page


def test_an_unknown_outcome_says_what_was_found_out_about_it(browser: Client) -> None:
    run = make_run(organizations=4, states=[S.UNKNOWN])
    for position, verdict in enumerate(Verdict.values):
        run.targets.filter(position=position).update(verdict=verdict)

    page = browser.get(f"/runs/{run.pk}/").content.decode()

    said = re.findall(
        r'<a id="cell-\d+" class="cell state-mark state-unknown [^>]* aria-label="[^":]*: ([^"]*)">(.)</a>', page
    )
    assert said == [
        ("Unknown, as planned", "✓"),
        ("Unknown, not carried out", "✗"),
        ("Unknown, needs a person", "!"),
        ("Unknown", "?"),
    ]
