from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tenants.sync.models import Synchronization, SynchronizationState
from tests.factories import make_partner

START = reverse("tenants:synchronization-start")
LIST = reverse("tenants:organizations")
HTMX = {"HX-Request": "true", "HX-Target": "synchronization"}


@pytest.fixture
def browser(administrator: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(administrator)


def make_synchronization(state: SynchronizationState, **values: object) -> Synchronization:
    ended = state in (SynchronizationState.SUCCEEDED, SynchronizationState.FAILED)
    return Synchronization.objects.create(
        partner=make_partner(),
        state=state,
        requested_by="Max",
        finished_at=timezone.now() if ended else None,
        **values,
    )


def test_starting_leads_back_to_the_list_with_its_progress(browser: Client) -> None:
    make_partner()
    answer = browser.post(START, follow=True)
    synchronization = Synchronization.objects.get()
    page = answer.content.decode()
    assert answer.redirect_chain == [(LIST, 303)]
    assert f'hx-get="/organizations/read/{synchronization.pk}/"' in page
    assert 'hx-trigger="every 1s"' in page
    assert AuditEvent.objects.filter(action=AuditAction.SYNCHRONIZATION_STARTED).count() == 1


def test_starting_twice_makes_one(browser: Client) -> None:
    make_partner()
    browser.post(START)
    browser.post(START)
    assert Synchronization.objects.count() == 1


def test_without_a_partner_it_says_what_to_do(browser: Client) -> None:
    assert "No partner is connected yet." in browser.post(START, follow=True).content.decode()


def test_the_fragment_shows_step_and_numbers_while_it_goes_on(browser: Client) -> None:
    going = make_synchronization(SynchronizationState.RUNNING, step="Reading access assignments", done=40, total=300)
    answer = browser.get(reverse("tenants:synchronization", args=[going.pk]), headers=HTMX)
    fragment = answer.content.decode()
    assert answer.status_code == 200
    assert fragment.strip().startswith("<section")
    assert "Reading access assignments (40 of 300)" in fragment
    assert '<progress value="40" max="300">' in fragment


def test_polling_stops_when_it_has_ended(browser: Client) -> None:
    ended = make_synchronization(SynchronizationState.SUCCEEDED, total=300, added=2, vanished=1)
    answer = browser.get(reverse("tenants:synchronization", args=[ended.pk]), headers=HTMX)
    fragment = answer.content.decode()
    assert answer.status_code == 286
    assert "hx-trigger" not in fragment
    assert "300 organizations, 2 new, 1 vanished" in fragment
    assert f'href="{LIST}"' in fragment


def test_a_failure_is_shown_with_its_sentence(browser: Client) -> None:
    failed = make_synchronization(SynchronizationState.FAILED, error="Sign in again <now>.")
    for headers in ({}, HTMX):
        answer = browser.get(reverse("tenants:synchronization", args=[failed.pk]), headers=headers)
        assert "The organizations could not be read" in answer.content.decode()
        assert "Sign in again &lt;now&gt;." in answer.content.decode()


def test_without_javascript_the_progress_has_a_page(browser: Client) -> None:
    going = make_synchronization(SynchronizationState.RUNNING)
    answer = browser.get(reverse("tenants:synchronization", args=[going.pk]))
    assert answer.status_code == 200
    assert "<h1>Reading organizations</h1>" in answer.content.decode()


def test_those_who_may_not_start_it_see_no_button(technician: User, signed_in: Callable[[User], Client]) -> None:
    assert START not in signed_in(technician).get(LIST).content.decode()
