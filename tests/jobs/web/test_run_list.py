"""The history: what has been done?"""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tests.factories import make_organizations, make_person, make_run

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def shown(browser: Client, **filters: str) -> list[Run]:
    return [row.run for row in browser.get("/runs/", filters).context["rows"]]


class TestList:
    def test_newest_first_in_pages(self, browser: Client) -> None:
        places, now = make_organizations(1), timezone.now()
        runs = [make_run(organizations=places, launched_at=now - timedelta(minutes=n)) for n in range(55)]

        first = browser.get("/runs/")
        second = browser.get("/runs/", {"cursor": first.context["page"].next_cursor})

        listed = [row.run for response in (first, second) for row in response.context["rows"]]
        assert listed == runs

    def test_shows_outcomes_as_picture_and_words_also_while_running(self, browser: Client) -> None:
        make_run(
            state=RunState.RUNNING,
            organizations=4,
            states=[TargetState.SUCCEEDED, TargetState.FAILED, TargetState.QUEUED, TargetState.QUEUED],
        )

        page = browser.get("/runs/").content.decode()

        assert 'aria-label="1 succeeded, 1 failed, 2 queued"' in page
        assert '<span class="sub">1 succeeded, 1 failed, 2 queued</span>' in page
        assert "style=" not in page

    def test_filters(self, browser: Client, technician: User) -> None:
        alpha = make_organizations(1, name="Alpha")
        mine = make_run(organizations=alpha, requested_by=technician, cmdlet="Get-Mailbox")
        old = make_run(
            organizations=1,
            requested_by=make_person(),
            risk="destructive",
            state=RunState.PARTLY_FAILED,
            launched_at=datetime(2026, 3, 31, 23, 59, tzinfo=UTC),
        )

        assert shown(browser, cmdlet="mailb") == [mine]
        assert shown(browser, state="partly_failed") == [old]
        assert shown(browser, risk="destructive") == [old]
        assert shown(browser, organization="alph") == [mine]
        assert shown(browser, person=technician.display_name) == [mine]
        assert shown(browser, mine="on") == [mine]
        assert shown(browser, since="2026-03-31", until="2026-03-31") == [old]
        assert shown(browser, until="2026-03-30") == []

    def test_drafts_are_listed_apart_and_only_to_their_author(
        self, browser: Client, signed_in: SignIn, technician: User
    ) -> None:
        draft = make_run(state=RunState.DRAFT, requested_by=technician)

        assert shown(browser) == []
        assert f"/runs/{draft.pk}/review/" in browser.get("/runs/").content.decode()
        assert f"/runs/{draft.pk}/review/" not in signed_in(make_person()).get("/runs/").content.decode()

    def test_empty_teaches_and_filtered_empty_offers_to_clear(self, browser: Client) -> None:
        assert "Choose a cmdlet" in browser.get("/runs/").content.decode()
        assert "No run matches" in browser.get("/runs/", {"cmdlet": "zzz"}).content.decode()

    @pytest.mark.parametrize(
        "filters", [{"since": "yesterday"}, {"state": "nonsense"}, {"cmdlet": "\x00"}, {"until": "9999-12-31"}]
    )
    def test_unreadable_filter_filters_nothing(self, browser: Client, filters: dict[str, str]) -> None:
        run = make_run()

        assert shown(browser, **filters) == [run]

    @pytest.mark.parametrize("number", [10, 40])
    def test_query_count_does_not_grow(
        self, browser: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        places = make_organizations(2)
        for index in range(number):
            make_run(organizations=places, state=RunState.RUNNING if index % 2 else RunState.SUCCEEDED)

        with django_assert_num_queries(7):
            browser.get("/runs/")


class TestCsv:
    def test_holds_all_that_is_filtered(self, browser: Client) -> None:
        places = make_organizations(1)
        wanted = [make_run(organizations=places, cmdlet="Get-Mailbox") for _ in range(60)]
        make_run(organizations=places)

        response = browser.get("/runs.csv", {"cmdlet": "mailbox"})
        rows = list(csv.DictReader(StringIO(b"".join(response).decode())))

        assert {row["Run"] for row in rows} == {str(run.pk) for run in wanted}
        assert rows[0]["Succeeded"] == "1"
        assert 'filename="runs.csv"' in response.headers["Content-Disposition"]

    def test_no_cell_is_a_formula(self, browser: Client) -> None:
        make_run(reason="=HYPERLINK(1)", ticket="+1", powershell="Get-AcceptedDomain @evil")

        response = browser.get("/runs.csv")
        row = next(csv.DictReader(StringIO(b"".join(response).decode())))

        assert (row["Reason"], row["Ticket"], row["Parameters"]) == ("'=HYPERLINK(1)", "'+1", "'@evil")


@pytest.mark.parametrize("url", ["/runs/", "/runs.csv"])
class TestAccess:
    def test_not_signed_in(self, client: Client, url: str) -> None:
        assert client.get(url).status_code == 302

    def test_without_a_role(self, signed_in: SignIn, url: str) -> None:
        assert signed_in(make_person(None)).get(url).status_code == 403

    def test_wrong_method(self, browser: Client, url: str) -> None:
        assert browser.post(url).status_code == 405


def test_csv_needs_the_right_to_export(signed_in: SignIn, approver: User) -> None:
    browser = signed_in(approver)
    make_run()

    assert browser.get("/runs.csv").status_code == 403
    assert "/runs.csv" not in browser.get("/runs/").content.decode()
