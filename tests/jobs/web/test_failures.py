import re
from collections.abc import Callable
from datetime import timedelta
from html import escape

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.core.actors import Source
from portal.core.explanations import known_explanations
from portal.exports.listings import Selection, listing_named
from tenants.organizations.models import Organization, Reachability
from tests.factories import make_organizations, make_person, make_run

pytestmark = pytest.mark.django_db
URL = reverse("jobs:failures")


@pytest.fixture
def browser(signed_in: Callable[[User], Client], technician: User) -> Client:
    return signed_in(technician)


def page_of(browser: Client, url: str = URL) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="failure-name"><a href="/connections/failures/([a-z0-9_]+)/">', page)


def numbers_of(page: str, error_class: str) -> list[str]:
    row = page[page.index(f'class="failure-name"><a href="/connections/failures/{error_class}/"') :].split("</tr>")[0]
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r'<td class="figure-cell">(.*?)</td>', row)]


def fail(organization: Organization, error_class: str, *, days_ago: int = 0) -> RunTarget:
    run = make_run(state=RunState.FAILED, organizations=[organization], states=[TargetState.FAILED])
    ended = timezone.now() - timedelta(days=days_ago)
    run.targets.update(error_class=error_class, finished_at=ended)
    return run.targets.get()


class TestList:
    def test_holds_every_failure(self, browser: Client) -> None:
        assert listed(page_of(browser)) == [each.error_class for each in known_explanations()]

    @pytest.mark.parametrize("text", ["AADSTS65001: The user or administrator has not", "65001"])
    def test_finds_a_pasted_error(self, browser: Client, text: str) -> None:
        assert listed(browser.get(URL, {"q": text}).content.decode()) == ["no_consent"]

    @pytest.mark.parametrize(
        ("query", "is_wanted"),
        [
            ("who=microsoft_support", lambda each: each.who == "microsoft_support"),
            ("retry=later", lambda each: each.retry == "later"),
            ("ran=maybe", lambda each: each.did_it_run == "maybe"),
            ("area=Tokens", lambda each: each.area == "Tokens"),
            ("retry=later&who=nobody", lambda each: each.retry == "later" and each.who == "nobody"),
        ],
    )
    def test_is_narrowed(self, browser: Client, query: str, is_wanted: Callable[..., bool]) -> None:
        expected = [each.error_class for each in known_explanations() if is_wanted(each)]
        assert expected
        assert listed(page_of(browser, f"{URL}?{query}")) == expected

    @pytest.mark.parametrize("query", ["who=somebody", "retry=x", "ran=x", "area=x", "met=x", "colour=x"])
    def test_says_what_it_ignored(self, browser: Client, query: str) -> None:
        page = page_of(browser, f"{URL}?{query}")
        assert "was ignored" in page
        assert len(listed(page)) == len(known_explanations())

    def test_says_where_to_look_when_nothing_is_found(self, browser: Client) -> None:
        page = page_of(browser, f"{URL}?q=AADSTS424242")
        assert "No failure matches" in page

    def test_counts_the_organizations_that_have_it_now_and_had_it_lately(self, browser: Client) -> None:
        first, second, third, former = make_organizations(4)
        Organization.objects.filter(pk=first.pk).update(
            reachability=Reachability.UNREACHABLE, reachability_class="no_consent"
        )
        fail(first, "no_consent")
        fail(second, "no_consent", days_ago=3)
        fail(second, "no_consent", days_ago=2)
        fail(third, "no_consent", days_ago=2)
        make_run(organizations=[third])
        fail(former, "no_consent", days_ago=40)
        Organization.objects.filter(pk=former.pk).update(vanished_at=timezone.now())

        page = page_of(browser, f"{URL}?met=now")

        assert listed(page) == ["no_consent"]
        assert numbers_of(page, "no_consent") == ["2", "3"]

    def test_needs_as_many_queries_for_many_as_for_few(self, browser: Client) -> None:
        numbers = []
        for organizations in (2, 12):
            for organization in make_organizations(organizations):
                fail(organization, "no_consent")
            with CaptureQueriesContext(connection) as queries:
                page_of(browser)
            numbers.append(len(queries))
        assert numbers[0] == numbers[1]

    def test_shows_no_organization_to_those_who_may_see_none(self, signed_in: Callable[[User], Client]) -> None:
        assert signed_in(make_person(None)).get(URL).status_code == 403


