"""Sign-in by device code through the pages, against the simulated login host."""

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
from tenants.sign_in_flows import device as device_flow
from tenants.sign_in_flows.selectors import DeviceCode, device_code_of
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tests.live import Sandbox
from tests.portal.sandbox.clicking import Clicker
from tests.tenants.sign_in_flows.conftest import begin

pytestmark = pytest.mark.django_db(transaction=True)
People = Callable[..., dict[str, Any]]
WAITING = reverse("tenants:sign-in-device")


@pytest.fixture
def code(browser: Client, device: ConnectionProfile) -> DeviceCode:
    """The code of a sign-in that has begun."""
    answer = begin(browser, device, next="/runs/")
    assert (answer.status_code, answer.headers["Location"]) == (303, WAITING)
    return device_code_of(PendingSignIn.objects.get())


def enter(clicker: Clicker, code: DeviceCode, *, decline: bool = False) -> None:
    clicker.open(code.address)
    clicker.press("Next", user_code=code.user_code)
    clicker.press("Cancel" if decline else "Continue")


def look_again(browser: Client, **headers: str) -> Any:
    """Look as if the interval was over."""
    PendingSignIn.objects.update(asked_at=None)
    return browser.post(WAITING, headers=headers)


def polls(sandbox: Sandbox) -> int:
    return len([e for e in sandbox.control("GET", "logins?kind=token") if "device_code" in e["grant"]])


def test_the_page_shows_code_address_and_when_it_ends(browser: Client, code: DeviceCode) -> None:
    page = browser.get(WAITING).content.decode()
    assert code.user_code in page
    assert f'href="{code.address}"' in page
    assert f'hx-trigger="every {code.ask_every}s"' in page
    assert "The code ends" in page


def test_whoever_enters_the_code_is_signed_in_and_comes_back(
    browser: Client, clicker: Clicker, code: DeviceCode, people: People
) -> None:
    enter(clicker, code)
    tess = people("tess")
    clicker.sign_in(tess["user_principal_name"], password=tess["password"])
    answer = look_again(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/runs/")
    sign_in = PersonalSignIn.objects.get()
    assert (sign_in.user_principal_name, sign_in.is_public_client) == (tess["user_principal_name"], True)
    assert not PendingSignIn.objects.exists()


def test_a_script_that_polls_is_sent_on(browser: Client, clicker: Clicker, code: DeviceCode, people: People) -> None:
    enter(clicker, code)
    tess = people("tess")
    clicker.sign_in(tess["user_principal_name"], password=tess["password"])
    answer = look_again(browser, hx_request="true", hx_target="device-progress")
    assert answer.headers["HX-Redirect"] == "/runs/"


def test_while_nobody_enters_it_the_page_waits(browser: Client, code: DeviceCode) -> None:
    answer = look_again(browser, hx_request="true", hx_target="device-progress")
    assert answer.status_code == 200
    assert "Microsoft has not seen the code yet" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert code.user_code in answer.content.decode()


def test_microsoft_is_not_asked_before_the_interval_is_over(
    sandbox: Sandbox, browser: Client, code: DeviceCode
) -> None:
    for _ in range(3):
        browser.post(WAITING)
    assert polls(sandbox) == 1


def test_slow_down_makes_the_interval_longer(browser: Client, code: DeviceCode) -> None:
    look_again(browser)
    look_again(browser)
    assert PendingSignIn.objects.get().ask_every == code.ask_every + 5


def test_who_declines_is_told_and_offered_a_new_code(
    browser: Client, clicker: Clicker, code: DeviceCode, device: ConnectionProfile
) -> None:
    enter(clicker, code, decline=True)
    answer = look_again(browser)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Device sign-in was declined" in page
    assert reverse("tenants:sign-in-begin", args=[device.pk]) in page
    assert "hx-trigger" not in page.partition('id="device-progress"')[2].partition(">")[0]
    assert not PendingSignIn.objects.exists()


def test_an_expired_code_is_refused_by_microsoft(sandbox: Sandbox, browser: Client, device: ConnectionProfile) -> None:
    sandbox.control("POST", "device-codes", json={"expires_in": 0, "interval": 5})
    begin(browser, device)
    PendingSignIn.objects.update(ends_at=timezone.now() + timedelta(minutes=5))
    answer = look_again(browser)
    assert answer.status_code == 422
    assert "Device code wrong or expired" in answer.content.decode()


def test_a_sign_in_whose_time_is_over_leads_to_the_list(browser: Client, code: DeviceCode) -> None:
    PendingSignIn.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert browser.get(WAITING).headers["Location"] == reverse("tenants:sign-ins")
    assert "No sign-in is under way here" in browser.get(reverse("tenants:sign-ins")).content.decode()


def test_cancelled_while_microsoft_is_asked_nothing_is_kept(
    browser: Client, clicker: Clicker, code: DeviceCode, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(clicker, code)
    tess = people("tess")
    clicker.sign_in(tess["user_principal_name"], password=tess["password"])
    poll = device_flow.poll

    def poll_and_be_cancelled(*args: Any) -> Any:
        account = poll(*args)
        browser.post(reverse("tenants:sign-in-cancel"))
        return account

    monkeypatch.setattr(device_flow, "poll", poll_and_be_cancelled)
    assert look_again(browser).status_code == 422
    assert not PersonalSignIn.objects.exists()


def test_a_role_that_is_withdrawn_meanwhile_ends_it_with_one_event(
    browser: Client, clicker: Clicker, code: DeviceCode, people: People, technician: User
) -> None:
    enter(clicker, code)
    tess = people("tess")
    clicker.sign_in(tess["user_principal_name"], password=tess["password"])
    technician.role_grants.all().delete()
    assert look_again(browser).status_code == 403
    assert not PendingSignIn.objects.exists()
    refused = AuditEvent.objects.get(action="personal_sign_in.refused")
    assert "the permission “jobs:run:launch” is missing" in refused.data["reason"]


def test_a_disturbance_of_the_login_host_ends_nothing(sandbox: Sandbox, browser: Client, code: DeviceCode) -> None:
    rule = {"match": {"service": "login"}, "action": {"type": "status", "code": 503, "body": {}}}
    sandbox.control("POST", "faults", json=rule)
    assert look_again(browser, hx_request="true", hx_target="device-progress").status_code == 200
    assert PendingSignIn.objects.exists()
