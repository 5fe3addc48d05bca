from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tests.factories import PASSWORD

SIGN_IN = reverse("accounts:sign-in")


def test_every_page_leads_to_the_sign_in_and_back(client: Client, technician: User) -> None:
    asked = client.get("/organizations/?search=x")
    assert asked.status_code == 302
    assert asked["Location"] == "/sign-in/?next=/organizations/%3Fsearch%3Dx"
    answer = client.post(
        SIGN_IN, {"username": technician.username, "password": PASSWORD, "next": "/organizations/?search=x"}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/organizations/?search=x")


def test_a_wrong_password_keeps_the_name_and_says_one_sentence(client: Client, technician: User) -> None:
    answer = client.post(SIGN_IN, {"username": technician.username, "password": "wrong", "next": "/audit/"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("Sign-in name and password do not match.") == 1
    assert f'value="{technician.username}"' in page
    assert 'name="next" value="/audit/"' in page
    assert AuditEvent.objects.get().action == AuditAction.SIGN_IN_REFUSED


def test_a_person_who_may_not_sign_in_learns_no_more_than_others(client: Client, technician: User) -> None:
    User.objects.filter(pk=technician.pk).update(is_active=False)
    answer = client.post(SIGN_IN, {"username": technician.username, "password": PASSWORD})
    assert answer.status_code == 422
    assert "Sign-in name and password do not match." in answer.content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_a_next_address_outside_leads_home(client: Client, technician: User, elsewhere: str) -> None:
    answer = client.post(SIGN_IN, {"username": technician.username, "password": PASSWORD, "next": elsewhere})
    assert answer["Location"] == "/"


def test_signing_in_and_out_is_written_down(client: Client, technician: User) -> None:
    client.post(SIGN_IN, {"username": technician.username, "password": PASSWORD})
    answer = client.post(reverse("accounts:sign-out"))
    assert (answer.status_code, answer["Location"]) == (303, SIGN_IN)
    assert client.get("/").status_code == 302
    actions = list(AuditEvent.objects.order_by("occurred_at", "pk").values_list("action", flat=True))
    assert actions == [AuditAction.PERSON_SIGNED_IN, AuditAction.PERSON_SIGNED_OUT]


def test_a_link_cannot_sign_anybody_out(technician: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(technician)
    assert client.get(reverse("accounts:sign-out")).status_code == 405
    assert client.get("/").status_code == 200


def test_signing_out_wants_the_token_of_its_own_form(technician: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician)
    answer = client.post(reverse("accounts:sign-out"))
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.content.decode()
