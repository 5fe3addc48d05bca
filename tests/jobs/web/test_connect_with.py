"""By which connection profile a launch gets in: chosen, kept, reviewed, refused."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from jobs.catalogue.cmdlets import find
from jobs.runs.models import Run
from jobs.runs.ways import FrozenWays
from jobs.saved.models import LaunchDraft
from jobs.saved.services import Definition, create_job
from portal.accounts.models import User
from portal.core.actors import Source
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.services import retire_profile
from tests.factories import SYSTEM, assign, make_app_registration, make_organizations, make_partner, make_profile

URL = "/cmdlets/Get-Mailbox/launch/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return make_app_registration().partner


@pytest.fixture
def places(partner: Partner) -> list[Organization]:
    return make_organizations(3, partner=partner)


@pytest.fixture
def profile(partner: Partner) -> ConnectionProfile:
    return make_profile(partner, name="Machine", method="managed_identity_system")


@pytest.fixture
def browser(signed_in: Callable[[User], Client], technician: User) -> Client:
    return signed_in(technician)


def ways_of(run: Run) -> FrozenWays:
    return FrozenWays.of_plan(run.plan)


def test_each_organization_uses_its_own_unless_one_is_chosen(
    browser: Client, places: list[Organization], profile: ConnectionProfile
) -> None:
    assign(profile, organization=places[0])
    browser.post(URL, {"where": "all"})
    ways = ways_of(Run.objects.get())
    assert [ways.facts(place.tenant_id).name for place in places] == ["Machine", *["Application with certificate"] * 2]
    assert ways.chosen == ""


def test_one_that_is_chosen_is_frozen_for_all_and_reviewed(
    browser: Client, places: list[Organization], profile: ConnectionProfile
) -> None:
    answer = browser.post(URL, {"where": "all", "connect_with": str(profile.pk)})
    run = Run.objects.get()
    assert {ways_of(run).facts(place.tenant_id).name for place in places} == {"Machine"}
    review = browser.get(answer["Location"])
    assert [(way.facts.name, way.number) for way in review.context["ways"]] == [("Machine", 3)]
    assert f'href="{reverse("tenants:profile", args=[profile.pk])}"' in review.content.decode()


def test_the_review_counts_organizations_by_profile(
    browser: Client, places: list[Organization], profile: ConnectionProfile
) -> None:
    assign(profile, organization=places[0])
    preview = browser.post(URL, {"where": "all", "look": "save"}).context["preview"]
    assert [(way.facts.name, way.number) for way in preview.ways] == [
        ("Application with certificate", 2),
        ("Machine", 1),
    ]


def test_profiles_of_one_name_are_told_apart_by_their_partner(browser: Client, places: list[Organization]) -> None:
    other = make_organizations(1, partner=make_app_registration(make_partner()).partner)[0]
    preview = browser.post(URL, {"where": "all", "look": "save"}).context["preview"]
    expected = [(places[0].partner.name, 3), (other.partner.name, 1)]
    assert [(way.partner, way.number) for way in preview.ways] == expected


def test_it_is_kept_with_the_draft_and_the_job_and_chosen_again_with_the_run(
    browser: Client, technician: User, places: list[Organization], profile: ConnectionProfile
) -> None:
    typed = {"where": "all", "connect_with": str(profile.pk)}
    browser.post(URL, typed)
    run, draft = Run.objects.get(), LaunchDraft.objects.get()
    data = QueryDict(mutable=True)
    data.update(typed)
    actor = technician.as_actor(Source.WEB)
    job = create_job(
        actor=actor, name="j", description="", shared=True, definition=Definition.of_forms(find("Get-Mailbox"), data)
    )
    LaunchDraft.objects.filter(run=run).update(run=None)
    for query in (f"draft={draft.pk}", f"job={job.pk}", f"from={run.pk}"):
        form = browser.get(f"{URL}?{query}").context["form"]
        assert form.connect_with.profile_id == profile.pk, query


def test_a_link_may_choose_it_and_a_filter_by_profile_does_not(
    browser: Client, places: list[Organization], profile: ConnectionProfile
) -> None:
    form = browser.get(URL, {"connect_with": str(profile.pk)}).context["form"]
    assert form.connect_with.profile_id == profile.pk
    form = browser.get(URL, {"match": "all", "profile": str(profile.pk)}).context["form"]
    assert form.connect_with.profile_id is None
    assert form.where.matching["profile"] == str(profile.pk)


def test_a_retired_one_is_a_problem_and_nothing_is_lost(
    browser: Client, places: list[Organization], profile: ConnectionProfile
) -> None:
    retire_profile(actor=SYSTEM, profile=profile)
    answer = browser.post(URL, {"where": "all", "connect_with": str(profile.pk), "p.ResultSize": "7", "reason": "why"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The connection profile that was chosen was retired" in page
    assert "A profile that was retired" in page
    assert answer.context["form"].what.texts == {"ResultSize": "7"}
    assert not Run.objects.exists()


def test_one_of_another_partner_cloud_or_service_is_a_problem(
    browser: Client, partner: Partner, places: list[Organization]
) -> None:
    foreign = make_profile(make_partner(), name="Foreign", method="managed_identity_system")
    national = make_profile(partner, name="China", method="managed_identity_system", environment="O365China")
    compliance = make_profile(partner, name="Compliance", method="managed_identity_system", service="scc")
    for other, sentence in (
        (foreign, "customer of another partner"),
        (national, "is in O365Default"),
        (compliance, "this cmdlet runs in Exchange Online"),
    ):
        answer = browser.post(URL, {"where": "all", "connect_with": str(other.pk)})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()


def test_an_organization_without_any_profile_is_a_problem(browser: Client, places: list[Organization]) -> None:
    ConnectionProfile.objects.get().assignments.all().delete()
    answer = browser.post(URL, {"where": "all"})
    assert answer.status_code == 422
    assert "No connection profile applies to" in answer.content.decode()


def test_the_command_line_names_it(
    places: list[Organization], profile: ConnectionProfile, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_profile(make_partner(), name="machine", method="managed_identity_system")
    for name, sentence in (("Nobody", "There are: Application"), ("Machine", f"“{other.partner}/machine”")):
        with pytest.raises((SystemExit, CommandError)):
            call_command("run_cmdlet", "Get-Mailbox", "--all", "--profile", name)
        assert sentence in capsys.readouterr().err
    assert not Run.objects.exists()
