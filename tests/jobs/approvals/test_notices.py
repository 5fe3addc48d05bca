"""Who is told of a run that waits, with what, and what happens when nobody takes the message."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from jobs.approvals.models import ApprovalNotice
from jobs.approvals.notices import MOST_ATTEMPTS, deliver_notices
from jobs.approvals.services import approve_run
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.core.egress import webhooks
from tenants.organizations.models import Organization
from tests.factories import grant, make_group, make_person
from tests.jobs.approvals.world import destructive_run, fresh
from tests.security.test_webhook_egress import HOST, PUBLIC, Listener, Recorder, certificate  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
Places = Sequence[Organization]


@pytest.fixture
def mailing(settings: Any) -> None:
    settings.EMAIL_HOST, settings.PORTAL_URL = "mail.example", "https://signalbox.example"


def with_address(person: User) -> User:
    person.email = f"{person.username}@msp.example"
    person.save(update_fields=["email"])
    return person


@pytest.mark.usefixtures("mailing")
def test_mail_goes_to_everybody_who_may_approve_it_and_to_nobody_else(technician: User, places: Places) -> None:
    able, other = with_address(make_person(Role.APPROVER)), make_person(None)
    grant(with_address(other), Role.APPROVER, over=make_group("Gold", places[:1]))
    grant(with_address(technician), Role.APPROVER)
    with_address(make_person(Role.AUDITOR))
    run = destructive_run(technician, places)
    assert deliver_notices() == 1
    (message,) = mail.outbox
    assert message.to == [able.email]
    assert f"https://signalbox.example/approvals/{run.pk}/" in message.body
    assert "Clean up" in message.body
    assert "Identity" not in message.body
    assert deliver_notices() == 0


@pytest.mark.usefixtures("mailing")
def test_what_was_answered_meanwhile_is_told_to_nobody(technician: User, approver: User, places: Places) -> None:
    with_address(approver)
    run = destructive_run(technician, places)
    approve_run(actor=fresh(approver), run_id=run.pk, plan_hash=run.plan_hash, comment="Agreed")
    assert deliver_notices() == 0
    assert not mail.outbox


@pytest.mark.usefixtures("mailing")
def test_a_line_break_in_a_reason_makes_no_header(technician: User, approver: User, places: Places) -> None:
    with_address(approver)
    run = destructive_run(technician, places)
    run.reason = "x\r\nBcc: thief@evil.example"
    run.save(update_fields=["reason"])
    deliver_notices()
    assert "thief@evil.example" not in mail.outbox[0].recipients()


def test_the_webhook_is_signed_and_says_nothing_of_parameters_or_organizations(
    technician: User,
    places: Places,
    certificate: Path,  # noqa: F811 - the fixture
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.APPROVAL_WEBHOOK_URL, settings.APPROVAL_WEBHOOK_KEY = f"https://{HOST}/hook", "a key"
    server = Listener(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", certificate, ends=b"}")
    monkeypatch.setattr(webhooks, "_internet", lambda: Recorder([[PUBLIC]], server.port, certificate).network)
    run = destructive_run(technician, places)
    assert deliver_notices() == 1
    head, _, body = server.received.partition(b"\r\n\r\n")
    assert b"Signalbox-Signature: t=" in head
    told = json.loads(body)
    assert (told["event"], told["plan_hash"]) == ("approval_request.made", run.plan_hash)
    assert places[0].name not in body.decode()
    server.close()


def test_an_undelivered_notice_is_tried_again_and_not_for_ever(
    technician: User, places: Places, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Callable[..., Any]
) -> None:
    settings.APPROVAL_WEBHOOK_URL, settings.APPROVAL_WEBHOOK_KEY = f"https://{HOST}/hook", "a key"
    monkeypatch.setattr(webhooks, "_internet", lambda: Recorder([["127.0.0.1"]], 1).network)
    destructive_run(technician, places)
    for _ in range(MOST_ATTEMPTS + 2):
        assert deliver_notices() == 0
        ApprovalNotice.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    notice = ApprovalNotice.objects.get()
    assert (notice.attempts, notice.sent_at) == (MOST_ATTEMPTS, None)
    assert "could not be reached" in notice.error
