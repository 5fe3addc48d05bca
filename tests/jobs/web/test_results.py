"""The results of a run: every organization's answer in one table, each address a permanent one."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from jobs.results.rows.models import RowTable
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.accounts.policy import Role
from tests.factories import make_organizations, make_person, make_result, make_run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ROWS: list[dict[str, Any]] = [
    {"Name": "anna", "Size": "2 GB (2,147,483,648 bytes)", "Enabled": True, "Mail": ["a@x", "b@x"], "Deep": {"A": 1}},
    {"Name": "<b>ben</b>", "Size": "900 MB (943,718,400 bytes)", "Enabled": False, "Mail": [], "Deep": None},
]


@pytest.fixture
def browser(signed_in: Callable[[User], Client], technician: User) -> Client:
    return signed_in(technician)


def url(run: Run, query: str = "") -> str:
    return f"/runs/{run.pk}/results/{f'?{query}' if query else ''}"


def shown(html: str) -> list[str]:
    """The texts of the first data column of each row."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", re.findall(r"<td.*?</td>", row, re.DOTALL)[1])).strip() for row in rows]


class TestTable:
    def test_merges_all_organizations_and_links_each_row_to_its_target(self, browser: Client) -> None:
        run = make_run(organizations=2, rows=ROWS)

        page = browser.get(url(run)).content.decode()

        assert "4 rows" in page
        assert shown(page) == ["anna", "<b>ben</b>"] * 2
        assert "<b>ben</b>" not in page
        for target in run.targets.all():
            assert page.count(f'href="/targets/{target.pk}/"') == 2

    def test_is_ordered_filtered_and_arranged_by_its_address(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=ROWS)

        page = browser.get(url(run, "columns=Name,Size&filter=greater:Size:1+GB&sort=-Name")).content.decode()

        assert shown(page) == ["anna"]
        assert "1 of 2 rows" in page
        assert "Size is more than “1 GB”" in page
        assert 'aria-sort="descending"' in page

    def test_says_what_of_the_address_it_ignores(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=ROWS)

        page = browser.get(url(run, "filter=nonsense&sort=Nmae&cursor=x&target=y&columns=Nope")).content.decode()

        assert page.count('<li class="wrap">') == 5
        assert "the order by “Nmae”: no row has this column" in page
        assert shown(page) == ["anna", "<b>ben</b>"]

    def test_forms_lead_to_a_permanent_address(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=ROWS)

        added = browser.get(url(run, "filter=filled:Mail:&by=Name&is=contains&value=AN&q="))
        arranged = browser.get(url(run, "column=Size&column=Name&sort=Name"))

        assert added.headers["Location"].endswith("?filter=filled%3AMail%3A&filter=contains%3AName%3AAN")
        assert arranged.headers["Location"].endswith("?columns=Size%2CName&sort=Name")
        assert shown(browser.get(added.headers["Location"]).content.decode()) == ["anna"]

    def test_a_filter_without_its_value_is_refused_in_words(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=ROWS)

        page = browser.get(url(run, "by=Name&is=contains&value="), follow=True).content.decode()

        assert "the filter on “Name”: it has no value to compare with" in page

    def test_without_a_match_offers_to_clear(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=ROWS)

        page = browser.get(url(run, "q=nowhere")).content.decode()

        assert "No row matches" in page
        assert "Clear filters" in page

    def test_pages_lead_on_and_back(self, browser: Client) -> None:
        run = make_run(organizations=2, rows=[{"Name": f"{number:03}"} for number in range(60)])

        first = browser.get(url(run, "sort=-Name")).content.decode()
        second = browser.get(_link(first, "next", url(run))).content.decode()
        again = browser.get(_link(second, "prev", url(run))).content.decode()

        assert shown(first)[0] == "059"
        assert shown(second)[0] == "034"
        assert shown(again) == shown(first)

    @pytest.mark.parametrize("rows", [2, 80])
    def test_number_of_queries_does_not_grow(
        self, browser: Client, rows: int, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        run = make_run(organizations=rows, rows=ROWS)
        browser.get(url(run))

        with django_assert_max_num_queries(26):
            browser.get(url(run, "filter=filled:Size:&sort=Name"))

    def test_counts_by_a_column(self, browser: Client) -> None:
        run = make_run(organizations=3, rows=ROWS)

        page = browser.get(url(run, "group=Enabled")).content.decode()
        narrowed = browser.get(url(run) + unescape(re.findall(r'<th scope="row"><a href="([^"]+)"', page)[0]))

        assert "2 values" in page
        assert shown(narrowed.content.decode()) in (["anna"] * 3, ["<b>ben</b>"] * 3)

    def test_without_objects_says_why(self, browser: Client) -> None:
        run = make_run(organizations=1)

        assert "No objects to show" in browser.get(url(run)).content.decode()

    def test_is_for_those_who_may_read_runs(self, signed_in: Callable[[User], Client]) -> None:
        run = make_run(organizations=1, rows=ROWS)
        nobody = signed_in(make_person(None))

        assert nobody.get(url(run)).status_code == 403
        assert nobody.get(f"{url(run)}0/1/").status_code == 403

    def test_of_an_unknown_run_is_404(self, browser: Client) -> None:
        assert browser.get("/runs/00000000-0000-7000-8000-000000000000/results/").status_code == 404


class TestWhileTheRunGoesOn:
    def test_says_how_many_organizations_are_in_and_offers_what_is_new(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=make_organizations(3))
        first, second, _ = run.targets.order_by("position")
        for target in (first, second):
            make_result(target, ROWS)
        answered = {"state": TargetState.SUCCEEDED, "finished_at": run.launched_at, "row_count": 2}
        run.targets.filter(pk=first.pk).update(**answered)

        page = browser.get(url(run)).content.decode()
        poll = unescape(re.findall(r'hx-get="([^"]+/results/progress/[^"]+)"', page)[0])
        unchanged = browser.get(poll, headers=HTMX).content.decode()
        run.targets.filter(pk=second.pk).update(**answered)
        changed = browser.get(poll, headers=HTMX).content.decode()

        assert "Results of <strong>1 of 3 organizations</strong> so far" in page
        assert "Show the new rows" not in unchanged
        assert "2 of 3 organizations" in changed
        assert "Show the new rows" in changed
        assert shown(browser.get(url(run)).content.decode()) == ["anna", "<b>ben</b>"] * 2

    def test_stops_asking_when_everything_is_in(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=ROWS)

        answer = browser.get(f"{url(run)}progress/?seen=0", headers=HTMX)

        assert answer.status_code == 286
        assert answer.headers["HX-Refresh"] == "true"
        assert RowTable.objects.get(run=run).is_complete


class TestObject:
    def test_shows_everything_with_its_neighbours_in_the_order_of_the_list(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=ROWS)

        page = browser.get(f"{url(run)}0/1/?sort=-Name&columns=Name").content.decode()

        assert "Object 1 of 2" in page
        assert "a@x\nb@x" in page
        assert "&quot;Deep&quot;: {" in page
        assert "Name    : anna" in page
        assert 'rel="next"' in page
        assert 'rel="prev"' not in page
        assert f'href="{url(run, "columns=Name&amp;sort=-Name")}"' in page

    def test_leads_to_the_rows_with_the_same_value(self, browser: Client) -> None:
        run = make_run(organizations=2, rows=ROWS)

        page = browser.get(f"{url(run)}1/2/").content.decode()
        same = unescape(re.findall(r'href="([^"]+)" aria-label="Rows with the same Name"', page)[0])

        assert shown(browser.get(same).content.decode()) == ["<b>ben</b>"] * 2

    @pytest.mark.parametrize("place", ["0/3", "0/0", "9/1", f"{10**30}/1", f"0/{10**30}"])
    def test_that_is_not_there_is_404(self, browser: Client, place: str) -> None:
        run = make_run(organizations=1, rows=ROWS)

        assert browser.get(f"{url(run)}{place}/").status_code == 404


class TestExport:
    def test_holds_what_is_listed(self, browser: Client, technician: User, acting: Any) -> None:
        from django.http import QueryDict

        from portal.exports.listings import Selection, listing_named

        run = make_run(organizations=2, rows=ROWS)
        query = QueryDict("columns=Name,Enabled,Mail&filter=equals:Enabled:true&sort=-@organization")

        table = listing_named("run-rows").open(acting(technician), Selection(str(run.pk), query))

        assert list(table.columns()) == ["Organization", "Object", "Name", "Enabled", "Mail"]
        names = list(run.targets.order_by("-position").values_list("organization_name", flat=True))
        expected = [
            {"Object": 1, "Name": "anna", "Enabled": True, "Mail": ["a@x", "b@x"], "Organization": name}
            for name in names
        ]
        assert list(table.rows()) == expected
        assert table.filters == "Enabled is “true”; by Organization, descending"


def _link(page: str, relation: str, base: str) -> str:
    found = re.search(rf'rel="{relation}" href="([^"]+)"', page)
    assert found
    return base + unescape(found[1])


def test_an_auditor_sees_the_same_rows(signed_in: Callable[[User], Client]) -> None:
    run = make_run(organizations=1, rows=ROWS)

    assert shown(signed_in(make_person(Role.AUDITOR)).get(url(run)).content.decode()) == ["anna", "<b>ben</b>"]
