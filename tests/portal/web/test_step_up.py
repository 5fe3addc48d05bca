"""Confirming that it is still the same person, before what needs it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.factors.models import Factor
from portal.accounts.models import User
from portal.accounts.web.access import STEPPED_UP_AT
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tests.factories import code_of, make_app

pytestmark = pytest.mark.django_db
CONFIRM, ADD = reverse("accounts:confirm"), reverse("accounts:factor-app")


@pytest.fixture
def stale(technician: User, signed_in: Callable[[User], Client]) -> Client:
    client = signed_in(technician)
    session = client.session
    session[STEPPED_UP_AT] = 1.0
    session.save()
    return client


def test_a_page_that_needs_it_leads_to_the_confirmation_and_back(stale: Client, technician: User) -> None:
    seed = make_app(technician)
    asked = stale.get(ADD)
    assert (asked.status_code, asked["Location"]) == (303, f"{CONFIRM}?next=/my/factors/app/")
    assert stale.post(CONFIRM, {"code": "000000", "next": ADD}).status_code == 422
    answer = stale.post(CONFIRM, {"code": code_of(seed), "next": ADD})
    assert (answer.status_code, answer["Location"]) == (303, ADD)
    assert stale.get(ADD).status_code == 200
    assert AuditEvent.objects.filter(action=AuditAction.PERSON_STEPPED_UP).get().data["method"] == "authenticator app"


def test_it_leads_nowhere_else(stale: Client, technician: User) -> None:
    seed = make_app(technician)
    assert stale.post(CONFIRM, {"code": code_of(seed), "next": "https://evil.example/"})["Location"] == "/"


def test_an_htmx_request_is_led_there_as_a_whole_page(stale: Client) -> None:
    answer = stale.get(ADD, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith(CONFIRM)


def test_nobody_removes_the_last_factor(technician: User, signed_in: Callable[[User], Client]) -> None:
    make_app(technician)
    signed_in(technician).post(reverse("accounts:factor-remove", args=[Factor.objects.get().pk]))
    assert Factor.objects.count() == 1
    make_app(technician)
    signed_in(technician).post(reverse("accounts:factor-remove", args=[Factor.objects.first().pk]))  # type: ignore[union-attr]
    assert Factor.objects.count() == 1


def test_nobody_removes_or_adds_anothers(technician: User, approver: User, signed_in: Callable[[User], Client]) -> None:
    for _ in range(2):
        make_app(technician)
    factor = Factor.objects.first()
    assert factor
    make_app(approver)
    signed_in(approver).post(reverse("accounts:factor-remove", args=[factor.pk]))
    assert Factor.objects.filter(person=technician).count() == 2
