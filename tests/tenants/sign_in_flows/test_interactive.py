"""Interactive sign-in through the pages, against the simulated login host."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.profiles.models import ConnectionProfile
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tenants.sign_ins.secrets import refresh_token_of_person
from tests.portal.sandbox.clicking import Clicker
from tests.tenants.sign_in_flows.conftest import address_at_microsoft, begin, go_through_microsoft

pytestmark = pytest.mark.django_db(transaction=True)
People = Callable[..., dict[str, Any]]
ANSWER = "/connections/sign-in/answer/"


def actions() -> list[str]:
    return [
        action for action in AuditEvent.objects.order_by("pk").values_list("action", flat=True) if "personal" in action
    ]


class TestSigningIn:
    def test_stores_the_refresh_token_sealed_and_returns_to_where_the_person_came_from(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People, technician: User
    ) -> None:
        tess = people("tess")
        answer = begin(browser, interactive, next="/runs/")
        assert (answer.status_code, answer.headers["Location"]) == (303, reverse("tenants:sign-in-onward"))
        answer = go_through_microsoft(browser, clicker, tess)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/runs/")
        sign_in = PersonalSignIn.objects.get()
        assert (sign_in.person_id, sign_in.user_principal_name) == (str(technician.pk), tess["user_principal_name"])
        assert (str(sign_in.tenant_id), sign_in.signed_in_with_mfa) == (str(interactive.partner.tenant_id), True)
        token = refresh_token_of_person(sign_in)
        assert token
        assert token.encode() not in bytes(sign_in.sealed_refresh_token)
        assert not PendingSignIn.objects.exists()
        assert actions() == ["personal_sign_in.started", "personal_sign_in.completed"]

    def test_asks_with_pkce_state_nonce_and_an_answer_in_the_address(
        self, browser: Client, interactive: ConnectionProfile
    ) -> None:
        begin(browser, interactive)
        asked = {name: value[0] for name, value in parse_qs(urlsplit(address_at_microsoft(browser)).query).items()}
        assert asked["redirect_uri"] == f"http://127.0.0.1{ANSWER}"
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert (asked["response_mode"], asked["prompt"]) == ("query", "select_account")
        assert min(map(len, (asked["state"], asked["nonce"], asked["code_challenge"]))) >= 16
