"""The pages of connection profiles: list, adding, changing, retiring."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.exports.listings import Selection, listing_named
from tenants.partner.models import Partner
from tenants.profiles.methods import BY_PASSWORD, Delegation, Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.services import allow_passwords, retire_profile
from tests.factories import (
    SYSTEM,
    assign,
    make_app_registration,
    make_group,
    make_organizations,
    make_partner,
    make_profile,
)
from tests.tenants.tokens.login_stub import make_token

LIST, ADD = reverse("tenants:profiles"), reverse("tenants:profile-add")


@pytest.fixture
def partner(db: None) -> Partner:
    return make_app_registration().partner


@pytest.fixture
def browser(administrator: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(administrator)


@pytest.fixture
def reader(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def names(client: Client, query: str = "") -> list[str]:
    return [row.profile.name for row in client.get(f"{LIST}?{query or 'all=1'}").context["rows"]]


def page_of(profile: ConnectionProfile, part: str = "") -> str:
    return reverse(f"tenants:profile{part}", args=[profile.pk])


class TestList:
    def test_a_row_says_who_signs_in_where_it_applies_and_when_it_ends(self, reader: Client, partner: Partner) -> None:
        places = make_organizations(5, partner=partner)
        profile = make_profile(partner, name="Service account", method=Method.DELEGATED, delegation="gdap")
        assign(profile, group=make_group("Gold", places[:2]))
        rows = {row.profile.name: row for row in reader.get(LIST).context["rows"]}
        default, other = rows["Application with certificate"], rows["Service account"]
        assert (default.applies, default.uses.default_for) == (3, "Exchange Online and Security & Compliance")
        assert (other.applies, other.uses.group_count) == (2, 1)
        assert f"{other.identity} {other.through}" == "The partner's service account through GDAP"
        assert default.ending.words == "certificate: 364 days left"

    @pytest.mark.parametrize(
        ("query", "kept"),
        [
            ("q=tess+acc", ["Account"]),
            ("method=device", ["Account"]),
            ("service=scc", ["Compliance"]),
            ("retired=yes", ["Old"]),
            ("retired=too", ["Account", "Application with certificate", "Compliance", "Old"]),
            ("sort=-name", ["Compliance", "Application with certificate", "Account"]),
        ],
    )
    def test_it_can_be_narrowed_and_sorted(self, reader: Client, partner: Partner, query: str, kept: list[str]) -> None:
        make_profile(partner, name="Account", method=Method.DEVICE, user_principal_name="tess@partner.example")
        make_profile(partner, name="Compliance", service="scc")
        retire_profile(actor=SYSTEM, profile=make_profile(partner, name="Old"))
        assert names(reader, query) == kept

    def test_nonsense_in_the_address_is_said(self, reader: Client, partner: Partner) -> None:
        page = reader.get(LIST, {"method": "telepathy", "sort": "luck", "cursor": "x", "x": "y"})
        assert len(page.context["ignored"]) == 4
        assert names(reader) == ["Application with certificate"]

    def test_the_number_of_queries_does_not_grow(self, reader: Client, partner: Partner) -> None:
        groups = [make_group(f"Group {number}") for number in range(2)]

        def queries(number: int) -> int:
            for each in range(number):
                profile = make_profile(partner)
                assign(profile, group=groups[each % 2])
                assign(profile, organization=make_organizations(1, partner=partner)[0])
            with CaptureQueriesContext(connection) as captured:
                assert len(reader.get(LIST).context["rows"]) == ConnectionProfile.objects.count()
            return len(captured)

        assert queries(2) == queries(20)

    def test_it_is_exported_as_it_is_filtered(self, partner: Partner) -> None:
        make_profile(partner, name="Account", method=Method.DEVICE)
        table = listing_named("connection-profiles").open(SYSTEM, Selection("", QueryDict("method=device")))
        assert [(row["Name"], row["Method"]) for row in table.rows()] == [("Account", "Device code")]


class TestAdd:
    def test_passwords_are_greyed_out_until_they_are_allowed(self, browser: Client, partner: Partner) -> None:
        def closed() -> set[Method]:
            kinds = browser.get(ADD).context["kinds"]
            return {card.method for _, cards in kinds for card in cards if not card.url}

        assert closed() == BY_PASSWORD
        allow_passwords(actor=SYSTEM, partner=partner, allowed=True)
        assert closed() == set()

    @pytest.mark.parametrize("method", list(Method))
    def test_each_method_has_its_own_fields_and_can_be_added(
        self, browser: Client, partner: Partner, method: Method
    ) -> None:
        allow_passwords(actor=SYSTEM, partner=partner, allowed=True)
        address = f"{ADD}?method={method}"
        form = browser.get(address).context["form"]
        assert ("thumbprint" in form.fields) == method.is_by_certificate
        assert ("user_principal_name" in form.fields) == method.is_personal
        assert ("access_token" in form.fields) == (method is Method.ACCESS_TOKEN)
        typed = {
            "name": "New",
            "service": "exo",
            "delegation": "gdap",
            "managed_identity": "a",
            "access_token": make_token(),
        }
        answer = browser.post(address, typed)
        added = ConnectionProfile.objects.get(name="New")
        assert (answer.status_code, answer["Location"]) == (303, page_of(added))
        assert added.method == method
        assert browser.get(page_of(added)).status_code == 200

    def test_a_closed_cloud_is_shown_and_cannot_be_chosen(self, browser: Client, partner: Partner) -> None:
        address = f"{ADD}?method=device"
        page = browser.get(address).content.decode()
        assert '<option value="O365GermanyCloud" disabled>' in page
        answer = browser.post(address, {"name": "x", "service": "exo", "environment": "O365GermanyCloud"})
        assert answer.status_code == 422
        assert "Microsoft closed this cloud in 2021" in str(answer.context["form"].errors["environment"])

    def test_a_refusal_stands_at_its_field_and_everything_typed_stays(self, browser: Client, partner: Partner) -> None:
        typed = {"name": "application with CERTIFICATE", "service": "scc", "note": "for <b>Gold</b>", "thumbprint": ""}
        answer = browser.post(f"{ADD}?method=app_certificate_file", typed)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "There is a connection profile" in str(answer.context["form"].errors["name"])
        assert "application with CERTIFICATE" in page
        assert "for &lt;b&gt;Gold&lt;/b&gt;" in page
        assert '<option value="scc" selected>' in page

    def test_an_access_token_is_never_shown_again(self, browser: Client, partner: Partner) -> None:
        token = make_token(exp=1)
        answer = browser.post(f"{ADD}?method=access_token", {"name": "T", "service": "exo", "access_token": token})
        assert answer.status_code == 422
        assert answer.context["form"].errors["access_token"]
        assert token not in answer.content.decode()

    def test_an_unknown_method_leads_to_the_choice(self, browser: Client, partner: Partner) -> None:
        page = browser.get(ADD, {"method": "telepathy", "partner": "x"})
        assert len(page.context["notes"]) == 2
        assert page.context["kinds"]

    def test_a_copy_starts_from_what_is_there(self, browser: Client, partner: Partner) -> None:
        profile = make_profile(partner, name="Gold", method=Method.DELEGATED, delegation=Delegation.CSP)
        form = browser.get(ADD, {"like": str(profile.pk)}).context["form"]
        assert (form["name"].value(), form["delegation"].value()) == ("Copy of Gold", "csp")

    def test_without_a_partner_it_leads_to_one(self, browser: Client) -> None:
        assert reverse("tenants:partner-connect") in browser.get(ADD).content.decode()


class TestProfile:
    def test_it_says_what_it_is_and_shows_the_script_of_the_organization_asked_for(
        self, reader: Client, partner: Partner
    ) -> None:
        place = make_organizations(2, partner=partner)[1]
        profile = make_profile(partner, method=Method.DELEGATED, delegation="gdap")
        page = reader.get(page_of(profile), {"organization": place.default_domain})
        assert page.context["sentence"] == (
            "The partner's service account signs in with its stored sign-in through GDAP, in each organization's own "
            "cloud, for Exchange Online and Security & Compliance."
        )
        assert f"-DelegatedOrganization '{place.initial_domain}'" in page.context["examples"][0].text
        assert "Connect-IPPSSession" in page.context["examples"][1].text
        assert "Disconnect-ExchangeOnline -Confirm:$false" in page.content.decode()
        assert f"{reverse('jobs:connections')}?method=delegated" in page.content.decode()

    def test_an_unknown_organization_is_said(self, reader: Client, partner: Partner) -> None:
        page = reader.get(page_of(make_profile(partner)), {"organization": "nowhere.example"})
        assert "There is no organization" in page.context["ignored"][0]

    def test_without_a_certificate_the_script_has_a_placeholder(self, reader: Client) -> None:
        page = reader.get(page_of(make_profile(make_partner())))
        assert "&lt;thumbprint&gt;" in page.content.decode()

    def test_those_who_may_only_look_find_no_button(self, reader: Client, partner: Partner) -> None:
        profile = make_profile(partner)
        assert not reader.get(page_of(profile)).context["can_manage"]
        for address in (
            ADD,
            page_of(profile, "-change"),
            page_of(profile, "-retire"),
            reverse("tenants:profile-assign"),
        ):
            assert reader.get(address).status_code == 403
            assert reader.post(address, {"name": "x"}).status_code == 403
        profile.refresh_from_db()
        assert profile.retired_at is None

    def test_one_that_is_not_there_is_404(self, reader: Client, partner: Partner) -> None:
        assert reader.get(reverse("tenants:profile", args=[partner.pk])).status_code == 404


class TestChangeAndRetire:
    def test_it_is_changed_and_its_token_stays_unless_typed(self, browser: Client, partner: Partner) -> None:
        browser.post(f"{ADD}?method=access_token", {"name": "T", "service": "exo", "access_token": make_token()})
        profile = ConnectionProfile.objects.get(name="T")
        answer = browser.post(page_of(profile, "-change"), {"name": "Renamed", "service": "exo", "access_token": ""})
        profile.refresh_from_db()
        assert (answer.status_code, profile.name, bool(profile.sealed_access_token)) == (303, "Renamed", True)

    def test_the_default_keeps_its_services_and_says_why(self, browser: Client, partner: Partner) -> None:
        profile = ConnectionProfile.objects.get(partner=partner)
        answer = browser.post(page_of(profile, "-change"), {"name": "x", "service": "exo"})
        assert answer.status_code == 422
        assert "default of its partner" in answer.content.decode()

    def test_retiring_says_how_many_lose_it_and_what_applies_instead(self, browser: Client, partner: Partner) -> None:
        profile = make_profile(partner, name="Gold way")
        assign(profile, group=make_group("Gold", make_organizations(3, partner=partner)))
        page = browser.get(page_of(profile, "-retire"))
        assert page.context["effect"].number == 3
        assert "to “Application with certificate”" in page.content.decode()
        assert browser.post(page_of(profile, "-retire")).status_code == 303
        profile.refresh_from_db()
        assert profile.retired_at

    def test_a_default_is_not_retired(self, browser: Client, partner: Partner) -> None:
        profile = ConnectionProfile.objects.get(partner=partner)
        assert "choose another one first" in browser.get(page_of(profile, "-retire")).content.decode()
        browser.post(page_of(profile, "-retire"))
        profile.refresh_from_db()
        assert profile.retired_at is None


class TestPasswords:
    def test_allowing_needs_the_tick_and_forbidding_does_not(self, browser: Client, partner: Partner) -> None:
        address = reverse("tenants:partner-passwords", args=[partner.pk])
        assert "no MFA" in browser.get(address).content.decode()
        assert browser.post(address).status_code == 422
        assert not Partner.objects.get().allows_passwords
        assert browser.post(address, {"confirmed": "yes"}).status_code == 303
        assert Partner.objects.get().allows_passwords
        assert browser.post(address).status_code == 303
        assert not Partner.objects.get().allows_passwords

    def test_technicians_may_not(self, reader: Client, partner: Partner) -> None:
        address = reverse("tenants:partner-passwords", args=[partner.pk])
        assert reader.post(address, {"confirmed": "yes"}).status_code == 403
