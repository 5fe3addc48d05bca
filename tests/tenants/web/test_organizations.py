import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tenants.groups.models import OrganizationGroup
from tenants.relationships.models import AccessAssignment, DelegatedAdminRelationship
from tests.factories import make_group, make_organizations, make_person, make_run

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
    return {value.label: value.count for value in facets[title].values}


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
        assert shown(browser, search="alp") == ["Alpha"]
        assert shown(browser, search="SHOP gam") == ["Gamma"]
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
        assert facet(browser, "Reachability") == {"Not tried yet": 0, "Reachable": 3, "Not reachable": 2}
        assert facet(browser, "Reachability", reachability="reachable")["Not reachable"] == 2
        assert facet(browser, "Organization group", reachability="reachable") == {"Gold": 2}
        assert facet(browser, "Why not reachable") == {"No consent": 2}

    def test_a_chosen_facet_is_marked_and_its_link_lets_it_go(self, browser: Client) -> None:
        make_organizations(1)
        page = browser.get(LIST, {"reachability": "untried", "search": "customer", "cursor": "x"}).content.decode()
        assert '<a href="?search=customer" aria-current="true"' in page

    @pytest.mark.parametrize("sort", ["name", "-name", "ends", "checked"])
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
        if sort == "checked":
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

    def test_the_number_of_queries_does_not_grow(self, browser: Client) -> None:
        def queries(number: int) -> int:
            places = make_organizations(number, reachability="unreachable", reachability_class=f"class {number}")
            make_group(f"Group {number}", places)
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
            {"action": "group", "group": group.pk, "organization": [o.pk for o in places], "back": f"{LIST}?search=c"},
            follow=True,
        )
        assert answer.redirect_chain == [(f"{LIST}?search=c", 303)]
        assert group.organizations.count() == 3
        assert "2 of 3 selected organizations added to “Gold”." in answer.content.decode()

    def test_a_new_group_is_made_of_the_selected_organizations(self, browser: Client) -> None:
        places = make_organizations(2)
        browser.post(SELECTED, {"action": "group", "new_group": "Fresh", "organization": [o.pk for o in places]})
        assert OrganizationGroup.objects.get(name="Fresh").organizations.count() == 2
        assert AuditEvent.objects.filter(action=AuditAction.ORGANIZATION_GROUP_CREATED).count() == 1

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"action": "group"}, "No organization is selected."),
            ({"action": "group", "organization": "1"}, "Choose an organization group"),
            ({"action": "group", "organization": "1", "group": "rubbish"}, "Choose an organization group"),
            ({"action": "group", "organization": "1", "new_group": "GOLD"}, "There is already an organization group"),
        ],
    )
    def test_a_refusal_is_a_sentence(self, browser: Client, data: dict[str, str], sentence: str) -> None:
        make_group("Gold")
        if "organization" in data:
            data = {**data, "organization": str(make_organizations(1)[0].pk)}
        assert sentence in browser.post(SELECTED, data, follow=True).content.decode()

    @pytest.mark.parametrize("name", ["a\x00b", "x" * 201], ids=["null character", "too long"])
    def test_a_group_name_that_cannot_be_stored_is_refused(self, browser: Client, name: str) -> None:
        data = {"action": "group", "organization": str(make_organizations(1)[0].pk), "new_group": name}

        answer = browser.post(SELECTED, data, follow=True)

        assert answer.status_code == 200
        assert "The organization group was not created." in answer.content.decode()
        assert not OrganizationGroup.objects.exists()

    @pytest.mark.parametrize(
        "back", ["https://evil.example/organizations/", "//evil.example", "/organizations/../audit"]
    )
    def test_it_leads_back_to_the_list_only(self, browser: Client, back: str) -> None:
        answer = browser.post(SELECTED, {"action": "group", "back": back})
        assert answer["Location"] in {LIST, "/organizations/../audit"}

    def test_an_id_that_is_none_is_not_found(self, browser: Client) -> None:
        assert browser.post(SELECTED, {"action": "run", "organization": "x"}).status_code == 404


class TestDetail:
    def test_it_says_why_we_cannot_get_in_and_what_to_do(self, browser: Client) -> None:
        place = make_organizations(
            1, reachability="unreachable", reachability_reason="No consent here", reachability_fix="Grant the consent."
        )[0]
        page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
        assert "No consent here" in page
        assert re.search(r"What to do:</strong>\s*Grant the consent\.", page)

    def test_relationships_show_the_names_of_their_roles(self, browser: Client) -> None:
        place = make_organizations(1)[0]
        relationship = DelegatedAdminRelationship.objects.create(
            id="r-1",
            organization=place,
            display_name="Northwind to Contoso",
            status="active",
            role_ids=["29232cdf-9323-42fd-ade2-1d097af3e4de", "00000000-0000-0000-0000-00000000abcd"],
            auto_extend_duration="P180D",
            end_at=timezone.now() + timedelta(days=40, hours=1),
            read_at=timezone.now(),
        )
        AccessAssignment.objects.create(
            id="a-1",
            relationship=relationship,
            container_id="group-7",
            status="active",
            role_ids=["F2EF992C-3AFB-46B9-B7CF-A126EE74C451"],
        )
        page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
        for words in (
            "Exchange Administrator",
            "Role 00000000-0000-0000-0000-00000000abcd",
            "group-7",
            "Global Reader",
        ):
            assert words in page
        assert "40 days left" in page
        assert "extends itself by 180 days" in page

    def test_it_lists_what_was_run_here_with_a_link_to_each(self, browser: Client) -> None:
        place, other = make_organizations(2)
        run = make_run(
            state=RunState.PARTLY_FAILED,
            organizations=[place, other],
            states=[TargetState.FAILED, TargetState.SUCCEEDED],
        )
        page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
        links = re.findall(r'href="/targets/(.+?)/"', page)
        assert links == [str(run.targets.get(organization=place).pk)]

    def test_events_are_shown_to_those_who_may_read_them(
        self, browser: Client, auditor: User, signed_in: Callable[[User], Client]
    ) -> None:
        path = reverse("tenants:organization", args=[make_organizations(1)[0].pk])
        assert "Audit events" not in browser.get(path).content.decode()
        assert "Audit events" in signed_in(auditor).get(path).content.decode()

    def test_a_vanished_organization_keeps_its_page_and_offers_no_run(self, browser: Client) -> None:
        place = make_organizations(1, vanished_at=timezone.now())[0]
        page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
        assert "No longer one of your organizations" in page
        assert "Run a cmdlet here" not in page

    def test_the_number_of_queries_does_not_grow(self, signed_in: Callable[[User], Client]) -> None:
        place = make_organizations(1)[0]
        client = signed_in(make_person(Role.ADMINISTRATOR))

        def queries(number: int) -> int:
            for _ in range(number):
                make_run(organizations=[place], rows=[{"Name": "x"}])
                DelegatedAdminRelationship.objects.create(
                    id=str(uuid4()), organization=place, display_name="r", status="active", read_at=timezone.now()
                )
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse("tenants:organization", args=[place.pk])).status_code == 200
            return len(captured)

        assert queries(1) == queries(5)
