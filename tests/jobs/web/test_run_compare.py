"""Two runs of the same cmdlet side by side."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tenants.organizations.models import Organization
from tests.factories import make_organizations, make_result, make_run

S = TargetState
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: Callable[[User], Client], technician: User) -> Client:
    return signed_in(technician)


def ran(hours_ago: int, places: Sequence[Organization], states: Sequence[TargetState], **values: object) -> Run:
    launched = timezone.now() - timedelta(hours=hours_ago)
    return make_run(organizations=places, states=states, launched_at=launched, **values)  # type: ignore[arg-type] # facts


def changes(browser: Client, run: Run, **query: str) -> dict[str, str]:
    rows = browser.get(f"/runs/{run.pk}/compare/", query).context["pairs"].rows
    return {row.name: row.change for row in rows}


def test_says_for_every_organization_what_became_of_it(browser: Client) -> None:
    places = [make_organizations(1, name=name)[0] for name in "abcdefgh"]
    a, b, c, d, e, f, g, h = places
    ran(2, [a, b, c, d, e, g], [S.SUCCEEDED, S.FAILED, S.FAILED, S.FAILED, S.SUCCEEDED, S.SUCCEEDED])
    run = ran(
        1,
        [a, b, c, d, e, f, h],
        [S.FAILED, S.SUCCEEDED, S.FAILED, S.ERRORED, S.SUCCEEDED, S.SUCCEEDED, S.RUNNING],
        state=RunState.RUNNING,
    )

    found = changes(browser, run)

    assert found == {
        "a": "newly_failed",
        "b": "mended",
        "c": "still_fails",
        "d": "fails_differently",
        "e": "same",
        "f": "only_now",
        "g": "only_before",
        "h": "not_ended",
    }
    assert next(iter(found)) == "a"
    assert changes(browser, run, change="mended") == {"b": "mended"}


def test_an_answer_that_differs_is_seen_with_the_number_of_its_objects(browser: Client) -> None:
    places = make_organizations(2)
    earlier, run = ran(2, places, [S.SUCCEEDED]), ran(1, places, [S.SUCCEEDED])
    for one, rows in ((earlier, [{"Name": "x"}]), (run, [{"Name": "x"}, {"Name": "y"}])):
        first, second = one.targets.order_by("position")
        make_result(first, rows)
        make_result(second, [{"Name": "same"}])
        one.targets.filter(pk=first.pk).update(row_count=len(rows))

    response = browser.get(f"/runs/{run.pk}/compare/")

    assert {row.change: row.rows for row in response.context["pairs"].rows} == {
        "answer_differs": "1 → 2 (+1)",
        "same": "",
    }


def test_which_earlier_run_can_be_chosen(browser: Client) -> None:
    places = make_organizations(1)
    oldest, _ = ran(3, places, [S.FAILED]), ran(2, places, [S.SUCCEEDED])
    ran(2, places, [S.SUCCEEDED], cmdlet="Get-Mailbox")
    run = ran(1, places, [S.SUCCEEDED])
    later = ran(0, places, [S.FAILED])

    assert list(changes(browser, run).values()) == ["same"]
    assert list(changes(browser, run, **{"with": str(oldest.pk)}).values()) == ["mended"]
    page = browser.get(f"/runs/{run.pk}/compare/", {"with": str(later.pk), "change": "odd"}).content.decode()
    assert "is not an earlier run of this cmdlet" in page
    assert "Difference “odd” was ignored." in page
    assert page.count("<option value=") == 2


def test_without_an_earlier_run_it_says_what_to_do(browser: Client) -> None:
    page = browser.get(f"/runs/{make_run().pk}/compare/").content.decode()

    assert "There is no earlier run of this cmdlet to compare with" in page


def test_another_parameter_is_pointed_out(browser: Client) -> None:
    places = make_organizations(1)
    ran(2, places, [S.SUCCEEDED], powershell="Get-AcceptedDomain -Identity a")
    run = ran(1, places, [S.SUCCEEDED])

    assert "The two runs did not send the same." in browser.get(f"/runs/{run.pk}/compare/").content.decode()


@pytest.mark.parametrize("cursor", ["", "100", "-1", "x", "9999999", "²"])
def test_pages(browser: Client, cursor: str) -> None:
    places = make_organizations(130)
    ran(2, places, [S.SUCCEEDED])
    run = ran(1, places, [S.SUCCEEDED])

    assert len(changes(browser, run, cursor=cursor)) == (30 if cursor == "100" else 50)
