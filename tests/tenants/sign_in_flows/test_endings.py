"""Every personal sign-in that was started ends with one event, whatever happens meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.profiles.models import ConnectionProfile
from tenants.sign_in_flows import endings
from tenants.sign_in_flows import interactive as interactive_flow
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tenants.sign_ins.services import sweep_sign_ins
from tests.portal.sandbox.clicking import Clicker
from tests.tenants.sign_in_flows.conftest import actions, address_at_microsoft, begin, last_reason

pytestmark = pytest.mark.django_db(transaction=True)
People = Callable[..., dict[str, Any]]
ANSWER = reverse("tenants:sign-in-answer")


@pytest.fixture
def at_microsoft(
    browser: Client, clicker: Clicker, interactive: ConnectionProfile, people: People
) -> Callable[[], Any]:
    """Begin, and return what comes back from Microsoft."""
    begin(browser, interactive)
    address = address_at_microsoft(browser)

    def come_back() -> Any:
        clicker.open(address)
        tess = people("tess")
        clicker.sign_in(tess["user_principal_name"], password=tess["password"])
        return browser.get(ANSWER, clicker.answer)

    return come_back


def test_one_event_when_the_role_is_withdrawn_while_the_person_is_at_microsoft(
    at_microsoft: Callable[[], Any], technician: User
) -> None:
    technician.role_grants.all().delete()
    assert at_microsoft().status_code == 403
    assert not PersonalSignIn.objects.exists()
    assert not PendingSignIn.objects.exists()
    assert actions() == ["personal_sign_in.started", "personal_sign_in.refused"]
    refused = AuditEvent.objects.get(action="personal_sign_in.refused")
    assert "the permission “jobs:run:launch” is missing" in refused.data["reason"]


def test_one_event_when_what_was_kept_for_it_cannot_be_opened(at_microsoft: Callable[[], Any]) -> None:
    PendingSignIn.objects.update(sealed_flow=b"sealed with another key")
    answer = at_microsoft()
    assert answer.status_code == 422
    assert "cannot be opened with the present encryption key" in answer.content.decode()
    assert "Sign in again" in answer.content.decode()
    assert not PendingSignIn.objects.exists()
    assert actions() == ["personal_sign_in.started", "personal_sign_in.refused"]


def test_one_event_when_something_unexpected_happens(
    at_microsoft: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a secret, perhaps")

    monkeypatch.setattr(endings, "keep_sign_in", lambda **_: fail())
    with pytest.raises(RuntimeError):
        at_microsoft()
    assert not PendingSignIn.objects.exists()
    assert actions() == ["personal_sign_in.started", "personal_sign_in.refused"]
    assert "unexpected" in last_reason()


def test_one_event_when_the_web_server_dies_while_microsoft_is_asked(
    at_microsoft: Callable[[], Any], browser: Client, clicker: Clicker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(interactive_flow, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            at_microsoft()
    assert "No sign-in is under way" in browser.get(ANSWER, clicker.answer).content.decode(), "it is asked once"
    PendingSignIn.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    sweep_sign_ins()
    assert not PendingSignIn.objects.exists()
    assert actions() == ["personal_sign_in.started", "personal_sign_in.left_unfinished"]


def test_one_event_when_it_is_cancelled_while_microsoft_is_asked(
    at_microsoft: Callable[[], Any], browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = interactive_flow.finish

    def cancel_meanwhile(*args: Any) -> Any:
        account = finish(*args)
        browser.post(reverse("tenants:sign-in-cancel"))
        return account

    monkeypatch.setattr(interactive_flow, "finish", cancel_meanwhile)
    assert at_microsoft().status_code == 422
    assert not PersonalSignIn.objects.exists()
    assert actions() == ["personal_sign_in.started", "personal_sign_in.refused"]
    assert last_reason() == "cancelled in Signalbox"
