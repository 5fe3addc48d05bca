"""Interactive sign-in through the pages, against the simulated login host."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.sessions.models import Session
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.models import ConnectionProfile
from tenants.sign_in_flows import interactive as interactive_flow
from tenants.sign_in_flows.accounts import account_of
from tenants.sign_in_flows.places import Place, place_of
from tenants.sign_in_flows.refusals import SignInRefused
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tenants.sign_ins.secrets import open_flow, refresh_token_of_person, seal_flow
from tests.factories import make_organizations, make_partner, make_person, make_profile
from tests.live import closed_port, forget_everything
from tests.portal.sandbox.clicking import Clicker
from tests.tenants.sign_in_flows.conftest import (
    actions,
    address_at_microsoft,
    begin,
    browser_of,
    go_through_microsoft,
    last_reason,
)

pytestmark = pytest.mark.django_db(transaction=True)
People = Callable[..., dict[str, Any]]
ANSWER = "/connections/sign-in/answer/"


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
        assert token.reveal().encode() not in bytes(sign_in.sealed_refresh_token)
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

    def test_without_a_second_factor_it_says_so(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People
    ) -> None:
        begin(browser, interactive)
        go_through_microsoft(browser, clicker, people("noor"))
        assert PersonalSignIn.objects.get().signed_in_with_mfa is False
        assert "not used" in browser.get(reverse("tenants:sign-ins")).content.decode()

    def test_again_takes_the_place_of_the_earlier_one(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People
    ) -> None:
        for name in ("tess", "noor"):
            begin(browser, interactive)
            clicker.open(address_at_microsoft(browser))
            person = people(name)
            clicker.sign_in(person["user_principal_name"], password=person["password"])
            browser.get(ANSWER, clicker.answer)
        assert PersonalSignIn.objects.get().user_principal_name.startswith("noor")
        ended = AuditEvent.objects.get(action="personal_sign_in.ended")
        assert ended.data["reason"] == "another sign-in took its place"

    def test_with_an_account_of_the_organization_itself(
        self, browser: Client, clicker: Clicker, partner: Partner, organizations_of: Any, people: People
    ) -> None:
        profile = make_profile(partner, method=Method.INTERACTIVE)
        (organization,) = organizations_of(1)
        admin = people("admin", tenant=str(organization.tenant_id))
        begin(browser, profile, organization=organization.default_domain)
        go_through_microsoft(browser, clicker, admin)
        sign_in = PersonalSignIn.objects.get()
        assert (sign_in.tenant_id, sign_in.tenant_name) == (organization.tenant_id, organization.name)


class TestRefused:
    def refusal(self, answer: Any) -> str:
        assert answer.status_code == 422
        assert not PersonalSignIn.objects.exists()
        page: str = answer.content.decode()
        return page

    def test_when_the_person_cancels_at_microsoft(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile
    ) -> None:
        begin(browser, interactive)
        clicker.open(address_at_microsoft(browser))
        clicker.press("Cancel")
        page = self.refusal(browser.get(ANSWER, clicker.answer))
        assert "You cancelled the sign-in at Microsoft" in page
        assert reverse("tenants:sign-in-begin", args=[interactive.pk]) in page
        assert actions() == ["personal_sign_in.started", "personal_sign_in.refused"]

    def test_a_forged_answer_changes_nothing(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People
    ) -> None:
        begin(browser, interactive)
        page = self.refusal(browser.get(ANSWER, {"code": "forged", "state": "forged"}))
        assert "This answer belongs to another sign-in" in page
        assert go_through_microsoft(browser, clicker, people("tess")).status_code == 303

    def test_an_answer_is_taken_once(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People
    ) -> None:
        begin(browser, interactive)
        go_through_microsoft(browser, clicker, people("tess"))
        answer = browser.get(ANSWER, clicker.answer)
        assert answer.status_code == 422
        assert "No sign-in is under way" in answer.content.decode()

    def test_when_the_person_signs_out_here_while_microsoft_is_asked(
        self,
        browser: Client,
        clicker: Clicker,
        interactive: ConnectionProfile,
        people: People,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Nothing would end a sign-in whose session is gone: it would be good for twelve hours."""
        finish = interactive_flow.finish

        def sign_out_meanwhile(*args: Any) -> Any:
            account = finish(*args)
            Session.objects.all().delete()
            return account

        monkeypatch.setattr(interactive_flow, "finish", sign_out_meanwhile)
        begin(browser, interactive)
        go_through_microsoft(browser, clicker, people("tess"))
        assert not PersonalSignIn.objects.exists()
        assert actions() == ["personal_sign_in.started", "personal_sign_in.left_unfinished"]
        assert last_reason() == "the session in Signalbox ended"

    def test_in_the_session_of_somebody_else(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People, technician: User
    ) -> None:
        begin(browser, interactive)
        clicker.open(address_at_microsoft(browser))
        tess = people("tess")
        clicker.sign_in(tess["user_principal_name"], password=tess["password"])
        for other in (browser_of(make_person()), browser_of(technician)):
            assert "No sign-in is under way" in self.refusal(other.get(ANSWER, clicker.answer))

    def test_when_another_account_than_the_profiles_signed_in(
        self, browser: Client, clicker: Clicker, partner: Partner, people: People
    ) -> None:
        tess, noor = people("tess"), people("noor")
        name = tess["user_principal_name"]
        profile = make_profile(partner, method=Method.INTERACTIVE, delegation=Delegation.GDAP, user_principal_name=name)
        begin(browser, profile)
        clicker.open(address_at_microsoft(browser))
        clicker.press("Use another account")
        clicker.sign_in(noor["user_principal_name"], password=noor["password"])
        page = self.refusal(browser.get(ANSWER, clicker.answer))
        assert f"You signed in as {noor['user_principal_name']}, not as {name}" in page

    @pytest.mark.parametrize(
        ("spoil", "title"),
        [
            ({"nonce": "another"}, "not for this sign-in"),
            ({"code_verifier": "another" * 8}, ""),
        ],
        ids=["nonce", "proof key"],
    )
    def test_when_the_answer_was_issued_for_another_browser(
        self,
        browser: Client,
        clicker: Clicker,
        interactive: ConnectionProfile,
        people: People,
        spoil: dict[str, str],
        title: str,
    ) -> None:
        begin(browser, interactive)
        address = address_at_microsoft(browser)
        pending = PendingSignIn.objects.get()
        pending.sealed_flow = seal_flow(pending, {**open_flow(pending), **spoil})
        pending.save()
        clicker.open(address)
        tess = people("tess")
        clicker.sign_in(tess["user_principal_name"], password=tess["password"])
        assert title in self.refusal(browser.get(ANSWER, clicker.answer))

    @pytest.mark.parametrize(
        ("changes", "title"),
        [
            ({"tid": str(uuid4())}, "Token belongs to another organization"),
            ({"aud": "https://graph.microsoft.com"}, "Token is for another service"),
            ({"scp": "User.Read"}, "Exchange permission missing in token"),
        ],
        ids=["wrong tenant", "wrong audience", "no permission"],
    )
    def test_a_token_that_no_guard_lets_pass(self, changes: dict[str, str], title: str, place: Place) -> None:
        claims = {"tid": place.tenant_id, "aud": "https://outlook.office365.com", "scp": "Exchange.Manage"}
        tokens = {"access_token": token_with({**claims, **changes}), "expires_in": 3600, "refresh_token": "r"}
        with pytest.raises(SignInRefused, match=title):
            account_of(tokens, place)

    @pytest.mark.parametrize("changes", [{"tid": str(uuid4())}, {"aud": str(uuid4())}], ids=["tenant", "application"])
    def test_an_id_token_for_somebody_else(self, changes: dict[str, str], place: Place) -> None:
        claims = {"tid": place.tenant_id, "aud": "https://outlook.office365.com", "scp": "Exchange.Manage"}
        said = {"tid": place.tenant_id, "aud": place.application.application_id, "preferred_username": "a@b.example"}
        tokens = {"access_token": token_with(claims), "expires_in": 3600, "refresh_token": "r"}
        assert account_of({**tokens, "id_token_claims": said}, place).name == "a@b.example"
        with pytest.raises(SignInRefused, match="another application or tenant"):
            account_of({**tokens, "id_token_claims": {**said, **changes}}, place)

    def test_at_a_customer_of_another_partner(self, partner: Partner) -> None:
        (foreign,) = make_organizations(1, partner=make_partner())
        with pytest.raises(SignInRefused, match="customer of another partner"):
            place_of(make_profile(partner, method=Method.DEVICE), foreign)

    def test_an_answer_without_a_refresh_token(self, place: Place) -> None:
        claims = {"tid": place.tenant_id, "aud": "https://outlook.office365.com", "scp": "Exchange.Manage"}
        with pytest.raises(SignInRefused, match="no lasting sign-in"):
            account_of({"access_token": token_with(claims), "expires_in": 3600}, place)

    @pytest.mark.parametrize(
        "next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/" * 3000]
    )
    def test_nobody_is_led_elsewhere_afterwards(
        self, browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People, next_page: str
    ) -> None:
        begin(browser, interactive, next=next_page)
        answer = go_through_microsoft(browser, clicker, people("tess"))
        assert answer.headers["Location"] == reverse("tenants:sign-ins")

    def test_beginning_another_cancels_the_first_and_says_so(
        self, browser: Client, interactive: ConnectionProfile, device: ConnectionProfile
    ) -> None:
        begin(browser, interactive)
        begin(browser, device)
        assert PendingSignIn.objects.get().method == Method.DEVICE
        page = browser.get(reverse("tenants:sign-in-device")).content.decode()
        assert "was cancelled: only one can be under way" in page

    def test_an_approver_has_no_use_for_it(self, interactive: ConnectionProfile, approver: User) -> None:
        assert begin(browser_of(approver), interactive).status_code == 403

    def test_the_login_host_that_cannot_be_reached(
        self, browser: Client, interactive: ConnectionProfile, settings: Any
    ) -> None:
        settings.MICROSOFT_BASE_URLS["O365Default"]["login_url"] = f"https://127.0.0.1:{closed_port()}"
        forget_everything()
        answer = begin(browser, interactive)
        assert answer.status_code == 422
        assert "Login host cannot be reached" in answer.content.decode()


def test_the_flow_is_sealed(browser: Client, interactive: ConnectionProfile) -> None:
    begin(browser, interactive)
    pending = PendingSignIn.objects.get()
    assert open_flow(pending)["code_verifier"].encode() not in bytes(pending.sealed_flow)


@pytest.fixture
def place(interactive: ConnectionProfile) -> Place:
    return place_of(interactive, None)


def token_with(claims: dict[str, str]) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({**claims, "upn": "tess@partner.example"}).encode()).decode()
    return f"e30.{payload.rstrip('=')}.x"
