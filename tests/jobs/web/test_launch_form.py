"""The launch page: a typed form that loses nothing."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.runs.models import Run
from jobs.runs.states import TargetState as S
from jobs.web.again import LOOK_FIRST
from portal.accounts.models import User
from tenants.variables.services import Setting, set_variables
from tests.factories import SYSTEM, make_app_registration, make_group, make_organizations, make_partner, make_run

SignIn = Callable[[User], Client]
URL = "/cmdlets/Set-Mailbox/launch/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    make_app_registration(make_partner())
    return signed_in(technician)


class TestDraft:
    def test_leads_to_the_review_of_a_frozen_plan(self, browser: Client) -> None:
        places = make_organizations(3)

        response = browser.post(
            URL,
            {
                "p.Identity": "bob@example.com",
                "p.EmailAddresses": "+smtp:a@example.com\r\n-smtp:b@example.com",
                "p.HiddenFromAddressListsEnabled": "yes",
                "p.Archive": "",
                "where": "chosen",
                "organization": [str(places[0].pk), str(places[2].pk)],
                "reason": "why",
                "ticket": "T-1",
            },
        )

        run = Run.objects.get()
        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{run.pk}/review/")
        assert run.plan["organizations"] == sorted(str(p.tenant_id) for p in (places[0], places[2]))
        assert run.parameters["EmailAddresses"]["Add"] == ["smtp:a@example.com"]
        assert run.parameters["HiddenFromAddressListsEnabled"] is True
        assert "Archive" not in run.parameters
        assert (run.reason, run.ticket) == ("why", "T-1")

    def test_everything_typed_survives_a_refusal(self, browser: Client) -> None:
        places = make_organizations(60)
        group = make_group("Schools", places[:2])
        typed = {
            "p.Identity": 'b"o<b>b',
            "p.MaxSendSize": "a lot",
            "p.EmailAddresses": "\nfirst line\nsecond",
            "p.AuditEnabled": "no",
            "where": "chosen",
            "group": str(group.pk),
            "organization": str(places[59].pk),
            "find": "Customer",
            "reason": "because <i>",
            "ticket": "T-9",
        }

        response = browser.post(URL, typed)
        page = response.content.decode()

        assert response.status_code == 422
        assert not Run.objects.exists()
        assert 'value="b&quot;o&lt;b&gt;b"' in page
        assert "<b>b" not in page
        assert 'value="a lot"' in page
        assert "\nfirst line\nsecond</textarea>" in unescape(page)
        assert 'name="p.AuditEnabled" value="no" checked' in page
        assert f'value="{group.pk}" checked' in page
        assert f'value="{places[59].pk}" checked' in page
        assert "because &lt;i&gt;" in page
        assert 'value="T-9"' in page

    def test_problems_stand_at_their_field_and_on_top(self, browser: Client) -> None:
        response = browser.post(URL, {"p.Identity": "bob", "p.MaxSendSize": "a lot", "where": "all"})
        page = response.content.decode()

        field = next(f for f in response.context["fields"].all if f.name == "MaxSendSize")
        assert field.problems
        assert 'href="#p-MaxSendSize"' in page
        assert page.count(field.problems[0].problem) == 2

    def test_no_organization_is_a_problem(self, browser: Client) -> None:
        response = browser.post("/cmdlets/Get-Mailbox/launch/", {"where": "chosen"})

        assert response.status_code == 422
        assert "No organization is chosen" in response.content.decode()

    def test_unknown_parameter_is_refused_with_a_suggestion(self, browser: Client) -> None:
        make_organizations(1)

        response = browser.post(URL, {"p.Identity": "bob", "p.HiddenFromAddressListEnabled": "yes", "where": "all"})

        assert response.status_code == 422
        assert "HiddenFromAddressListsEnabled" in response.context["form"].problems[0].suggestion

    def test_value_of_another_set_is_kept_and_not_sent(self, browser: Client) -> None:
        make_organizations(1)
        typed = {"p.Identity": "bob", "p.Anr": "ann", "set": "Identity", "where": "all"}

        review = browser.post("/cmdlets/Get-Mailbox/launch/", typed, follow=True)

        assert Run.objects.get().parameters == {"Identity": "bob"}
        assert "another parameter set has them: Anr" in review.content.decode()

    def test_missing_certificate_is_explained(self, signed_in: SignIn, technician: User) -> None:
        make_organizations(1)

        response = signed_in(technician).post("/cmdlets/Get-Mailbox/launch/", {"where": "all"})

        assert response.status_code == 422
        assert "has no certificate" in response.content.decode()

    @pytest.mark.parametrize(
        "data",
        [{"reason": "x" * 501}, {"ticket": "x" * 101}, {"reason": "a\x00b"}],
        ids=["long reason", "long ticket", "null character"],
    )
    def test_what_cannot_be_stored_is_refused(self, browser: Client, data: dict[str, str]) -> None:
        make_organizations(1)

        assert browser.post("/cmdlets/Get-Mailbox/launch/", {"where": "all", **data}).status_code == 422

    def test_unreadable_id_is_400(self, browser: Client) -> None:
        assert browser.post(URL, {"organization": "x"}).status_code == 400


class TestForm:
    def test_leaves_out_what_cannot_be_given(self, browser: Client) -> None:
        page = browser.get("/cmdlets/New-Mailbox/launch/", {"set": "User"}).content.decode()

        assert 'name="p.Confirm"' not in page
        assert 'name="p.Database"' not in page

    def test_controls_follow_the_type(self, browser: Client) -> None:
        fields = browser.get(URL).context["fields"]
        controls = {f.name: f.control for f in fields.all}

        assert controls["Identity"] == "text"
        assert controls["AuditEnabled"] == "tristate"
        assert controls["Force"] == "tristate"
        assert controls["EmailAddresses"] == "change"
        assert controls["Type"] == "select"

    def test_required_fields_come_first(self, browser: Client) -> None:
        assert [field.name for field in browser.get(URL).context["fields"].required] == ["Identity"]

    def test_changing_the_set_keeps_what_was_typed_and_drafts_nothing(self, browser: Client) -> None:
        response = browser.post("/cmdlets/Get-Mailbox/launch/", {"choose_set": "AnrSet", "p.Identity": "bob"})

        assert response.status_code == 200
        assert response.context["form"].what.chosen_set.name == "AnrSet"
        assert response.context["fields"].elsewhere == {"Identity": "bob"}
        assert not Run.objects.exists()

    def test_counts_live(self, browser: Client) -> None:
        places = make_organizations(4)
        make_organizations(1, reachability="unreachable")
        group = make_group("Both", places[:3])
        data = {"look": "count", "where": "chosen", "group": str(group.pk), "organization": str(places[3].pk)}
        headers = {"HX-Request": "true", "HX-Target": "live"}

        some = browser.post(URL, data, headers=headers).content.decode()
        everything = browser.post(URL, {"look": "count", "where": "all"}, headers=headers).content.decode()

        assert "<strong>4 organizations</strong> chosen\n</div>" in some
        assert "<strong>5 organizations</strong> chosen, 1 of them not reachable" in everything
        assert "<html" not in some

    def test_search_keeps_the_picked_ones(self, browser: Client) -> None:
        picked, found, other = (
            make_organizations(1, name="Zeta") + make_organizations(1, name="Alpha") + make_organizations(1)
        )
        data = {"look": "find", "find": "alph", "organization": str(picked.pk)}

        page = browser.post(URL, data, headers={"HX-Request": "true", "HX-Target": "organizations"}).content.decode()

        assert f'value="{picked.pk}" checked' in page
        assert f'value="{found.pk}"' in page
        assert f'value="{other.pk}"' not in page

    def test_prefills_picked_organizations(self, browser: Client) -> None:
        place = make_organizations(1)[0]

        assert f'value="{place.pk}" checked' in browser.get(URL, {"organization": str(place.pk)}).content.decode()

    def test_refused_cmdlet_has_no_review_button(self, browser: Client) -> None:
        page = browser.get("/cmdlets/Connect-ExchangeOnline/launch/").content.decode()

        assert "Review…" not in page

    @pytest.mark.parametrize("number", [10, 40])
    def test_query_count_does_not_grow(
        self, browser: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        places = make_organizations(number)
        for index in range(number // 5):
            make_group(f"Group {index}", places[:index])

        with django_assert_num_queries(20):
            browser.get(URL, {"organization": [str(place.pk) for place in places]})


class TestUsedAgain:
    def test_back_from_review_fills_everything_in(self, browser: Client) -> None:
        make_organizations(2)
        browser.post(URL, {"p.Identity": "bob", "p.Archive": "", "where": "all", "reason": "why", "set": "Identity"})

        form = browser.get(URL, {"from": str(Run.objects.get().pk)}).context["form"]

        assert form.what.texts == {"Identity": "bob"}
        assert form.where.mode == "all"
        assert form.purpose["reason"].value() == "why"

    def test_another_session_finds_it_too(self, browser: Client, signed_in: SignIn, technician: User) -> None:
        places = make_organizations(2)
        texts = {
            "p.Identity": "bob",
            "p.EmailAddresses": "+smtp:a@example.com\n-smtp:b@example.com",
            "p.AuditEnabled": "no",
            "p.Force": "on",
            "p.LitigationHoldDate": "2027-03-01 10:00",
        }
        browser.post(URL, {**texts, "where": "all"})
        draft = Run.objects.get()

        form = signed_in(technician).get(URL, {"from": str(draft.pk)}).context["form"]
        again = signed_in(technician).post(
            URL, {**{f"p.{name}": text for name, text in form.what.texts.items()}, "where": "all"}
        )

        assert form.where.chosen.organizations == places
        assert again.status_code == 303
        assert Run.objects.exclude(pk=draft.pk).get().parameters == draft.parameters

    def test_organizations_whose_outcome_is_unknown_are_not_chosen_again(
        self, browser: Client, technician: User
    ) -> None:
        states = [S.SUCCEEDED, S.FAILED, S.UNKNOWN]
        run = make_run(cmdlet="Set-Mailbox", effect="absolute_set", states=states, requested_by=technician)
        run.targets.exclude(state=S.SUCCEEDED).update(error_class="lost")

        response = browser.get(URL, {"from": str(run.pk)})

        unknown = run.targets.get(state=S.UNKNOWN).organization_id
        assert unknown not in response.context["form"].where.organization_ids
        assert "<strong>1 organization</strong>: The outcome there is unknown." in response.content.decode()
        assert LOOK_FIRST in response.content.decode()

    def test_not_even_if_everything_was_chosen(self, browser: Client) -> None:
        places = make_organizations(2)
        browser.post(URL, {"p.Identity": "bob", "where": "all"})
        run = Run.objects.get()
        browser.post(f"/runs/{run.pk}/launch/")
        lost = run.targets.get(organization=places[0])
        run.targets.filter(pk=lost.pk).update(state=S.UNKNOWN, finished_at=timezone.now())

        form = browser.get(URL, {"from": str(run.pk)}).context["form"]

        assert form.what.texts["Identity"] == "bob"
        assert form.where.mode == "chosen"
        assert form.where.organization_ids == [places[1].pk]


class TestAccess:
    def test_not_signed_in(self, client: Client) -> None:
        assert client.post(URL).status_code == 302

    def test_wrong_role(self, signed_in: SignIn, auditor: User) -> None:
        assert signed_in(auditor).get(URL).status_code == 403
        assert signed_in(auditor).post(URL, {"p.Identity": "x", "where": "all"}).status_code == 403

    def test_wrong_method(self, browser: Client) -> None:
        assert browser.delete(URL).status_code == 405

    def test_unknown_cmdlet(self, browser: Client) -> None:
        assert browser.post("/cmdlets/Set-Malbox/launch/").status_code == 404


def test_the_help_lists_the_variables_that_people_set(browser: Client) -> None:
    (place,) = make_organizations(1)
    assert "{helpdesk}" not in browser.get(URL).content.decode()
    set_variables(actor=SYSTEM, settings=[Setting(place.pk, "helpdesk", "help@x.example")])
    page = browser.get(URL).content.decode()
    assert "<code>{helpdesk}</code>" in page
    assert "<code>{{word}}</code> is sent as <code>{word}</code>" in page
