"""Where connection profiles apply: assigned, withdrawn and explained on the pages of organizations and groups."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.resolution import applied_profile, applied_profiles
from tests.factories import assign, make_app_registration, make_group, make_organizations, make_partner, make_profile

ASSIGN = reverse("tenants:profile-assign")
DEFAULT = "Application with certificate"


@pytest.fixture
def partner(db: None) -> Partner:
    return make_app_registration().partner


@pytest.fixture
def profile(partner: Partner) -> ConnectionProfile:
    return make_profile(partner, name="Machine", method="managed_identity_system")


@pytest.fixture
def browser(administrator: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(administrator)


def confirmed(browser: Client, address: str, **typed: str) -> str:
    """Send the form twice, as a person does who reads what changes; returns where that leads."""
    shown = browser.post(address, typed)
    assert shown.status_code == 200, shown.content.decode()
    answer = browser.post(address, {**typed, "confirmed": shown.context["seal"]})
    assert answer.status_code == 303
    return str(answer["Location"])


class TestAssign:
    def test_nothing_changes_before_it_was_shown_and_confirmed(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        make_organizations(3, partner=partner)
        typed = {"profile": str(profile.pk), "service": "exo"}
        shown = browser.post(f"{ASSIGN}?partner={partner.pk}", typed)
        assert shown.context["effect"].number == 3
        assert not profile.assignments.exists()
        browser.post(f"{ASSIGN}?partner={partner.pk}", {**typed, "confirmed": "yes"})
        assert not profile.assignments.exists()

    def test_a_new_default_applies_to_all_that_have_nothing_else(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        place = make_organizations(1, partner=partner)[0]
        url = confirmed(browser, f"{ASSIGN}?partner={partner.pk}", profile=str(profile.pk), service="exo")
        assert url == reverse("tenants:profiles")
        assert applied_profile(place, service="exo").profile == profile
        assert applied_profile(place, service="scc").profile.name == DEFAULT

    def test_a_group_gets_one_with_its_rank(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        group = make_group("Gold", make_organizations(2, partner=partner))
        url = confirmed(browser, f"{ASSIGN}?in_group={group.pk}", profile=str(profile.pk), service="both", rank="7")
        assert url == reverse("tenants:group", args=[group.pk])
        assert {each.rank for each in profile.assignments.all()} == {7}
        page = browser.get(url)
        assert [each.profile for each in page.context["assignments"]] == [profile, profile]

    def test_selected_organizations_get_it_as_their_own_with_an_event_each(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        places = make_organizations(3, partner=partner)
        data = {"action": "profile", "organization": [str(place.pk) for place in places[:2]]}
        answer = browser.post(reverse("tenants:organizations-selected"), data)
        assert answer["Location"].startswith(ASSIGN)
        confirmed(browser, answer["Location"], profile=str(profile.pk), service="both")
        applied = applied_profiles(places, service="exo")
        assert [applied[place.pk].profile.name for place in places] == ["Machine", "Machine", DEFAULT]
        assert AuditEvent.objects.filter(action="connection_profile.assigned").count() == 2

    def test_from_a_profile_the_place_is_chosen(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        place = make_organizations(1, partner=partner)[0]
        typed = {"profile": str(profile.pk), "service": "exo", "to": "organization"}
        url = confirmed(browser, ASSIGN, **typed, organization_name=place.default_domain)
        assert url == f"{reverse('tenants:organization', args=[place.pk])}?tab=connection"
        assert applied_profile(place, service="exo").profile == profile

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"to": "organization", "organization_name": "nowhere.example"}, "There is no organization"),
            ({"to": ""}, "This field is required"),
            ({"to": "partner", "service": "scc"}, "does not open"),
            ({"to": "partner", "profile": ""}, "This field is required"),
            ({"to": "group:1"}, "Select a valid choice"),
        ],
    )
    def test_what_cannot_be_is_said_and_keeps_what_was_typed(
        self, browser: Client, partner: Partner, typed: dict[str, str], sentence: str
    ) -> None:
        only_exchange = make_profile(partner, service="exo")
        answer = browser.post(ASSIGN, {"profile": str(only_exchange.pk), "service": "exo", "rank": "3", **typed})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in page
        assert 'value="3"' in page

    def test_only_profiles_of_the_places_partner_are_offered(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        foreign = make_profile(make_partner(), name="Foreign")
        place = make_organizations(1, partner=partner)[0]
        page = browser.get(ASSIGN, {"organization": str(place.pk)}).content.decode()
        assert "Machine" in page
        assert str(foreign.pk) not in page

    @pytest.mark.parametrize("query", ["in_group=x", "partner=x", "organization=x", "match=all&q=nobody"])
    def test_a_place_that_is_not_there_leads_back(self, browser: Client, partner: Partner, query: str) -> None:
        make_organizations(1, partner=partner)
        assert browser.get(f"{ASSIGN}?{query}")["Location"] == reverse("tenants:profiles")


class TestWithdraw:
    def test_it_says_what_applies_instead(self, browser: Client, partner: Partner, profile: ConnectionProfile) -> None:
        place = make_organizations(1, partner=partner)[0]
        assign(profile, organization=place)
        assignment = profile.assignments.get(service="exo")
        address = reverse("tenants:profile-withdraw", args=[assignment.pk])
        assert f"to “{DEFAULT}”" in browser.get(address).content.decode()
        here = reverse("tenants:organization", args=[place.pk])
        assert browser.post(address, {"back": here})["Location"] == here
        assert applied_profile(place, service="exo").profile.name == DEFAULT
        assert browser.get(address).status_code == 404

    @pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example"])
    def test_it_leads_back_to_our_own_pages_only(
        self, browser: Client, partner: Partner, profile: ConnectionProfile, back: str
    ) -> None:
        assign(profile, group=make_group("Gold"))
        address = reverse("tenants:profile-withdraw", args=[profile.assignments.all()[0].pk])
        assert browser.post(address, {"back": back})["Location"] == reverse("tenants:profile", args=[profile.pk])

    def test_a_default_is_not_withdrawn(self, browser: Client, partner: Partner) -> None:
        assignment = ProfileAssignment.objects.filter(partner=partner)[0]
        address = reverse("tenants:profile-withdraw", args=[assignment.pk])
        assert "Choose another default" in browser.get(address).content.decode()
        browser.post(address)
        assert ProfileAssignment.objects.filter(pk=assignment.pk).exists()


class TestOrganization:
    def test_its_page_says_which_profile_applies_and_why(
        self, technician: User, signed_in: Callable[[User], Client], partner: Partner, profile: ConnectionProfile
    ) -> None:
        place = make_organizations(1, partner=partner)[0]
        assign(profile, group=make_group("Gold customers", [place]), rank=1)
        page = signed_in(technician).get(reverse("tenants:organization", args=[place.pk]), {"tab": "connection"})
        exchange, compliance = page.context["entries"]
        assert exchange.reasons.words == (
            f"Because of the group “Gold customers” (rank 1); the partner's default would be “{DEFAULT}”."
        )
        assert f"-ManagedIdentity -Organization '{place.initial_domain}'" in exchange.examples[0].text
        assert "Connect-IPPSSession" in compliance.examples[0].text
        assert not page.context["can_manage_profiles"]

    def test_without_a_profile_it_says_what_to_do(self, browser: Client, partner: Partner) -> None:
        ProfileAssignment.objects.all().delete()
        place = make_organizations(1, partner=partner)[0]
        page = browser.get(reverse("tenants:organization", args=[place.pk]), {"tab": "connection"})
        assert "choose a default for its partner" in page.content.decode()

    def test_the_list_shows_it_and_is_narrowed_by_it(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        places = make_organizations(3, partner=partner)
        assign(profile, organization=places[1])
        address = reverse("tenants:organizations")
        rows = {row.organization: row.ways[0] for row in browser.get(address).context["rows"]}
        assert [rows[place].profile.name for place in places] == [DEFAULT, "Machine", DEFAULT]
        narrowed = browser.get(address, {"profile": str(profile.pk)})
        assert [row.organization for row in narrowed.context["rows"]] == [places[1]]
        facets = {facet.title: facet for facet in narrowed.context["facets"]}
        assert {option.word: option.count for option in facets["Connection profile"].options} == {
            DEFAULT: 2,
            "Machine": 1,
        }
        assert browser.get(address, {"profile": str(partner.pk)}).context["ignored"]

    def test_a_group_by_rule_cannot_ask_for_a_profile(
        self, browser: Client, partner: Partner, profile: ConnectionProfile
    ) -> None:
        page = browser.get(reverse("tenants:group-by-rule"), {"profile": str(profile.pk)})
        assert "names a profile" in page.content.decode()
