"""Making people, and the events of their signing in and out."""

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.test import Client

from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.selectors import PersonUnknown, person_named
from portal.accounts.services import create_person
from portal.audit.models import AuditEvent
from portal.core.actors import Source
from tests.factories import PASSWORD, SYSTEM, code_of, make_app, make_person

pytestmark = pytest.mark.django_db


def create(password: str = PASSWORD, roles: list[Role] | None = None) -> User:
    return create_person(
        actor=SYSTEM, username="tess", display_name="Tess Turner", password=password, roles=roles or []
    )


class TestCreatePerson:
    def test_can_sign_in_and_holds_the_roles(self) -> None:
        user = create(roles=[Role.APPROVER, Role.SENIOR_TECHNICIAN])
        assert authenticate(username="tess", password=PASSWORD) == user
        assert user.role_labels == "Approver, Senior technician"
        assert PASSWORD not in User.objects.get().password

    def test_leaves_an_event_of_the_account_and_one_of_each_role(self) -> None:
        create(roles=[Role.APPROVER, Role.SENIOR_TECHNICIAN])
        sentences = [event.sentence for event in AuditEvent.objects.order_by("pk")]
        assert sentences == [
            "test created the account of Tess Turner",
            "test granted Tess Turner the role approver",
            "test granted Tess Turner the role senior_technician",
        ]
        assert PASSWORD not in str(list(AuditEvent.objects.values()))

    @pytest.mark.parametrize("password", ["short", "password123456", "", "Tess Turner Tess"])
    def test_refuses_a_weak_password_and_makes_nobody(self, password: str) -> None:
        with pytest.raises(ValidationError):
            create(password)
        assert not User.objects.exists()
        assert not AuditEvent.objects.exists()


class TestActor:
    def test_is_named_for_the_trail_and_holds_the_rights_of_now(self) -> None:
        user = make_person(Role.AUDITOR, username="ada")
        actor = user.as_actor(Source.WEB, "192.0.2.1")
        assert (actor.id, actor.label, actor.address) == (str(user.pk), f"{user.display_name} (ada)", "192.0.2.1")
        user.role_grants.all().delete()
        assert not User.objects.get(pk=user.pk).as_actor(Source.WEB).permissions

    def test_is_found_by_sign_in_name_unless_it_may_no_longer_sign_in(self) -> None:
        user = make_person(username="ada")
        assert person_named("ada") == user
        user.is_active = False
        user.save(update_fields=["is_active"])
        with pytest.raises(PersonUnknown, match=r"Nobody can sign in as “ada”\. Known are: nobody yet"):
            person_named("ada")


class TestSignInEvents:
    def sign_in(self, password: str, username: str = "tess") -> Client:
        client = Client(REMOTE_ADDR="192.0.2.7")
        person = User.objects.filter(username=username).first()
        seed = make_app(person) if person else ""
        client.post("/sign-in/", {"username": username, "password": password})
        if seed:
            client.post("/sign-in/second-factor/", {"code": code_of(seed)})
        return client

    def test_signing_in_is_recorded_with_the_address(self) -> None:
        user = make_person(username="tess")
        self.sign_in(PASSWORD)
        event = AuditEvent.objects.get()
        assert (event.action, event.actor_id, event.address) == ("person.signed_in", str(user.pk), "192.0.2.7")

    def test_signing_out_is_recorded(self) -> None:
        make_person(username="tess")
        self.sign_in(PASSWORD).post("/sign-out/")
        assert [e.action for e in AuditEvent.objects.order_by("pk")] == ["person.signed_in", "person.signed_out"]

    @pytest.mark.parametrize("username", ["tess", "nobody", "x" * 300])
    def test_a_refused_sign_in_is_recorded_with_the_name_and_never_the_password(self, username: str) -> None:
        make_person(username="tess")
        self.sign_in("a wrong password typed", username)
        event = AuditEvent.objects.get()
        assert (event.action, event.target_label) == ("sign_in.refused", username[:150])
        assert "a wrong password typed" not in str(AuditEvent.objects.values())
