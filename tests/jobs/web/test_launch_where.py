"""Where a run goes: filters, lists, files and exceptions on the launch page."""

from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState as S
from jobs.saved.models import LaunchDraft
from portal.accounts.models import User
from portal.core.actors import Source
from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_group, make_organizations, make_partner, make_run

SignIn = Callable[[User], Client]
URL = "/cmdlets/Get-Mailbox/launch/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    make_app_registration(make_partner())
    return signed_in(technician)


def chosen(browser: Client, data: Mapping[str, object]) -> list[Organization]:
    response = browser.post(URL, {"look": "save", **data})
    assert response.status_code == 200
    organizations: list[Organization] = response.context["preview"].chosen.organizations
    return organizations


class TestFilter:
    def test_from_the_list_of_organizations_is_taken_over_and_resolved_at_the_draft(self, browser: Client) -> None:
        lost = make_organizations(2, reachability="unreachable")
        make_organizations(2)

        response = browser.get(URL, {"match": "all", "reachability": "unreachable", "q": "customer"})
        form = response.context["form"]
        data = {"where": "filter", "filter.q": "customer", "filter.reachability": "unreachable"}
        browser.post(URL, data)

        assert (form.where.mode, form.where.chosen.organizations) == ("filter", lost)
        assert Run.objects.get().plan["organizations"] == sorted(str(o.tenant_id) for o in lost)

    def test_that_makes_no_sense_is_named(self, browser: Client) -> None:
        make_organizations(1)

        response = browser.get(URL, {"match": "all", "reachability": "rubbish"})

        assert any("“rubbish”" in note for note in response.context["notes"])
        assert response.context["form"].where.chosen.organizations == []

    def test_with_nothing_chosen_chooses_nobody(self, browser: Client) -> None:
        make_organizations(1)

        assert browser.post(URL, {"where": "filter"}).status_code == 422

    def test_of_a_value_that_nobody_has_any_more_stays_ticked(self, browser: Client) -> None:
        make_organizations(2)

        data = {"look": "save", "where": "filter", "filter.reachability": "unreachable"}
        page = browser.post(URL, data).content.decode()

        assert 'name="filter.reachability" value="unreachable" checked' in page


class TestList:
    def test_mixes_with_groups_and_single_ones_without_doubles(self, browser: Client) -> None:
        first, second, third, _other = make_organizations(4)
        names = f"jo@{first.default_domain}, {second.tenant_id}\n{first.name}"
        data = {"names": names, "group": str(make_group("Gold", [second]).pk), "organization": str(third.pk)}

        assert chosen(browser, data) == [first, second, third]

    def test_with_an_unknown_entry_is_refused_and_names_the_nearest(self, browser: Client) -> None:
        place = make_organizations(1, default_domain="contoso.com")[0]

        response = browser.post(URL, {"names": "contoso.com\ncontsoo.com"})
        page = response.content.decode()

        assert response.status_code == 422
        assert "1 entry of the list cannot be used: “contsoo.com”." in page
        assert "Line 2" in page
        assert 'name="mend" value="0:contoso.com"' in page
        assert not Run.objects.exists()
        assert response.context["preview"].chosen.organizations == [place]

    def test_mends_an_entry_with_one_click(self, browser: Client) -> None:
        place = make_organizations(1, default_domain="contoso.com")[0]

        response = browser.post(URL, {"names": "contsoo.com", "mend": "0:contoso.com"})

        assert response.context["form"].where.names == "contoso.com"
        assert response.context["preview"].chosen.organizations == [place]
        assert not Run.objects.exists()

    def test_removes_what_is_unclear_with_one_click(self, browser: Client) -> None:
        place = make_organizations(1)[0]

        response = browser.post(URL, {"names": f"x.example, {place.default_domain}", "remove_unclear": "yes"})

        assert response.context["form"].where.problems() == []
        assert response.context["preview"].chosen.organizations == [place]

    def test_of_a_megabyte_is_refused_with_its_size(self, browser: Client) -> None:
        response = browser.post(URL, {"names": "x" * 2**20})

        assert response.status_code == 422
        assert "1,048,576 characters" in response.content.decode()

    @pytest.mark.parametrize("change", ["", "x", "7:contoso.com", "0"])
    def test_a_senseless_correction_changes_nothing_else(self, browser: Client, change: str) -> None:
        assert browser.post(URL, {"names": "nobody.example", "mend": change}).status_code == 200


class TestFile:
    def test_fills_the_list_and_says_what_was_read(self, browser: Client) -> None:
        first, second = make_organizations(2)
        content = f"Nr;Domäne\n1;{second.default_domain}\n".encode("cp1252")

        data = {"names": first.default_domain, "names_file": SimpleUploadedFile("gold.csv", content)}
        response = browser.post(URL, {"look": "file", **data})

        assert response.context["preview"].chosen.organizations == [first, second]
        assert "gold.csv: column “Domäne”, 1 rows, stored as Windows-1252." in response.content.decode()

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"PK\x03\x04", "Save the sheet as CSV"),
            (b"a,b\nred,blue\n", "No column of the file names an organization"),
            (b"x" * 20_000_000, "20,000,000 bytes; at most 1,000,000"),
        ],
        ids=["workbook", "nobody", "20 MB"],
    )
    def test_that_cannot_be_read_is_explained_and_everything_typed_stays(
        self, browser: Client, content: bytes, words: str
    ) -> None:
        make_organizations(1)

        data = {"names": "kept.example", "reason": "why", "names_file": SimpleUploadedFile("x.csv", content)}
        response = browser.post(URL, data)

        assert response.status_code == 422
        assert words in response.content.decode()
        assert response.context["form"].where.names == "kept.example"
        assert response.context["form"].purpose["reason"].value() == "why"


