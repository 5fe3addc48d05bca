import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.ledger.selectors import ORGANIZATIONS_SHOWN
from jobs.results.bodies import compress
from jobs.results.models import Result
from jobs.runs.models import Attempt, CloseKind, Connection
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.core.actors import Source
from portal.exports.listings import Selection, listing_named
from tests.factories import make_connection, make_organizations, make_result, make_run

pytestmark = pytest.mark.django_db
URL = reverse("jobs:connections")


@pytest.fixture
def browser(signed_in: Callable[[User], Client], technician: User) -> Client:
    return signed_in(technician)


def page_of(browser: Client, url: str = URL) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def connections(number: int, **values: object) -> list[Connection]:
    return [make_connection(target, **values) for target in make_run(organizations=number).targets.all()]


class TestList:
    def test_teaches_the_first_step_while_it_is_empty(self, browser: Client) -> None:
        page = page_of(browser)
        assert "No connection was opened yet" in page
        assert "everything that was opened has been closed" in page

    def test_names_what_a_connection_was(self, browser: Client) -> None:
        [row] = connections(1, host="nam10b.ps.compliance.protection.outlook.com", service="scc", cmdlet_count=3)
        page = page_of(browser)
        for said in (
            row.organization.name,
            "App-only: certificate thumbprint",
            row.identity,
            row.host,
            "Security &amp; Compliance",
            "O365Default",
            "Get-AcceptedDomain",
            "2.0 s",
            reverse("jobs:connection", args=[row.pk]),
        ):
            assert said in page, said

    def test_says_how_it_was_closed(self, browser: Client) -> None:
        connections(1, close_kind=CloseKind.REAPER, close_reason="worker lost", cmdlet_count=None)
        page = page_of(browser)
        assert "By the reaper" in page
        assert "worker lost" in page
        assert "closed by the reaper" in page_of(browser, f"{URL}?state=reaper")
        assert "No connection matches" in page_of(browser, f"{URL}?state=error")

    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("state=ajar", "State “ajar” was ignored"),
            ("run=x", "Run id “x” was ignored. Copy it from the address of a run."),
            ("method=magic", "Method “magic” was ignored"),
            ("sort=colour", "The order “colour” was ignored: known are opened, duration."),
            ("cursor=x", "The place in the list could not be read"),
            ("colour=red", "“colour” was ignored: this list has no such filter."),
            ("since=tomorrow", "Write a day as 2027-03-31."),
        ],
    )
    def test_says_what_it_ignored(self, browser: Client, query: str, says: str) -> None:
        connections(1)
        assert says in page_of(browser, f"{URL}?{query}")

    def test_needs_as_many_queries_for_many_as_for_few(self, browser: Client) -> None:
        numbers = []
        for more in (2, 20):
            connections(more)
            with CaptureQueriesContext(connection) as queries:
                page_of(browser)
            numbers.append(len(queries))
        assert numbers[0] == numbers[1]


class TestOpenNow:
    def test_is_asked_for_again_and_again(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=1, states=[TargetState.RUNNING])
        make_connection(run.targets.get(), closed_at=None, opened_at=timezone.now() - timedelta(minutes=3))

        part = browser.get(reverse("jobs:connections-open"), headers={"HX-Request": "true"}).content.decode()

        assert part.lstrip().startswith('<section class="panel open-now" id="open-now"')
        assert "3 min ago" in part
        assert f'hx-get="{reverse("jobs:connections-open")}"' in part
        assert re.search(r"<strong[^>]*>1</strong> connection<", part)
        assert "3 min ago</time>.</p>" in part

    def test_says_that_the_organizations_left_out_have_no_more_open(self, browser: Client) -> None:
        for _ in range(ORGANIZATIONS_SHOWN + 1):
            connections(1, closed_at=None)
        assert "the others have no more open than these" in page_of(browser)


class TestDetail:
    def test_shows_its_facts_and_what_went_over_the_wire(self, browser: Client) -> None:
        target = make_run(organizations=1).targets.get()
        make_result(target, [{"Name": "x"}])
        exchange = {
            "method": "POST",
            "url": "https://outlook.office365.com/adminapi/beta/t/InvokeCommand",
            "started_at": timezone.now().isoformat(),
            "status": 200,
            "duration_ms": 12,
            "request_headers": {"X-CmdletName": "Get-AcceptedDomain"},
        }

        Result.objects.update(exchanges=compress(orjson.dumps([exchange])))
        row = make_connection(target)

        page = page_of(browser, reverse("jobs:connection", args=[row.pk]))

        for said in (str(row.pk), "Normally: done", "/adminapi/beta/t/InvokeCommand", "200, 12 ms", "X-CmdletName"):
            assert said in page, said

    def test_explains_what_went_wrong(self, browser: Client) -> None:
        row = connections(1, close_kind=CloseKind.ERROR, close_reason="No consent in this organization")[0]
        Attempt.objects.update(error_class="no_consent")

        page = page_of(browser, reverse("jobs:connection", args=[row.pk]))

        assert reverse("jobs:failure", args=["no_consent"]) in page
        assert "Nothing was kept" in page

    def test_that_is_not_there_is_not_found(self, browser: Client) -> None:
        assert browser.get(reverse("jobs:connection", args=[uuid4()])).status_code == 404


def test_what_is_listed_is_exported(technician: User) -> None:
    connections(2)
    [special] = connections(1, service="scc")
    table = listing_named("connections").open(technician.as_actor(Source.WEB), Selection("", QueryDict("service=scc")))
    [row] = table.rows()
    assert set(row) == set(table.columns())
    assert (row["Connection"], row["Service"], row["SecondsOpen"]) == (special.pk, "scc", 2.0)
    assert (row["Run"], row["CloseKind"], row["CmdletsSent"]) == (special.run_id, "normal", 1)
    assert "Security" in table.filters


def test_organizations_of_another_name_are_not_shown_by_a_filter(browser: Client) -> None:
    place = make_organizations(1, name="Nobody asked Ltd")[0]
    make_connection(make_run(organizations=[place]).targets.get())
    [wanted] = connections(1)
    page = page_of(browser, f"{URL}?organization={wanted.organization_id}")
    assert "Nobody asked Ltd" not in page
    assert f"in {wanted.organization.name}" in page
