"""Sign-in by user name and password: legacy, off by default, used once, kept nowhere."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from portal.accounts.sessions.models import Session
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.models import ConnectionProfile
from tenants.sign_ins.models import PersonalSignIn
from tests.factories import make_profile
from tests.live import Sandbox
from tests.tenants.sign_in_flows.conftest import begin

pytestmark = pytest.mark.django_db(transaction=True)
People = Callable[..., dict[str, Any]]


@pytest.fixture
def legacy(partner: Partner) -> ConnectionProfile:
    Partner.objects.update(allows_passwords=True)
    return make_profile(partner, name="Legacy", method=Method.CREDENTIAL, delegation=Delegation.GDAP)


def typed(person: dict[str, Any], password: str = "") -> dict[str, str]:
    return {"user_principal_name": person["user_principal_name"], "password": password or person["password"]}


def everything_stored() -> str:
    tables = [model for model in apps.get_models() if model._meta.managed]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    return "\n".join([str(sessions), *(str(list(model._default_manager.values())) for model in tables)])


def test_signs_in_and_is_found_in_no_table_log_or_page(
    browser: Client, legacy: ConnectionProfile, people: People, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    noor = people("noor")
    answer = begin(browser, legacy, **typed(noor), next="/runs/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/runs/")
    assert PersonalSignIn.objects.get().user_principal_name == noor["user_principal_name"]
    printed = capfd.readouterr()
    for place in (everything_stored(), caplog.text, printed.out, printed.err):
        assert noor["password"] not in place
    assert "personal_sign_in.completed" in set(AuditEvent.objects.values_list("action", flat=True))


@pytest.mark.parametrize(
    ("name", "password", "title"),
    [
        ("tess", "", "MFA"),
        ("noor", "a-wrong-password", "Wrong user name or password"),
        ("dora", "", "disabled"),
        ("piet", "", "password expired"),
        ("lars", "", "locked"),
        ("fred", "", "federation server did not accept"),
    ],
)
def test_a_refusal_is_explained_and_never_shows_the_password(
    browser: Client,
    legacy: ConnectionProfile,
    people: People,
    caplog: pytest.LogCaptureFixture,
    name: str,
    password: str,
    title: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    person = people(name)
    answer = begin(browser, legacy, **typed(person, password))
    page = answer.content.decode()
    secret = password or person["password"]
    assert answer.status_code == 422
    assert "What to do:" in page
    assert title.lower() in page.lower()
    assert person["user_principal_name"] in page
    for place in (page, everything_stored(), caplog.text):
        assert secret not in place
    assert not PersonalSignIn.objects.exists()
    assert AuditEvent.objects.filter(action="personal_sign_in.refused").count() == 1


def test_the_page_warns_and_keeps_the_browser_from_remembering(browser: Client, legacy: ConnectionProfile) -> None:
    page = browser.get(reverse("tenants:sign-in-begin", args=[legacy.pk])).content.decode()
    assert "legacy way to sign in" in page
    assert "does not work for an account with multifactor authentication" in page
    assert page.count('autocomplete="off"') >= 2


def test_is_refused_where_the_partner_does_not_allow_it(
    sandbox: Sandbox, browser: Client, legacy: ConnectionProfile, people: People
) -> None:
    Partner.objects.update(allows_passwords=False)
    asked = len(sandbox.control("GET", "logins"))
    answer = begin(browser, legacy, **typed(people("noor")))
    assert answer.status_code == 422
    assert "are not allowed for" in answer.content.decode()
    assert len(sandbox.control("GET", "logins")) == asked
    page = browser.get(reverse("tenants:sign-in-begin", args=[legacy.pk])).content.decode()
    assert 'type="password"' not in page
