"""Refused permissions stand in the audit trail, and cannot fill it."""

from collections.abc import Callable

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.accounts.services import REFUSALS_PER_MINUTE
from portal.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_a_refusal_is_recorded_with_permission_rule_and_address(
    auditor: User, signed_in: Callable[[User], Client]
) -> None:
    assert signed_in(auditor).post("/global-stop/order/", {"reason": "x"}).status_code == 403
    event = AuditEvent.objects.get(action="permission.refused")
    assert event.data["permission"] == "jobs:global_stop:order"
    assert event.data["rule"] == "permission.missing"
    assert (event.actor_id, event.target_label) == (str(auditor.pk), "/global-stop/order/")


def test_whoever_tries_again_and_again_does_not_fill_the_trail(
    auditor: User, technician: User, signed_in: Callable[[User], Client]
) -> None:
    browser = signed_in(auditor)
    for _ in range(REFUSALS_PER_MINUTE + 5):
        browser.post("/global-stop/order/", {"reason": "x"})
    assert AuditEvent.objects.filter(action="permission.refused").count() == REFUSALS_PER_MINUTE
    signed_in(technician).get("/people/")
    assert AuditEvent.objects.filter(action="permission.refused").count() == REFUSALS_PER_MINUTE + 1
