"""What a person signed in to ends with his session here, and is nobody else's meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.dispatch.sweep import sweep
from portal.accounts.models import User
from portal.accounts.sessions.models import Session
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tenants.sign_ins.pending import keep_pending
from tenants.sign_ins.sessions import hash_of
from tests.factories import make_organizations, make_partner, make_person, make_profile, make_sign_in

pytestmark = pytest.mark.django_db
LIST = reverse("tenants:sign-ins")


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def session_in(browser: Client) -> str:
    return hash_of(str(browser.session.session_key))


def signed_in_to(browser: Client, person: User, **values: Any) -> PersonalSignIn:
    return make_sign_in(person, make_partner(), session=session_in(browser), **values)


def begun(browser: Client, actor: Any) -> None:
    partner = make_partner()
    ends_at = timezone.now() + timedelta(minutes=5)
    facts = {"tenant_id": partner.tenant_id, "tenant_name": partner.name, "partner_id": partner.pk}
    pending = PendingSignIn(session=session_in(browser), method=Method.INTERACTIVE, ends_at=ends_at, **facts)
    keep_pending(actor=actor, pending=pending, flow={"state": "x"})


def reasons() -> list[str]:
    ended = AuditEvent.objects.filter(action="personal_sign_in.ended").order_by("pk")
    return [event.data["reason"] for event in ended]


def unfinished() -> AuditEvent:
    return AuditEvent.objects.get(action="personal_sign_in.left_unfinished")


def test_signing_out_of_the_portal_ends_it_with_what_is_under_way(
    browser: Client, technician: User, acting: Any
) -> None:
    signed_in_to(browser, technician)
    begun(browser, acting(technician))
    browser.post(reverse("accounts:sign-out"))
    assert not PersonalSignIn.objects.exists()
    assert not PendingSignIn.objects.exists()
    assert reasons() == ["signed out of Signalbox"]
    assert AuditEvent.objects.get(action="personal_sign_in.ended").actor_id == str(technician.pk)
    assert (unfinished().actor_id, unfinished().data["reason"]) == (str(technician.pk), "signed out of Signalbox")


def test_another_session_of_the_same_person_keeps_its_own(
    browser: Client, technician: User, signed_in: Callable[[User], Client]
) -> None:
    other = signed_in(technician)
    signed_in_to(other, technician)
    browser.post(reverse("accounts:sign-out"))
    assert PersonalSignIn.objects.count() == 1


def test_a_session_that_is_deleted_takes_it_along_with_what_is_under_way(
    browser: Client, technician: User, acting: Any
) -> None:
    signed_in_to(browser, technician)
    begun(browser, acting(technician))
    Session.objects.all().delete()
    assert not PersonalSignIn.objects.exists()
    assert not PendingSignIn.objects.exists()
    assert reasons() == [unfinished().data["reason"]] == ["the session in Signalbox ended"]


def test_the_sweeper_deletes_what_is_over(browser: Client, technician: User, acting: Any) -> None:
    now = timezone.now()
    over = signed_in_to(browser, technician, ends_at=now - timedelta(seconds=1))
    kept = signed_in_to(browser, technician)
    begun(browser, acting(technician))
    PendingSignIn.objects.update(ends_at=now - timedelta(seconds=1))
    sweep()
    assert list(PersonalSignIn.objects.all()) == [kept]
    assert not PendingSignIn.objects.exists()
    assert reasons() == [unfinished().data["reason"]] == ["its time was over"]
    assert AuditEvent.objects.get(action="personal_sign_in.ended").data["account"] == over.user_principal_name
    assert unfinished().data["person"] == str(technician.pk)


def test_a_person_who_is_deleted_takes_session_and_sign_in_along(
    browser: Client, technician: User, acting: Any
) -> None:
    begun(browser, acting(technician))
    technician.delete()
    assert not Session.objects.exists()
    assert not PendingSignIn.objects.exists()
    assert unfinished().data["reason"] == "the session in Signalbox ended"


class TestPage:
    def test_shows_only_the_persons_own_that_are_alive(self, browser: Client, technician: User) -> None:
        signed_in_to(browser, technician, user_principal_name="mine@x.example", signed_in_with_mfa=False)
        signed_in_to(browser, technician, user_principal_name="over@x.example", ends_at=timezone.now())
        make_sign_in(make_person(), make_partner(), user_principal_name="theirs@x.example")
        page = browser.get(LIST).content.decode()
        assert "mine@x.example" in page
        assert "not used" in page
        assert "theirs@x.example" not in page
        assert "over@x.example" not in page

    def test_lists_profiles_that_people_sign_in_with(self, browser: Client) -> None:
        partner = make_partner()
        own = make_profile(partner, name="Own account", method=Method.DEVICE, delegation=Delegation.CSP)
        make_profile(partner, name="Retired one", method=Method.DEVICE, retired_at=timezone.now())
        page = browser.get(LIST).content.decode()
        assert reverse("tenants:sign-in-begin", args=[own.pk]) in page
        assert "Retired one" not in page
        assert "Application with certificate" not in page

    def test_asks_the_database_as_often_for_one_as_for_many(self, browser: Client, technician: User) -> None:
        def ask() -> int:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                browser.get(LIST)
            return len(asked)

        partner = make_partner()
        signed_in_to(browser, technician)
        make_profile(partner, method=Method.DEVICE)
        few = ask()
        for _ in range(5):
            signed_in_to(browser, technician)
            make_profile(make_partner(), method=Method.DEVICE)
        assert ask() == few

    def test_teaches_when_there_is_nothing(self, browser: Client) -> None:
        page = browser.get(LIST).content.decode()
        assert "You are signed in with no account of your own" in page
        assert "No connection profile uses your own account" in page

    def test_is_for_those_who_launch_runs(self, auditor: User, signed_in: Callable[[User], Client]) -> None:
        other = signed_in(auditor)
        assert other.get(LIST).status_code == 403
        assert "My sign-ins" not in other.get("/").content.decode()

    def test_is_reached_from_the_persons_menu(self, browser: Client) -> None:
        assert f'href="{LIST}"' in browser.get("/").content.decode()


class TestSigningOutOfOne:
    def test_ends_it(self, browser: Client, technician: User) -> None:
        sign_in = signed_in_to(browser, technician)
        answer = browser.post(reverse("tenants:sign-in-end", args=[sign_in.pk]), follow=True)
        assert answer.redirect_chain == [(LIST, 303)]
        assert "No further cmdlet starts with it" in answer.content.decode()
        assert not PersonalSignIn.objects.exists()
        assert reasons() == ["signed out of this account"]

    def test_of_somebody_else_changes_nothing(self, browser: Client) -> None:
        sign_in = make_sign_in(make_person(), make_partner())
        answer = browser.post(reverse("tenants:sign-in-end", args=[sign_in.pk]), follow=True)
        assert "signed out of this account already" in answer.content.decode()
        assert PersonalSignIn.objects.exists()

    def test_is_never_done_by_a_link(self, browser: Client, technician: User) -> None:
        sign_in = signed_in_to(browser, technician)
        assert browser.get(reverse("tenants:sign-in-end", args=[sign_in.pk])).status_code == 405
        assert PersonalSignIn.objects.exists()


class TestCancelling:
    def test_is_recorded(self, browser: Client, technician: User, acting: Any) -> None:
        begun(browser, acting(technician))
        browser.post(reverse("tenants:sign-in-cancel"))
        assert not PendingSignIn.objects.exists()
        refused = AuditEvent.objects.get(action="personal_sign_in.refused")
        assert refused.data["reason"] == "cancelled in Signalbox"

    def test_from_another_browser_works_but_finishing_does_not(
        self, browser: Client, technician: User, acting: Any, signed_in: Callable[[User], Client]
    ) -> None:
        begun(browser, acting(technician))
        other = signed_in(technician)
        page = other.get(LIST).content.decode()
        assert "In another browser, where it has to be finished" in page
        assert reverse("tenants:sign-in-onward") not in page
        assert other.get(reverse("tenants:sign-in-onward")).headers["Location"] == LIST
        other.post(reverse("tenants:sign-in-cancel"))
        assert not PendingSignIn.objects.exists()


class TestChoosingAnOrganization:
    def begin(self, browser: Client, text: str) -> str:
        profile = make_profile(Partner.objects.first() or make_partner(), method=Method.INTERACTIVE)
        answer = browser.post(reverse("tenants:sign-in-begin", args=[profile.pk]), {"organization": text})
        assert answer.status_code == 422
        page: str = answer.content.decode()
        return page

    def test_none_by_that_name(self, browser: Client) -> None:
        assert "No organization is called so" in self.begin(browser, "nowhere")

    def test_several(self, browser: Client) -> None:
        first, second = make_organizations(2)
        page = self.begin(browser, "Customer")
        assert "Several organizations match" in page
        assert first.default_domain in page
        assert second.default_domain in page

    def test_a_partner_without_certificate_is_explained(self, browser: Client) -> None:
        (organization,) = make_organizations(1)
        assert "has no certificate" in self.begin(browser, organization.initial_domain)
