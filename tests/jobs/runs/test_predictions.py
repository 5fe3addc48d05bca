"""What is expected of a plan, from what earlier tests and attempts showed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.launch import draft_run
from jobs.planning import RunRequest
from jobs.runs.calls import StepRequest
from jobs.runs.models import Run
from jobs.runs.predictions import Prediction, predictions
from jobs.runs.selection import Selection
from jobs.saved.models import LaunchDraft
from portal.accounts.models import User
from portal.core.actors import Actor
from tenants.app_registrations.models import AppRegistration
from tenants.capabilities.models import Capabilities
from tenants.organizations.models import Organization, Reachability
from tenants.partner.services import store_partner_sign_in
from tenants.profiles.methods import Delegation, Method
from tests.factories import (
    SYSTEM,
    assign,
    make_app_registration,
    make_capabilities,
    make_organizations,
    make_profile,
    make_sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def registration(db: None) -> AppRegistration:
    return make_app_registration()


def drafted(organizations: list[Organization], *, actor: Any = SYSTEM, **more: Any) -> Run:
    selection = Selection(organization_ids=[organization.pk for organization in organizations])
    return draft_run(actor=actor, request=RunRequest("Get-Mailbox", {}, selection, **more))


def expected_of(organizations: list[Organization], **more: Any) -> dict[str, Prediction]:
    plan = drafted(organizations, **more).plan
    return {each.error_class: each for each in predictions(actor=SYSTEM, plan=plan, organizations=organizations)}


def test_tells_who_lacks_the_cmdlet_who_was_not_tested_and_who_is_lost(
    registration: AppRegistration,
) -> None:
    places = make_organizations(8, partner=registration.partner)
    old = timezone.now() - timedelta(hours=2)
    make_capabilities(places[:3], "Get-AcceptedDomain", read_at=old)
    make_capabilities(places[3:5], "get-mailbox")
    lost = places[5:6]
    Organization.objects.filter(pk=lost[0].pk).update(
        reachability=Reachability.UNREACHABLE, reachability_class="no_consent", reachability_reason="No consent"
    )
    lost[0].refresh_from_db()
    found = expected_of(places)
    assert {key: len(each.organizations) for key, each in found.items()} == {
        "cmdlet_absent": 3,
        "no_consent": 1,
        "untested": 2,
    }
    absent = found["cmdlet_absent"]
    assert absent.reason == "Get-Mailbox is not offered here: role missing"
    assert absent.read_at == old
    assert absent.refuses
    assert not found["untested"].refuses


def test_every_step_is_looked_at_with_the_same_number_of_queries(registration: AppRegistration) -> None:
    places = make_organizations(3, partner=registration.partner)
    make_capabilities(places[:1], "Get-AcceptedDomain", "Get-Mailbox")
    make_capabilities(places[1:2], "Get-Mailbox")
    make_capabilities(places[2:], "Get-AcceptedDomain", "Get-Mailbox", "Get-Recipient")
    later = [StepRequest("Get-AcceptedDomain", {}), StepRequest("Get-Recipient", {})]

    def counted(later_steps: list[StepRequest]) -> tuple[list[Prediction], int]:
        plan = drafted(places, later_steps=later_steps).plan
        with CaptureQueriesContext(connection) as queries:
            found = predictions(actor=SYSTEM, plan=plan, organizations=places)
        return found, len(queries)

    (none, few), ((absent,), many) = counted([]), counted(later)
    assert none == []
    assert absent.reason == "Step 2, Get-AcceptedDomain, or step 3, Get-Recipient, is not offered here: role missing"
    assert absent.organizations == places[:2]
    assert few == many


def test_an_outdated_reading_is_no_knowledge(registration: AppRegistration) -> None:
    places = make_organizations(1, partner=registration.partner)
    make_capabilities(places, "Get-AcceptedDomain", outdated_at=timezone.now(), outdated_by="Get-Mailbox")
    assert list(expected_of(places)) == ["outdated"]


def test_asks_about_the_profile_of_the_plan_and_its_service_only(registration: AppRegistration) -> None:
    places = make_organizations(1, partner=registration.partner)
    other = make_profile(registration.partner)
    make_capabilities(places, "Get-AcceptedDomain")
    make_capabilities(places, "Get-Mailbox", profile=other)
    make_capabilities(places, "Get-Mailbox", service="scc", profile=other)
    assert list(expected_of(places)) == ["cmdlet_absent"]
    assert expected_of(places, profile_id=other.pk) == {}


def test_what_somebody_else_was_offered_says_nothing_about_ones_own_account(
    registration: AppRegistration, technician: User, acting: Callable[[User], Actor]
) -> None:
    partner = registration.partner
    places, actor = make_organizations(1, partner=partner), acting(technician)
    own = make_profile(partner, method=Method.INTERACTIVE, delegation=Delegation.GDAP)
    make_capabilities(places, "Get-AcceptedDomain", profile=own, identity="omar@partner.example")
    make_sign_in(technician, partner, user_principal_name="tess@partner.example")
    plan = drafted(places, actor=actor, profile_id=own.pk).plan

    def expected() -> list[str]:
        return [each.error_class for each in predictions(actor=actor, plan=plan, organizations=places)]

    assert expected() == ["untested"]
    Capabilities.objects.update(identity="tess@partner.example")
    assert expected() == ["cmdlet_absent"]


def test_who_is_out_of_reach_otherwise_may_be_entered_by_another_profile_or_by_oneself(
    registration: AppRegistration, technician: User, acting: Callable[[User], Actor]
) -> None:
    partner = registration.partner
    [place] = make_organizations(1, partner=partner)
    place.reachability, place.reachability_class = Reachability.UNREACHABLE, "no_consent"
    place.save()
    other = make_profile(partner)
    assert list(expected_of([place])) == ["no_consent"]
    assert list(expected_of([place], profile_id=other.pk)) == ["untested"]
    assign(other, organization=place)
    assert list(expected_of([place], profile_id=other.pk)) == ["no_consent"]
    own = make_profile(partner, method=Method.INTERACTIVE, delegation=Delegation.GDAP)
    plan = drafted([place], actor=acting(technician), profile_id=own.pk).plan
    assert [each.error_class for each in predictions(actor=SYSTEM, plan=plan, organizations=[place])] == ["untested"]


def test_what_another_application_or_service_account_was_offered_says_nothing(registration: AppRegistration) -> None:
    partner = registration.partner
    places = make_organizations(1, partner=partner)
    make_capabilities(places, "Get-AcceptedDomain")
    assert list(expected_of(places)) == ["cmdlet_absent"]
    Capabilities.objects.update(identity=f"application {uuid4()}, certificate 12345678…")
    assert list(expected_of(places)) == ["untested"]
    delegated = make_profile(partner, method=Method.DELEGATED, delegation=Delegation.GDAP)
    make_capabilities(places, "Get-AcceptedDomain", profile=delegated, identity="old@partner.example")
    assert list(expected_of(places, profile_id=delegated.pk)) == ["untested"]
    store_partner_sign_in(
        actor=SYSTEM, partner=partner, user_principal_name="old@partner.example", refresh_token="secret"
    )
    assert list(expected_of(places, profile_id=delegated.pk)) == ["cmdlet_absent"]


def test_a_name_inside_another_is_not_that_cmdlet(registration: AppRegistration) -> None:
    places = make_organizations(1, partner=registration.partner)
    make_capabilities(places, "Get-MailboxStatistics", "Forget-Mailbox")
    assert list(expected_of(places)) == ["cmdlet_absent"]


def test_asks_as_often_for_many_organizations_as_for_few(registration: AppRegistration) -> None:
    def queries(number: int) -> int:
        places = make_organizations(number, partner=registration.partner)
        make_capabilities(places[: number // 2], "Get-AcceptedDomain")
        plan = drafted(places).plan
        with CaptureQueriesContext(
            connection,
        ) as asked:
            predictions(actor=SYSTEM, plan=plan, organizations=places)
        return len(asked)

    assert queries(4) == queries(60) == 2


class TestPages:
    @pytest.fixture
    def browser(self, signed_in: Callable[[User], Client], technician: User) -> Client:
        return signed_in(technician)

    def test_the_launch_form_leaves_out_who_lacks_the_cmdlet(
        self, browser: Client, registration: AppRegistration
    ) -> None:
        places = make_organizations(3, partner=registration.partner)
        make_capabilities(places[:1], "Get-AcceptedDomain")
        make_capabilities(places[1:2], "Get-Mailbox")
        url = "/cmdlets/Get-Mailbox/launch/"
        page = browser.post(url, {"where": "all", "look": "where"})
        assert [len(cause.organizations) for cause in page.context["preview"].expected.causes] == [1]
        assert "Not known: never tested with this connection profile" in page.content.decode()
        left = browser.post(url, {"where": "all", "leave_out_cause": "cmdlet_absent"})
        assert [each.pk for each in left.context["preview"].chosen.organizations] == [each.pk for each in places[1:]]

    def test_the_review_leaves_out_who_lacks_the_cmdlet(self, browser: Client, registration: AppRegistration) -> None:
        places = make_organizations(3, partner=registration.partner)
        make_capabilities(places[:1], "Get-AcceptedDomain")
        make_capabilities(places[1:], "Get-Mailbox")
        answer = browser.post("/cmdlets/Get-Mailbox/launch/", {"where": "all"})
        review = browser.get(answer["Location"])
        assert "Get-Mailbox is not offered here: role missing" in review.content.decode()
        assert "as read" in review.content.decode()
        run = Run.objects.get()
        again = browser.post(f"/runs/{run.pk}/without/", {"cause": "cmdlet_absent"})
        assert again.status_code == 303
        newest = LaunchDraft.objects.get().run
        assert newest
        assert newest.plan["organizations"] == sorted(str(each.tenant_id) for each in places[1:])
