"""Signing in with a local account: the password, the second factor, and what is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.factors.models import EnrolmentCode, Factor
from portal.accounts.factors.services import issue_enrolment_code
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import disable_person
from portal.accounts.sessions.models import Session
from portal.accounts.sessions.store import hashed
from portal.accounts.throttling.models import SignInFailure
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tests.factories import PASSWORD, SYSTEM, code_of, make_app, make_person

pytestmark = pytest.mark.django_db
SIGN_IN = reverse("accounts:sign-in")
SECOND = reverse("accounts:second-factor")
ENROL = reverse("accounts:enrol")
SignedIn = Callable[[User], Client]


@pytest.fixture
def seed(technician: User) -> str:
    return make_app(technician)


def typed(person: User, client: Client, *, password: str = PASSWORD, next_page: str = "") -> str:
    answer = client.post(SIGN_IN, {"username": person.username, "password": password, "next": next_page})
    return str(answer.headers.get("Location", answer.status_code))


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("occurred_at", "pk").values_list("action", flat=True))


def test_every_page_leads_to_the_sign_in_and_back(client: Client, technician: User, seed: str) -> None:
    asked = client.get("/organizations/?search=x")
    assert asked.status_code == 302
    assert asked["Location"] == "/sign-in/?next=/organizations/%3Fsearch%3Dx"
    assert typed(technician, client, next_page="/organizations/?search=x") == SECOND
    assert client.get("/").status_code == 302, "the password alone opens nothing"
    answer = client.post(SECOND, {"code": code_of(seed)})
    assert (answer.status_code, answer["Location"]) == (303, "/organizations/?search=x")
    assert client.get("/").status_code == 200
    event = AuditEvent.objects.get(action=AuditAction.PERSON_SIGNED_IN)
    assert event.data["method"] == "authenticator app"


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
def test_a_next_address_outside_leads_home(client: Client, technician: User, seed: str, elsewhere: str) -> None:
    typed(technician, client, next_page=elsewhere)
    assert client.post(SECOND, {"code": code_of(seed)})["Location"] == "/"


def test_signing_in_and_out_is_written_down(client: Client, technician: User, seed: str) -> None:
    typed(technician, client)
    client.post(SECOND, {"code": code_of(seed)})
    answer = client.post(reverse("accounts:sign-out"))
    assert (answer.status_code, answer["Location"]) == (303, SIGN_IN)
    assert client.get("/").status_code == 302
    assert actions() == [AuditAction.PERSON_SIGNED_IN, AuditAction.PERSON_SIGNED_OUT]


def test_a_link_cannot_sign_anybody_out(technician: User, signed_in: SignedIn) -> None:
    client = signed_in(technician)
    assert client.get(reverse("accounts:sign-out")).status_code == 405
    assert client.get("/").status_code == 200


def test_signing_out_wants_the_token_of_its_own_form(technician: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician)
    answer = client.post(reverse("accounts:sign-out"))
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.content.decode()


class TestSecondFactor:
    def test_a_code_is_good_once(self, technician: User, seed: str) -> None:
        code = code_of(seed)
        for expected in (303, 422):
            client = Client()
            typed(technician, client)
            assert client.post(SECOND, {"code": code}).status_code == expected
        assert AuditAction.SECOND_FACTOR_REFUSED in actions()

    @pytest.mark.parametrize("code", ["000000", "", "abcdef", "１２３４５６", "12345", "9" * 40])
    def test_what_is_no_code_signs_nobody_in(self, client: Client, technician: User, seed: str, code: str) -> None:
        typed(technician, client)
        assert client.post(SECOND, {"code": code}).status_code == 422
        assert client.get("/").status_code == 302

    def test_a_code_of_long_ago_or_much_later_is_none(self, client: Client, technician: User, seed: str) -> None:
        typed(technician, client)
        for steps in (-3, 3):
            assert client.post(SECOND, {"code": code_of(seed, steps=steps)}).status_code == 422

    def test_without_the_password_nobody_is_asked(self, client: Client, seed: str) -> None:
        answer = client.post(SECOND, {"code": code_of(seed)})
        assert (answer.status_code, answer["Location"]) == (303, SIGN_IN)

    def test_the_session_gets_a_new_id_with_the_password_and_with_the_factor(
        self, client: Client, technician: User, seed: str
    ) -> None:
        client.get(SIGN_IN)
        session = client.session
        session["fixed"] = "by somebody else"
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
        keys = [session.session_key]
        typed(technician, client)
        keys.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
        client.post(SECOND, {"code": code_of(seed)})
        keys.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
        assert len(set(keys)) == 3
        stale = Client()
        stale.cookies[settings.SESSION_COOKIE_NAME] = str(keys[0])
        assert stale.get("/").status_code == 302


class TestEnrolment:
    def test_a_person_without_a_factor_sets_one_up_with_an_administrators_code(
        self, client: Client, technician: User
    ) -> None:
        code = issue_enrolment_code(actor=SYSTEM, person=technician)
        assert typed(technician, client) == ENROL
        seed = self.seed_of(client)
        shown = client.post(ENROL, {"enrolment_code": code, "code": code_of(seed)})
        assert "They are shown once" in shown.content.decode()
        assert client.get("/").status_code == 200
        assert Factor.objects.get().person == technician
        assert not EnrolmentCode.objects.exists(), "it is used up"
        assert technician.recovery_codes.count() == 10
        again = Client()
        typed(technician, again)
        recovery = shown.context["codes"][0]
        assert again.post(SECOND, {"code": recovery.upper()}).status_code == 303
        other = Client()
        typed(technician, other)
        assert other.post(SECOND, {"code": recovery}).status_code == 422, "each recovery code is good once"

    @pytest.mark.parametrize("why", ["wrong", "late", "of another", "used"])
    def test_a_code_that_is_not_good_enrols_nobody(self, client: Client, technician: User, why: str) -> None:
        code = issue_enrolment_code(actor=SYSTEM, person=technician)
        if why == "late":
            EnrolmentCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        elif why == "used":
            EnrolmentCode.objects.all().delete()
        elif why == "of another":
            code = issue_enrolment_code(actor=SYSTEM, person=make_person())
        else:
            code = "aaaa-bbbb-cccc-dddd"
        typed(technician, client)
        answer = client.post(ENROL, {"enrolment_code": code, "code": code_of(self.seed_of(client))})
        assert answer.status_code == 422
        assert "enrolment code is not right" in answer.content.decode()
        assert not Factor.objects.exists()

    def test_a_wrong_first_code_does_not_use_the_enrolment_code_up(self, client: Client, technician: User) -> None:
        code = issue_enrolment_code(actor=SYSTEM, person=technician)
        typed(technician, client)
        assert client.post(ENROL, {"enrolment_code": code, "code": "000000"}).status_code == 422
        assert EnrolmentCode.objects.exists()

    def test_who_lost_the_factor_gets_a_new_one_in_its_place(self, client: Client, technician: User, seed: str) -> None:
        code = issue_enrolment_code(actor=SYSTEM, person=technician)
        assert typed(technician, client) == SECOND
        client.post(ENROL, {"enrolment_code": code, "code": code_of(self.seed_of(client))})
        again = Client()
        typed(technician, again)
        assert again.post(SECOND, {"code": code_of(seed)}).status_code == 422, "the lost one is worth nothing"

    @staticmethod
    def seed_of(client: Client) -> str:
        return str(client.get(ENROL).context["seed"])


class TestThrottling:
    def test_after_five_failures_not_even_the_right_password_is_looked_at(
        self, client: Client, technician: User
    ) -> None:
        for _ in range(5):
            typed(technician, client, password="wrong")
        answer = client.post(SIGN_IN, {"username": technician.username.upper(), "password": PASSWORD})
        assert "Too many sign-ins failed" in answer.content.decode()
        SignInFailure.objects.update(failed_at=timezone.now() - timedelta(minutes=5, seconds=1))
        assert typed(technician, client) == ENROL

    def test_one_network_is_slowed_down_over_all_accounts_and_others_are_not(self, technician: User) -> None:
        for number in range(30):
            attacker = Client(REMOTE_ADDR=f"192.0.2.{number}")
            attacker.post(SIGN_IN, {"username": f"guess{number}", "password": "x"})
        near, far = Client(REMOTE_ADDR="192.0.2.200"), Client(REMOTE_ADDR="198.51.100.1")
        assert typed(technician, near) == "422"
        assert typed(technician, far) == ENROL

    def test_guessed_second_factors_count_too(self, client: Client, technician: User, seed: str) -> None:
        typed(technician, client)
        for _ in range(5):
            client.post(SECOND, {"code": "000000"})
        answer = client.post(SECOND, {"code": code_of(seed)})
        assert "Too many sign-ins failed" in answer.content.decode()

    @pytest.mark.parametrize(
        ("proxies", "header", "counted"),
        [
            (0, "203.0.113.9", "192.0.2.7"),
            (1, "203.0.113.9", "203.0.113.9"),
            (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
            (2, "203.0.113.9", "192.0.2.7"),
            (1, "not an address", "192.0.2.7"),
            (1, "", "192.0.2.7"),
            (1, "203.0.113.9, ", "192.0.2.7"),
        ],
    )
    def test_the_address_is_that_behind_exactly_as_many_proxies_as_are_ours(
        self, settings: object, technician: User, proxies: int, header: str, counted: str
    ) -> None:
        settings.TRUSTED_PROXY_COUNT = proxies  # type: ignore[attr-defined]
        client = Client(REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": header})
        typed(technician, client, password="wrong")
        assert AuditEvent.objects.get().address == counted


class TestSessions:
    def test_the_database_holds_no_key_that_opens_one(self, technician: User, signed_in: SignedIn) -> None:
        key = signed_in(technician).cookies[settings.SESSION_COOKIE_NAME].value
        row = Session.objects.get()
        assert row.session_key == hashed(key) != key
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = row.session_key
        assert thief.get("/").status_code == 302

    def test_one_that_was_idle_for_too_long_opens_nothing(self, technician: User, signed_in: SignedIn) -> None:
        client = signed_in(technician)
        Session.objects.update(last_seen_at=timezone.now() - timedelta(seconds=settings.SESSION_IDLE_SECONDS - 5))
        assert client.get("/").status_code == 200
        Session.objects.update(last_seen_at=timezone.now() - timedelta(seconds=settings.SESSION_IDLE_SECONDS + 1))
        assert client.get("/").status_code == 302

    def test_one_that_is_used_still_ends_twelve_hours_after_it_began(
        self, client: Client, technician: User, seed: str
    ) -> None:
        typed(technician, client)
        client.post(SECOND, {"code": code_of(seed)})
        first = Session.objects.get(person=technician).expire_date
        session = client.session
        session["began_at"] = (timezone.now() - timedelta(hours=11)).isoformat()
        session.save()
        assert Session.objects.get(person=technician).expire_date < first - timedelta(hours=10)
        session["began_at"] = (timezone.now() - timedelta(hours=12, seconds=1)).isoformat()
        session.save()
        assert client.get("/").status_code == 302

    def test_a_fourth_browser_ends_the_first(self, technician: User) -> None:
        clients = [Client() for _ in range(4)]
        for client in clients:
            codes = make_app(technician)
            typed(technician, client)
            assert client.post(SECOND, {"code": code_of(codes)}).status_code == 303
        assert [client.get("/").status_code for client in clients] == [302, 200, 200, 200]

    def test_disabling_a_person_ends_every_session_in_the_same_transaction(
        self, technician: User, signed_in: SignedIn
    ) -> None:
        make_person(Role.PLATFORM_ADMINISTRATOR)
        client = signed_in(technician)
        disable_person(actor=SYSTEM, person_id=technician.pk)
        assert not Session.objects.filter(person=technician).exists()
        assert AuditEvent.objects.get(action="person.disabled").data["sessions_ended"] == 1
        assert client.get("/").status_code == 302

    def test_a_person_ends_one_or_all_others_but_nobody_elses(self, technician: User, signed_in: SignedIn) -> None:
        here, there, stranger = signed_in(technician), signed_in(technician), signed_in(make_person())
        key = hashed(stranger.cookies[settings.SESSION_COOKIE_NAME].value)
        here.post(reverse("accounts:session-end"), {"session": key})
        assert stranger.get("/").status_code == 200
        assert b"(this one)" in here.get(reverse("accounts:sessions")).content
        here.post(reverse("accounts:session-end"), {"session": "others"})
        assert (here.get("/").status_code, there.get("/").status_code) == (200, 302)
        assert actions()[-1] == AuditAction.SESSION_ENDED
