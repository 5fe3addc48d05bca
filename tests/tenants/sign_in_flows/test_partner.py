"""The partner's service account signs in in the browser: exchange-protocol.md 2.4, step A."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner, PartnerSignIn
from tenants.partner.services import refresh_token_of
from tenants.profiles.delegated import partner_tokens
from tests.live import Sandbox
from tests.portal.sandbox.clicking import Clicker
from tests.tenants.sign_in_flows.conftest import address_at_microsoft, browser_of, go_through_microsoft

pytestmark = pytest.mark.django_db(transaction=True)
People = Callable[..., dict[str, Any]]


@pytest.fixture
def manager(administrator: User) -> Client:
    return browser_of(administrator)


def begin(browser: Client, partner: Partner) -> Any:
    return browser.post(reverse("tenants:partner-sign-in-begin", args=[partner.pk]))


def test_stores_a_refresh_token_that_reaches_customers(
    manager: Client, clicker: Clicker, partner: Partner, people: People, organizations_of: Any
) -> None:
    before = refresh_token_of(PartnerSignIn.objects.get())
    begin(manager, partner)
    assert "prompt=select_account" in address_at_microsoft(manager)
    answer = go_through_microsoft(manager, clicker, people("signalbox"))
    page = reverse("tenants:partner-sign-in", args=[partner.pk])
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    assert f"The partner sign-in of {partner.name} is stored" in manager.get(page).content.decode()
    stored = PartnerSignIn.objects.get()
    assert stored.user_principal_name == people("signalbox")["user_principal_name"]
    assert refresh_token_of(stored) != before
    (organization,) = organizations_of(1)
    scope = "https://outlook.office365.com/.default"
    token = partner_tokens(partner).acquire(str(organization.tenant_id), scope)
    assert token.tenant_id == str(organization.tenant_id)
    assert AuditEvent.objects.filter(action="partner_sign_in.stored").count() == 2


def test_an_account_without_a_second_factor_is_refused_and_nothing_stored(
    manager: Client, clicker: Clicker, partner: Partner, people: People
) -> None:
    before = refresh_token_of(PartnerSignIn.objects.get())
    begin(manager, partner)
    answer = go_through_microsoft(manager, clicker, people("noor"))
    page = answer.content.decode()
    assert answer.status_code == 422
    # At Partner Center Microsoft itself refuses; anywhere else the token's amr tells.
    assert "multifactor authentication" in page or "second factor" in page or "MFA" in page
    assert refresh_token_of(PartnerSignIn.objects.get()) == before


def test_needs_the_right(partner: Partner, technician: User) -> None:
    assert begin(browser_of(technician), partner).status_code == 403


@pytest.mark.parametrize(("days", "warned"), [(59, False), (61, True)])
def test_warns_when_two_thirds_of_its_time_are_over(
    manager: Client, sandbox: Sandbox, partner: Partner, days: int, warned: bool
) -> None:
    PartnerSignIn.objects.update(obtained_at=timezone.now() - timedelta(days=days))
    page = manager.get(reverse("tenants:partner-sign-in", args=[partner.pk])).content.decode()
    assert ("Sign in as the service account again" in page) is warned


def test_names_the_redirect_uri_that_entra_must_know(manager: Client, partner: Partner) -> None:
    registration = partner.app_registrations.get()
    for path in (
        reverse("tenants:partner-sign-in", args=[partner.pk]),
        reverse("tenants:app-registration", args=[registration.pk]),
    ):
        assert "http://127.0.0.1/connections/sign-in/answer/" in manager.get(path).content.decode()
