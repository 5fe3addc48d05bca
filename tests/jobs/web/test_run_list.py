"""The history: what has been done?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from jobs.runs.history import runs_page
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from jobs.web.run_filters import RunFilterForm
from portal.accounts.models import User
from portal.core.actors import Actor
from tests.factories import make_organizations, make_person, make_run

SignIn = Callable[[User], Client]
Acting = Callable[[User], Actor]
pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


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

    def test_filters_by_what_was_sent_why_and_how_it_ended(self, browser: Client) -> None:
        places = make_organizations(2, name="Alpha")
        powershell = "Set-Mailbox -Identity 'bob@alpha.example'"
        bob = make_run(
            organizations=places, cmdlet="Set-Mailbox", powershell=powershell, reason="Merger", ticket="INC-7"
        )
        failed = make_run(
            organizations=places, states=[TargetState.SUCCEEDED, TargetState.ERRORED], state=RunState.RUNNING
        )
        lost = make_run(organizations=places, states=[TargetState.UNKNOWN], state=RunState.PARTLY_FAILED)

        assert shown(browser, value="BOB@") == [bob]
        assert shown(browser, value="mailbox") == [], "the cmdlet's own name is no value"
        assert shown(browser, reason="inc-7 merger") == [bob]
        assert shown(browser, outcome="failures") == [failed]
        assert shown(browser, outcome="unknown") == [lost]
        assert shown(browser, organization=str(places[0].pk)) == [lost, failed, bob]
        assert shown(browser, organization=str(uuid4())) == []

    @pytest.mark.parametrize(
        ("period", "expected"),
        [
            ("today", [0]),
            ("week", [0, 6]),
            ("month", [0, 6, 22]),
            ("last-month", [23, 50]),
            ("", [0, 6, 22, 23, 50, 51]),
        ],
    )
    def test_periods(self, technician: User, acting: Acting, period: str, expected: list[int]) -> None:
        today, places, actor = datetime(2027, 3, 23, 12, tzinfo=UTC), make_organizations(1), acting(technician)
        for days in (0, 6, 22, 23, 50, 51):
            make_run(organizations=places, launched_at=today - timedelta(days=days), reason=str(days))

        wanted = RunFilterForm(actor, QueryDict(f"period={period}")).wanted(today.date())

        assert [int(run.reason) for run in runs_page(actor=actor, wanted=wanted).rows] == expected

    def test_filters_stand_in_words_that_go_with_a_click(self, browser: Client) -> None:
        place = make_organizations(1, name="Contoso Ltd")[0]
        query = {
            "risk": "change",
            "organization": str(place.pk),
            "mine": "on",
            "since": "2027-03-03",
            "until": "2027-03-03",
        }

        chips = browser.get("/runs/", query).context["form"].chips()

        assert [chip.words for chip in chips] == ["changed", "in Contoso Ltd", "by me", "on 3 March 2027"]
        assert "risk=" not in chips[0].url
        assert "mine=on" in chips[0].url
        assert "since" not in chips[3].url
        assert "until" not in chips[3].url

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ("state=nonsense", "State “nonsense” was ignored. Choose one from the list."),
            ("risk=all", "What it did “all” was ignored. Known are: read, change, destructive."),
            ("since=yesterday", "From “yesterday” was ignored. Write a day as 2027-03-31."),
            ("since=2027-03-05&until=2027-03-01", "from 5 March 2027 to 1 March 2027 runs backwards"),
            ("period=week&since=2027-03-05", "The period was ignored: the days say more exactly when."),
            ("colour=red", "“colour” was ignored: this list has no such filter."),
            ("sort=taste", "The order “taste” was ignored"),
            ("cursor=nonsense", "The place in the list could not be read"),
        ],
    )
    def test_says_what_it_ignores_and_why(self, browser: Client, query: str, sentence: str) -> None:
        make_run(launched_at=datetime(2027, 3, 6, tzinfo=UTC))

        page = browser.get(f"/runs/?{query}").content.decode()

        assert sentence in page

    def test_sorts_in_both_directions_and_pages_by_key(self, browser: Client) -> None:
        few, many = make_run(organizations=1, cmdlet="B"), make_run(organizations=2, cmdlet="A")

        assert shown(browser, sort="organizations") == [few, many]
        assert shown(browser, sort="-organizations") == [many, few]
        assert shown(browser, sort="cmdlet") == [many, few]

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
        "filters",
        [
            {"since": "yesterday"},
            {"state": "nonsense"},
            {"cmdlet": "\x00"},
            {"until": "9999-12-31"},
            {"since": "2027-03-05", "until": "2027-03-01"},
        ],
    )
    def test_unreadable_filter_filters_nothing(self, browser: Client, filters: dict[str, str]) -> None:
        run = make_run()

        assert shown(browser, **filters) == [run]

    def test_query_count_does_not_grow(self, browser: Client) -> None:
        places = make_organizations(2)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                browser.get("/runs/")
            return len(captured)

        counts = []
        for number in (2, 40):
            for index in range(number):
                make_run(organizations=places, state=RunState.RUNNING if index % 2 else RunState.SUCCEEDED)
            counts.append(queries())

        assert counts[0] == counts[1]


class TestCalendar:
    def test_counts_each_day_of_53_weeks_and_marks_trouble_by_shape(self, browser: Client) -> None:
        now, places = timezone.now(), make_organizations(2)
        make_run(organizations=places, launched_at=now)
        make_run(organizations=places, launched_at=now, states=[TargetState.FAILED, TargetState.UNKNOWN])
        make_run(organizations=places, launched_at=now - timedelta(days=400))

        response = browser.get("/runs/")
        page, picture = response.content.decode(), response.context["calendar"]

        assert [row[1:] for row in picture.rows] == [["2", "0", "4", "1", "1"]]
        assert "2 runs, 4 organizations, 1 with failures, 1 with unknown outcomes" in picture.svg
        assert picture.svg.count("mark-failures") == picture.svg.count("mark-unknown") == 1
        assert picture.svg.count('<rect class="day') == 52 * 7 + now.weekday() + 1
        assert "2 runs in the last 53 weeks, on 1 day" in page
        assert "style=" not in page

    def test_a_day_opens_its_runs_and_keeps_the_other_filters(self, browser: Client) -> None:
        day = timezone.now().date()
        run = make_run(cmdlet="Get-Mailbox")
        make_run(cmdlet="Get-Mailbox", launched_at=timezone.now() - timedelta(days=1))
        make_run()

        url = f"?cmdlet=mailbox&since={day}&until={day}"
        picture = browser.get("/runs/?cmdlet=mailbox&period=week&cursor=x").context["calendar"]

        assert escape(url) in picture.svg
        assert escape(url) in picture.rows[0][0]
        response = browser.get(f"/runs/{url}")
        assert [row.run for row in response.context["rows"]] == [run]
        assert response.context["calendar"].svg.count("is-chosen") == 1
        assert len(response.context["calendar"].rows) == 2, "the calendar shows the other days too"


class TestLive:
    def test_only_what_changes_is_sent_and_only_while_something_goes_on(self, browser: Client) -> None:
        run, ended = make_run(state=RunState.RUNNING, organizations=2), make_run()
        url = browser.get("/runs/").context["live_url"]
        assert url == f"/runs/now/?run={run.pk}"

        going = browser.get(url, headers=HTMX).content.decode()
        assert f'id="state-{run.pk}" hx-swap-oob="true"' in going
        assert "2 queued" in going
        assert f'hx-get="{url}"' in going
        assert str(ended.pk) not in going

        Run.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED, counts={"succeeded": 2})
        over = browser.get(url, headers=HTMX).content.decode()
        assert "2 succeeded" in over
        assert "hx-get" not in over

    @pytest.mark.parametrize("query", ["run=x", "run=' or 1"])
    def test_unreadable_id(self, browser: Client, query: str) -> None:
        assert browser.get(f"/runs/now/?{query}").status_code == 404


@pytest.mark.parametrize("url", ["/runs/", "/runs/now/"])
class TestAccess:
    def test_not_signed_in(self, client: Client, url: str) -> None:
        assert client.get(url).status_code == 302

    def test_without_a_role(self, signed_in: SignIn, url: str) -> None:
        assert signed_in(make_person(None)).get(url).status_code == 403

    def test_wrong_method(self, browser: Client, url: str) -> None:
        assert browser.post(url).status_code == 405