class TestDetail:
    @pytest.mark.parametrize("error_class", [each.error_class for each in known_explanations()])
    def test_says_what_it_means_and_what_to_do(self, browser: Client, error_class: str) -> None:
        page = page_of(browser, reverse("jobs:failure", args=[error_class]))
        [explanation] = [each for each in known_explanations() if each.error_class == error_class]
        wordings = [part for code in explanation.codes for part in code]
        for said in (explanation.title, explanation.meaning, explanation.fix, *wordings, *explanation.failure_modes):
            assert escape(said) in page, said

    def test_names_the_organizations_that_have_it_and_the_runs_that_ended_with_it(self, browser: Client) -> None:
        blocked, mended = make_organizations(2)
        Organization.objects.filter(pk=blocked.pk).update(
            reachability=Reachability.UNREACHABLE, reachability_class="no_consent"
        )
        target, former = fail(blocked, "no_consent"), fail(mended, "no_consent", days_ago=2)
        make_run(organizations=[mended])

        page = page_of(browser, reverse("jobs:failure", args=["no_consent"]))

        now, recent = page[page.index('id="now"') :], page[page.index('id="recent"') : page.index('id="now"')]
        assert "1 organization now" in now
        assert blocked.name in now
        assert mended.name not in now
        assert "cannot be reached" in now
        for ended in (target, former):
            assert reverse("jobs:target", args=[ended.pk]) in recent

    def test_that_is_not_known_is_not_found(self, browser: Client) -> None:
        assert browser.get(reverse("jobs:failure", args=["never_heard_of"])).status_code == 404


class TestLinks:
    def test_lead_here_from_the_run_the_target_and_the_organizations(self, browser: Client) -> None:
        [organization] = make_organizations(1)
        Organization.objects.filter(pk=organization.pk).update(
            reachability=Reachability.UNREACHABLE,
            reachability_class="no_consent",
            reachability_reason="No consent in this organization",
        )
        target = fail(organization, "no_consent")
        link = f'href="{reverse("jobs:failure", args=["no_consent"])}"'
        for page in (
            reverse("jobs:target", args=[target.pk]),
            reverse("jobs:run", args=[target.run_id]),
            reverse("jobs:run-targets", args=[target.run_id]),
            reverse("tenants:organizations"),
            reverse("tenants:organization", args=[organization.pk]),
            reverse("tenants:organization", args=[organization.pk]) + "?tab=history",
        ):
            assert link in page_of(browser, page), page

    def test_of_a_class_that_nobody_explained_are_only_words(self, browser: Client) -> None:
        target = fail(make_organizations(1)[0], "never_heard_of")
        assert "never_heard_of/" not in page_of(browser, reverse("jobs:run-targets", args=[target.run_id]))

    def test_are_found_by_the_search_over_everything(self, browser: Client) -> None:
        page = browser.get(reverse("search"), {"q": "65001"}).content.decode()
        assert reverse("jobs:failure", args=["no_consent"]) in page


def test_what_is_listed_is_exported(technician: User) -> None:
    actor = technician.as_actor(Source.WEB)
    table = listing_named("failures").open(actor, Selection("", QueryDict("q=AADSTS65001")))
    [row] = table.rows()
    assert set(row) == set(table.columns())
    assert (row["Class"], row["Codes"], row["Who"]) == ("no_consent", "AADSTS65001", "Customer's Global Administrator")
