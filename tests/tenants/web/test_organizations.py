import re
from collections.abc import Callable
from datetime import timedelta
from html import escape, unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.runs.states import TargetState
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tenants.groups.models import OrganizationGroup
from tenants.groups.rules import Condition, checked
from tenants.groups.scope import Scope
from tenants.groups.services import create_organization_group
from tenants.organizations.models import Reachability
from tests.factories import SYSTEM, make_group, make_organizations, make_run

LIST = reverse("tenants:organizations")
SELECTED = reverse("tenants:organizations-selected")


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def shown(client: Client, **filters: str) -> list[str]:
    answer = client.get(LIST, filters)
    assert answer.status_code == 200
    return [organization.name for organization in answer.context["page"].rows]


def facet(client: Client, title: str, **filters: str) -> dict[str, int]:
    facets = {each.title: each for each in client.get(LIST, filters).context["facets"]}
    return {option.word: option.count for option in facets[title].options}


class TestList:
    def test_each_filter_keeps_what_it_names(self, browser: Client) -> None:
        now = timezone.now()
        soon, late = now + timedelta(days=10), now + timedelta(days=100)
        alpha = make_organizations(1, name="Alpha", relationship_state="active", relationship_ends_at=soon)[0]
        make_organizations(
            1,
            name="Beta",
            reachability="unreachable",
            reachability_class="no_consent",
            reachability_reason="No consent",
        )
        make_organizations(
            1, name="Gamma", default_domain="shop.example", relationship_state="active", relationship_ends_at=late
        )
        make_organizations(1, name="Gone", vanished_at=now)
        group = make_group("Gold", [alpha])
        assert shown(browser) == ["Alpha", "Beta", "Gamma"]
        assert shown(browser, q="alp") == ["Alpha"]
        assert shown(browser, q="SHOP gam") == ["Gamma"]
        assert shown(browser, reachability="unreachable") == ["Beta"]
        assert shown(browser, cause="no_consent") == ["Beta"]
        assert shown(browser, relationship="active") == ["Alpha", "Gamma"]
        assert shown(browser, ends_within="30") == ["Alpha"]
        assert shown(browser, group=str(group.pk)) == ["Alpha"]
        assert shown(browser, group=str(group.pk), reachability="unreachable") == []

    def test_facets_count_what_the_other_filters_leave(self, browser: Client) -> None:
        places = make_organizations(3, reachability="reachable")
        make_organizations(2, reachability="unreachable", reachability_class="x", reachability_reason="No consent")
        make_group("Gold", places[:2])
        assert facet(browser, "Reachability") == {"Reachable": 3, "Not reachable": 2}
        assert facet(browser, "Reachability", reachability="reachable")["Not reachable"] == 2
        assert facet(browser, "Organization group", reachability="reachable") == {"Gold": 2}
        assert facet(browser, "Why not reachable") == {"No consent": 2}

    def test_a_chosen_facet_is_marked_and_its_link_lets_it_go(self, browser: Client) -> None:
        make_organizations(1)
        page = browser.get(LIST, {"reachability": "untried", "q": "customer", "cursor": "x"}).content.decode()
        assert '<a href="?q=customer" aria-current="true"' in page

    @pytest.mark.parametrize("sort", ["name", "-name", "ends", "-ends", "-checked", "last", "-last", "reachability"])
    def test_pages_follow_each_other_without_gap_or_repetition(self, browser: Client, sort: str) -> None:
        now = timezone.now()
        for number in range(60):
            moment = None if number % 3 == 0 else now + timedelta(days=number // 4)
            make_organizations(
                1, relationship_state="active", relationship_ends_at=moment, reachability_checked_at=moment
            )
        seen, cursor = [], ""
        while True:
            page = browser.get(LIST, {"sort": sort, "cursor": cursor}).context["page"]
            seen += list(page.rows)
            cursor = page.next_cursor
            if not cursor:
                break
        assert len({organization.pk for organization in seen}) == len(seen) == 60
        if sort == "ends":
            ends = [organization.relationship_ends_at for organization in seen]
            dated = [end for end in ends if end]
            assert ends == sorted(dated) + [None] * 20
        if sort == "-checked":
            assert seen[0].reachability_checked_at == max(o.reachability_checked_at for o in seen[:40])

    @pytest.mark.parametrize(
        "query",
        [
            {"group": "x"},
            {"group": str(uuid4())},
            {"ends_within": "-1"},
            {"sort": "pk"},
            {"cursor": "WzEsMl0"},
            {"cursor": "WyJhIiwgIngiXQ"},
            {"cursor": "WyJcdTAwMDAiLCAiMDFhMjA3MGQtYWUzOC03YjkyLTk4OTItOWNhOGJiYTRlM2Y1Il0"},
            {"cursor": "%"},
        ],
    )
    def test_unreadable_filters_never_break_the_page(self, browser: Client, query: dict[str, str]) -> None:
        make_organizations(1)
        assert browser.get(LIST, query).status_code == 200

    def test_several_values_of_a_facet_widen_the_list(self, browser: Client) -> None:
        for reachability in Reachability.values:
            make_organizations(1, name=reachability, reachability=reachability)
        answer = browser.get(f"{LIST}?reachability=untried&reachability=reachable")
        assert [row.organization.name for row in answer.context["rows"]] == ["reachable", "untried"]
        assert [(chip.word, chip.url) for chip in answer.context["chips"]] == [
            ("Not tried yet", "?reachability=reachable"),
            ("Reachable", "?reachability=untried"),
        ]

    def test_what_makes_no_sense_in_the_address_is_named(self, browser: Client) -> None:
        make_organizations(2)
        answer = browser.get(LIST, {"reachability": "x<y", "sort": "pk", "colour": "red", "group": str(uuid4())})
        assert len(answer.context["rows"]) == 2
        page = answer.content.decode()
        for sentence in (
            "“x&lt;y” is nothing that reachability can be.",
            "sorted by “pk”",
            "no filter called “colour”",
        ):
            assert sentence in page
        assert len(answer.context["ignored"]) == 4

    def test_a_row_shows_groups_by_hand_and_by_rule_and_the_last_outcomes(self, browser: Client) -> None:
        place = make_organizations(1, name="Shop")[0]
        make_group("Gold", [place])
        rule = checked(Scope.of(SYSTEM), "all", [Condition("name", "is", "shop")])
        create_organization_group(actor=SYSTEM, name="Shops", rule=rule)
        failed = make_run(organizations=[place], states=[TargetState.FAILED])
        failed.targets.update(error_class="no_consent", finished_at=timezone.now() - timedelta(hours=3))
        make_run(organizations=[place], cmdlet="Get-Mailbox")
        row = browser.get(LIST).context["rows"][0]
        assert [group.name for group in row.groups] == ["Gold", "Shops"]
        assert (row.last.cmdlet, row.last.state) == ("Get-Mailbox", "succeeded")
        assert (row.last_failure.target_id, row.last_failure.cause) == (
            failed.targets.get().pk,
            "No consent in this organization",
        )
        assert 'aria-label="The last 2 runs: 1 succeeded, 1 failed"' in row.picture
        assert facet(browser, "Last outcome", last="failed") == {"Succeeded": 1, "Failed": 0}

    @pytest.mark.parametrize("name", ["x" * 60, "مؤسسة الاختبار للتجارة", "🏢🚀 <script>"])
    def test_hostile_names_are_shown_whole_in_the_title(self, browser: Client, name: str) -> None:
        make_organizations(1, name=name, default_domain=f"{'d' * 60}.example")
        assert f'title="{escape(name)}"' in browser.get(LIST).content.decode()

    def test_the_number_of_queries_does_not_grow(self, browser: Client) -> None:
        browser.get(LIST)

        def queries(number: int) -> int:
            places = make_organizations(number, reachability="unreachable", reachability_class=f"class {number}")
            make_group(f"Group {number}", places)
            make_run(organizations=places)
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(LIST).status_code == 200
            return len(captured)

        assert queries(10) == queries(30)

    def test_without_organizations_the_page_leads_to_the_first_step(self, browser: Client) -> None:
        page = browser.get(LIST).content.decode()
        assert "No organization yet" in page
        assert "Show the steps" in page

    def test_names_are_never_markup(self, browser: Client) -> None:
        make_organizations(
            1, name="<b>Bold</b>", reachability="unreachable", reachability_class="x", reachability_reason="<i>"
        )
        page = browser.get(LIST).content.decode()
        assert "<b>Bold" not in page
        assert "<i>" not in page


class TestSelected:
    def test_selected_organizations_are_carried_to_the_cmdlets(self, browser: Client) -> None:
        ids = [str(organization.pk) for organization in make_organizations(2)]
        answer = browser.post(SELECTED, {"action": "run", "organization": ids})
        assert answer.status_code == 303
        assert answer["Location"] == f"{reverse('jobs:cmdlets')}?organization={ids[0]}&organization={ids[1]}"

    def test_selected_organizations_join_a_group(self, browser: Client) -> None:
        places = make_organizations(3)
        group = make_group("Gold", places[:1])
        answer = browser.post(
            SELECTED,
            {"action": "add", "to_group": group.pk, "organization": [o.pk for o in places], "back": f"{LIST}?q=c"},
            follow=True,
        )
        assert answer.redirect_chain == [(f"{LIST}?q=c", 303)]
        assert group.organizations.count() == 3
        assert "2 of 3 selected organizations added to “Gold”." in answer.content.decode()

    def test_a_new_group_is_made_of_the_selected_organizations(self, browser: Client) -> None:
        places = make_organizations(2)
        browser.post(SELECTED, {"action": "add", "new_group": "Fresh", "organization": [o.pk for o in places]})
        assert OrganizationGroup.objects.get(name="Fresh").organizations.count() == 2
        assert AuditEvent.objects.filter(action=AuditAction.ORGANIZATION_GROUP_CREATED).count() == 1

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"action": "add"}, "No organization is selected."),
            ({"action": "add", "organization": "1"}, "Choose an organization group"),
            ({"action": "add", "organization": "1", "to_group": "rubbish"}, "Choose an organization group"),
            ({"action": "add", "organization": "1", "new_group": "GOLD"}, "There is already an organization group"),
        ],
    )
    def test_a_refusal_is_a_sentence(self, browser: Client, data: dict[str, str], sentence: str) -> None:
        make_group("Gold")
        if "organization" in data:
            data = {**data, "organization": str(make_organizations(1)[0].pk)}
        assert sentence in browser.post(SELECTED, data, follow=True).content.decode()

    def test_a_group_name_that_is_too_long_is_refused(self, browser: Client) -> None:
        data = {"action": "add", "organization": str(make_organizations(1)[0].pk), "new_group": "x" * 201}
        assert "Shorten it to 200" in browser.post(SELECTED, data, follow=True).content.decode()
        assert not OrganizationGroup.objects.exists()

    def test_all_that_match_go_as_the_filter_itself(self, browser: Client) -> None:
        make_organizations(60, reachability="reachable")
        make_organizations(3)
        data = {"match": "all", "reachability": "reachable", "q": "customer", "organization": str(uuid4())}
        answer = browser.post(SELECTED, {**data, "action": "test"})
        assert answer["Location"].endswith("/connections/test/?match=all&q=customer&reachability=reachable")
        answer = browser.post(SELECTED, {**data, "action": "run"})
        assert answer["Location"] == f"{reverse('jobs:cmdlets')}?match=all&q=customer&reachability=reachable"
        browser.post(SELECTED, {**data, "action": "add", "new_group": "Reachable ones"})
        assert OrganizationGroup.objects.get().organizations.count() == 60

    def test_a_filter_that_is_not_ticked_selects_nobody(self, browser: Client) -> None:
        group = make_group("Gold", make_organizations(2))
        answer = browser.post(SELECTED, {"action": "run", "group": str(group.pk), "q": ""}, follow=True)
        assert "No organization is selected." in answer.content.decode()

    def test_selected_organizations_leave_a_group(self, browser: Client) -> None:
        places = make_organizations(3)
        group = make_group("Gold", places[:2])
        data = {"action": "remove", "to_group": group.pk, "organization": [o.pk for o in places[1:]]}
        page = browser.post(SELECTED, data, follow=True).content.decode()
        assert "1 of 2 selected organizations removed from “Gold”." in page
        assert list(group.organizations.all()) == places[:1]

    def test_those_who_may_only_read_change_nothing(self, auditor: User, signed_in: Callable[[User], Client]) -> None:
        group, place = make_group("Gold"), make_organizations(1)[0]
        data = {"action": "add", "to_group": group.pk, "organization": place.pk}
        assert signed_in(auditor).post(SELECTED, data).status_code == 403
        assert "With the selected" not in signed_in(auditor).get(LIST).content.decode()

    @pytest.mark.parametrize(
        "back", ["https://evil.example/organizations/", "//evil.example", "/organizations/../audit"]
    )
    def test_it_leads_back_to_the_list_only(self, browser: Client, back: str) -> None:
        answer = browser.post(SELECTED, {"action": "add", "back": back})
        assert answer["Location"] in {LIST, "/organizations/../audit"}

    def test_an_id_that_is_none_is_said(self, browser: Client) -> None:
        answer = browser.post(SELECTED, {"action": "run", "organization": "x"}, follow=True)
        assert "cannot be read. Choose them again." in answer.content.decode()


def test_all_that_match_are_still_chosen_after_looking_for_a_cmdlet(browser: Client) -> None:
    make_organizations(3, reachability="reachable")
    answer = browser.post(SELECTED, {"match": "all", "reachability": "reachable", "q": "customer", "action": "run"})
    packed = browser.get(answer["Location"])["Location"]
    found = browser.get(f"{reverse('jobs:cmdlets')}{packed}&q=Get-Mailbox").content.decode()
    page = re.search(r'href="(/cmdlets/Get-Mailbox/\?[^"]+)"', found)
    assert page
    launch = browser.get(unescape(page[1])).context["launch_url"]
    assert launch.endswith("/launch/?match=all&q=customer&reachability=reachable")
