"""Testing connections from the browser: at once for one organization, after a question for more."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs.runs.models import Run
from jobs.runs.purposes import Purpose
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from tenants.app_registrations.models import AppRegistration
from tests.factories import make_app_registration, make_group, make_organizations, make_person, make_profile, make_run

SignIn = Callable[[User], Client]
URL = "/connections/test/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


@pytest.fixture
def registration(db: None) -> AppRegistration:
    return make_app_registration()


def test_one_organization_is_tested_at_once(browser: Client, registration: AppRegistration) -> None:
    [organization] = make_organizations(1)
    answer = browser.post(URL, {"organization": str(organization.pk)})
    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/runs/{run.pk}/")
    assert (run.cmdlet, run.state, run.purpose) == ("Get-AcceptedDomain", RunState.QUEUED, Purpose.CONNECTION_TEST)
    assert run.plan["purpose"] == "connection_test"
    assert str(run) == "Connection test in 1 organization"
    assert AuditEvent.objects.filter(action="run.launched", run_id=run.pk).exists()


def test_many_are_asked_about_with_their_number_first(browser: Client, registration: AppRegistration) -> None:
    make_organizations(3)
    page = browser.post(URL, {"match": "all"})
    assert (page.status_code, Run.objects.count()) == (200, 0)
    assert "Test the connection to 3 organizations" in page.content.decode()
    assert "No measure yet" in page.content.decode()
    answer = browser.post(URL, {"match": "all", "service": "exo", "with_profile": "", "confirmed": "yes"})
    assert answer.status_code == 303
    assert Run.objects.get().target_count == 3


def test_both_services_are_two_runs(browser: Client, registration: AppRegistration) -> None:
    group = make_group("Gold", make_organizations(2))
    browser.post(URL, {"group": str(group.pk), "service": "both", "with_profile": "", "confirmed": "yes"})
    assert set(Run.objects.values_list("service", "cmdlet")) == {
        ("exo", "Get-AcceptedDomain"),
        ("scc", "Get-ProtectionAlert"),
    }


def test_a_filter_narrows_and_a_senseless_one_is_refused(browser: Client, registration: AppRegistration) -> None:
    make_organizations(2)
    [wanted] = make_organizations(1, name="Wanted")
    browser.post(URL, {"match": "all", "q": "wanted"})
    assert Run.objects.get().plan["organizations"] == [str(wanted.tenant_id)]
    answer = browser.post(URL, {"match": "all", "cloud": "nowhere"}, follow=True)
    assert "makes no sense" in answer.content.decode()
    assert Run.objects.count() == 1


@pytest.mark.parametrize("data", [{}, {"organization": "x"}, {"group": "x"}, {"from": "x"}, {"from": "0" * 32}])
def test_nonsense_leads_back_with_a_sentence(browser: Client, data: dict[str, str]) -> None:
    answer = browser.post(URL, data)
    assert (answer.status_code, answer["Location"]) == (303, "/organizations/")
    assert not Run.objects.exists()


def test_a_profile_of_another_partner_is_refused_and_the_form_kept(
    browser: Client, registration: AppRegistration
) -> None:
    [organization] = make_organizations(1, partner=registration.partner)
    foreign = make_profile(make_app_registration().partner)
    data = {"organization": str(organization.pk), "service": "scc", "with_profile": str(foreign.pk)}
    answer = browser.post(URL, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "another partner" in page
    assert f'<option value="{foreign.pk}" selected>' in page
    assert '<option value="scc" selected>' in page
    assert not Run.objects.exists()


def test_another_profile_goes_into_the_plan(browser: Client, registration: AppRegistration) -> None:
    [organization] = make_organizations(1, partner=registration.partner)
    profile = make_profile(registration.partner, name="Tried out")
    browser.post(URL, {"organization": str(organization.pk), "service": "exo", "with_profile": str(profile.pk)})
    assert Run.objects.get().plan["connection"]["usual"] == str(profile.pk)


def test_a_profile_is_tried_in_all_organizations_not_only_where_it_applies(
    browser: Client, registration: AppRegistration
) -> None:
    make_organizations(2, partner=registration.partner)
    profile = make_profile(registration.partner, name="Tried out")
    sent = {"match": "all", "service": "exo", "with_profile": str(profile.pk), "confirmed": "yes"}
    assert browser.post(URL, sent).status_code == 303
    assert Run.objects.get().target_count == 2


def test_only_who_may_launch(signed_in: SignIn) -> None:
    assert signed_in(make_person(Role.AUDITOR)).get(URL, {"match": "all"}).status_code == 403


def test_again_leads_to_the_organizations_of_the_test(browser: Client, registration: AppRegistration) -> None:
    places = make_organizations(3, partner=registration.partner)
    earlier = make_run(organizations=places[:2], purpose=Purpose.CONNECTION_TEST)
    page = browser.get(f"/runs/{earlier.pk}/").content.decode()
    assert f"{URL}?from={earlier.pk}&amp;service=exo" in page
    form = browser.get(URL, {"from": str(earlier.pk)})
    assert form.context["number"] == 2
    browser.post(URL, {"from": str(earlier.pk), "confirmed": "yes"})
    again = Run.objects.exclude(pk=earlier.pk).get()
    assert sorted(again.plan["organizations"]) == sorted(str(place.tenant_id) for place in places[:2])


def test_the_page_of_a_test_speaks_of_reaching(browser: Client) -> None:
    run = make_run(
        organizations=2, purpose=Purpose.CONNECTION_TEST, states=[TargetState.SUCCEEDED, TargetState.ERRORED]
    )
    page: Any = browser.get(f"/runs/{run.pk}/")
    assert "1 reachable, 1 cannot be reached" in page.context["live"].sentence
    assert "Connection test in 2 organizations" in page.content.decode()
