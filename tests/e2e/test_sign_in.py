"""Signing in to Signalbox in a real browser: with Microsoft, with a passkey, and what is refused."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from portal.accounts.factors.models import Factor, FactorKind
from portal.accounts.models import User
from portal.accounts.sessions.store import SessionStore
from portal.accounts.web.access import STEPPED_UP_AT
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tests.e2e.axe import violations
from tests.e2e.test_sign_ins import sign_in_at_microsoft
from tests.e2e.test_walk import sign_in
from tests.factories import PASSWORD, make_person
from tests.live import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]


@pytest.fixture
def tess(sandbox: Sandbox, partner: Partner, technician: User) -> dict[str, Any]:
    """A person of the partner at the simulated Microsoft, who is the technician here."""
    found: dict[str, Any] = next(
        each for each in sandbox.control("GET", "people") if each["user_principal_name"].startswith("tess@")
    )
    technician.entra_tenant_id, technician.entra_object_id = partner.tenant_id, UUID(found["object_id"])
    technician.save(update_fields=["entra_tenant_id", "entra_object_id"])
    return found


def with_microsoft(page: Page, portal: str, person: dict[str, Any], *, approves: bool = True) -> None:
    page.goto(f"{portal}/runs/")
    page.get_by_role("button", name="Sign in with Microsoft").click()
    sign_in_at_microsoft(page, person)
    if approves:
        page.get_by_role("button", name="I approve").click()


def test_with_microsoft_and_confirming_later(
    portal: str, open_page: OpenPage, tess: dict[str, Any], technician: User
) -> None:
    page = open_page(failing=True, ignore_https_errors=True)
    page.goto(f"{portal}/sign-in/")
    assert violations(page) == []
    with_microsoft(page, portal, tess)
    expect(page).to_have_url(f"{portal}/runs/")
    assert AuditEvent.objects.get(action="person.signed_in").data["method"] == "Microsoft"
    assert technician.sessions.count() == 1

    session = technician.sessions.get()
    data = session.get_decoded()
    data[STEPPED_UP_AT] = 1.0
    technician.sessions.update(session_data=SessionStore().encode(data))
    page.goto(f"{portal}{reverse('accounts:factor-app')}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert violations(page) == []
    page.get_by_role("button", name="Confirm with Microsoft").click()
    sign_in_at_microsoft(page, tess)
    page.get_by_role("button", name="I approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add an authenticator app")
    assert AuditEvent.objects.get(action="person.stepped_up").data["method"] == "Microsoft"


def test_without_multifactor_authentication_nobody_is_let_in(
    portal: str, open_page: OpenPage, sandbox: Sandbox, partner: Partner, technician: User
) -> None:
    noor = next(each for each in sandbox.control("GET", "people") if each["user_principal_name"].startswith("noor@"))
    technician.entra_tenant_id, technician.entra_object_id = partner.tenant_id, UUID(noor["object_id"])
    technician.save(update_fields=["entra_tenant_id", "entra_object_id"])
    page = open_page(failing=True, ignore_https_errors=True)
    with_microsoft(page, portal, noor, approves=False)
    expect(page.locator("body")).to_contain_text("signed in without multifactor authentication")
    assert violations(page) == []
    page.goto(f"{portal}/runs/")
    expect(page).to_have_url(re.compile(r"/sign-in/"))
    assert AuditEvent.objects.get(action="sign_in.refused").data["reason"]


@pytest.mark.parametrize("why", ["unknown object id", "another tenant", "disabled"])
def test_an_account_that_is_nobodys_here_is_refused_whatever_its_name(
    portal: str, open_page: OpenPage, tess: dict[str, Any], technician: User, why: str
) -> None:
    colleague = make_person()
    User.objects.filter(pk=colleague.pk).update(entra_tenant_id=technician.entra_tenant_id, entra_object_id=uuid4())
    technician.email = tess["user_principal_name"]
    if why == "disabled":
        technician.is_active = False
    elif why == "another tenant":
        technician.entra_tenant_id = uuid4()
    else:
        technician.entra_object_id = uuid4()
    technician.save()
    page = open_page(failing=True, ignore_https_errors=True)
    with_microsoft(page, portal, tess)
    expect(page.locator("body")).to_contain_text("Nobody here has the account")
    assert not technician.sessions.exists()


def test_an_answer_that_comes_twice_or_without_a_question_lets_nobody_in(
    portal: str, open_page: OpenPage, tess: dict[str, Any]
) -> None:
    page = open_page(failing=True, ignore_https_errors=True)
    answers: list[str] = []
    page.on("request", lambda request: answers.append(request.url))
    with_microsoft(page, portal, tess)
    expect(page).to_have_url(f"{portal}/runs/")
    thief = open_page(failing=True, ignore_https_errors=True)
    thief.goto(next(url for url in answers if "/sign-in/microsoft/answer/" in url))
    expect(thief.locator("body")).to_contain_text("not begun in this browser")
    thief.goto(f"{portal}/runs/")
    expect(thief).to_have_url(re.compile(r"/sign-in/"))


def test_without_the_identity_provider_there_is_a_clear_error_and_no_other_way_in(
    portal: str, open_page: OpenPage, sandbox: Sandbox, tess: dict[str, Any]
) -> None:
    sandbox.control("POST", "aadsts", json={"code": 90033, "kind": "authorization_code", "times": 5})
    page = open_page(failing=True, ignore_https_errors=True)
    with_microsoft(page, portal, tess)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody was signed in")
    page.goto(f"{portal}/runs/")
    expect(page).to_have_url(re.compile(r"/sign-in/"))


def test_a_passkey_is_made_and_signs_in(portal: str, open_page: OpenPage, technician: User) -> None:
    portal = portal.replace("127.0.0.1", "localhost")
    page = open_page(failing=True)
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, portal, technician.username, PASSWORD)
    page.goto(f"{portal}{reverse('accounts:factor-passkey')}")
    page.get_by_label("Name").fill("Laptop")
    assert violations(page) == []
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.locator("body")).to_contain_text("Passkey “Laptop” is added.")
    assert violations(page) == []
    page.locator(".bar-end summary").last.click()
    page.locator(".bar-end").get_by_role("button", name="Sign out").click()

    page.get_by_label("Sign-in name").fill(technician.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert violations(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{portal}/")
    factor = Factor.objects.get(kind=FactorKind.PASSKEY)
    assert factor.counter > 0
    assert AuditEvent.objects.filter(action="person.signed_in").order_by("-pk")[0].data["method"] == "passkey"