class TestExceptions:
    def test_all_but_a_group_and_one_more(self, browser: Client) -> None:
        first, second, third = make_organizations(3)
        data = {"where": "all", "except_group": str(make_group("Gold", [first]).pk), "except": str(second.pk)}

        assert chosen(browser, data) == [third]

    def test_leaving_out_unticks_a_picked_one_and_excepts_a_member(self, browser: Client) -> None:
        picked, member, kept = make_organizations(3)
        data = {"group": str(make_group("Gold", [member, kept]).pk), "organization": str(picked.pk)}

        for place in (picked, member):
            response = browser.post(URL, {**data, "leave_out": str(place.pk)})
            where = response.context["form"].where
            assert place not in response.context["preview"].chosen.organizations
            assert where.except_ids == ([member.pk] if place == member else [])

        assert "Excepted by you" in response.content.decode()

    def test_all_that_are_expected_to_refuse_go_with_one_click(self, browser: Client) -> None:
        kept = make_organizations(1)
        make_organizations(
            2, reachability="unreachable", reachability_class="consent", reachability_reason="No consent"
        )

        response = browser.post(URL, {"where": "all", "leave_out_cause": "consent"})

        assert response.context["preview"].chosen.organizations == kept
        assert browser.post(URL, {"where": "all", "except": "", "leave_out_cause": "other"}).status_code in (200, 400)

    def test_can_be_taken_back(self, browser: Client) -> None:
        first, second = make_organizations(2)
        data = {"where": "all", "except": [str(first.pk), str(second.pk)]}

        one = browser.post(URL, {**data, "take_back": str(first.pk)}).context["preview"].chosen.organizations
        both = browser.post(URL, {**data, "take_back": "*"}).context["preview"].chosen.organizations

        assert (one, both) == ([first], [first, second])

    def test_a_deleted_group_is_shown_and_stops_the_launch(self, browser: Client) -> None:
        make_organizations(1)

        response = browser.post(URL, {"where": "all", "except_group": str(uuid4())})

        assert response.status_code == 422
        assert "A group that was deleted" in response.content.decode()
        assert not Run.objects.exists()


class TestAgain:
    def test_in_one_organization_of_a_run(self, browser: Client) -> None:
        run = make_run(cmdlet="Get-Mailbox", states=[S.FAILED, S.FAILED])
        place = run.targets.order_by("position")[0].organization

        form = browser.get(URL, {"from": str(run.pk), "organization": str(place.pk)}).context["form"]

        assert form.where.organization_ids == [place.pk]

    def test_never_where_the_outcome_is_unknown_and_says_so(self, browser: Client) -> None:
        run = make_run(cmdlet="Get-Mailbox", states=[S.UNKNOWN])
        place = run.targets.all()[0].organization

        response = browser.get(URL, {"from": str(run.pk), "organization": str(place.pk)})

        assert response.context["form"].where.organization_ids == []
        assert "The outcome there is unknown." in response.content.decode()

    def test_choosing_it_by_hand_is_warned_of(self, browser: Client) -> None:
        run = make_run(cmdlet="Get-Mailbox", states=[S.UNKNOWN])
        place = run.targets.all()[0].organization

        data = {"look": "save", "again": str(run.pk), "organization": str(place.pk)}

        assert "Chosen although the outcome there is unknown." in browser.post(URL, data).content.decode()


def test_launching_again_with_a_password_asks_for_it_in_its_parameter_set(browser: Client, technician: User) -> None:
    given = {"Name": "Robin", "MicrosoftOnlineServicesID": "robin@robin.example", "Password": "S3cret-word"}
    places = Selection(organization_ids=[make_organizations(1)[0].pk])
    actor = technician.as_actor(Source.WEB)
    run = draft_run(actor=actor, request=RunRequest("New-Mailbox", given, places))
    launch_run(actor=actor, run_id=run.pk)

    page = browser.get("/cmdlets/New-Mailbox/launch/", {"from": str(run.pk)}).content.decode()

    assert 'name="p.Password"' in page
    assert "Type it again, because secrets are not kept: Password." in page
    assert "S3cret-word" not in page


def test_estimates_from_earlier_runs_and_says_so(browser: Client) -> None:
    place = make_organizations(1)[0]
    data = {"look": "save", "organization": str(place.pk)}
    assert "No measure yet" in browser.post(URL, data).content.decode()

    make_run(cmdlet="Get-AcceptedDomain", organizations=1)
    assert "1 earlier run of other cmdlets of this service" in browser.post(URL, data).content.decode()

    make_run(cmdlet="Get-Mailbox", organizations=1)
    assert "1 earlier run of this cmdlet" in browser.post(URL, data).content.decode()


def test_the_preview_says_the_same_as_the_plan(browser: Client) -> None:
    make_organizations(2)
    data = {"p.Identity": "bob", "where": "all"}
    preview = browser.post(URL, {"look": "save", **data}).context["preview"]
    browser.post(URL, data)
    run = Run.objects.get()
    assert (preview.powershell, preview.chosen.number) == (run.powershell, run.target_count)
    assert LaunchDraft.objects.filter(run=run).exists()
