"""Telling people that a run waits for approval: kept with the request, delivered apart from it, again until taken."""

import json
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from jobs.approvals.models import ApprovalNotice, ApprovalRequest, NoticeKind, RequestState
from jobs.authority.decisions import decisions_in
from jobs.runs.models import RunTarget
from portal.accounts.models import User
from portal.core.egress.webhooks import WebhookAddressRefused, WebhookUndelivered, deliver
from portal.core.permissions import Permission
from portal.core.tasks import enqueue, ring

log = structlog.get_logger(__name__)
AGAIN = timedelta(minutes=1)
GRACE = timedelta(seconds=10)
MOST_ATTEMPTS = 5
_AT_ONCE = 50


def note_request(request: ApprovalRequest) -> None:
    """Keep, in the present transaction, whom to tell of a request: its possible approvers, and the webhook if any."""
    notices = [ApprovalNotice(request=request, kind=NoticeKind.EMAIL, address=address) for address in _mail_of(request)]
    if settings.APPROVAL_WEBHOOK_URL:
        notices.append(ApprovalNotice(request=request, kind=NoticeKind.WEBHOOK, address=settings.APPROVAL_WEBHOOK_URL))
    if notices:
        ApprovalNotice.objects.bulk_create(notices)
        enqueue("jobs.approvals.deliver_notices")


def deliver_notices() -> int:
    """Deliver what is due and still of use; returns how many were taken. Never while holding a transaction."""
    taken = 0
    for notice in _due():
        try:
            _deliver(notice)
        except (WebhookUndelivered, WebhookAddressRefused, OSError) as error:
            log.warning("approval_notice.undelivered", kind=notice.kind, error=type(error).__name__)
            ApprovalNotice.objects.filter(pk=notice.pk).update(error=str(error)[:300])
        else:
            ApprovalNotice.objects.filter(pk=notice.pk).update(sent_at=timezone.now(), error="")
            taken += 1
    return taken


def ring_for_due_notices() -> None:
    """Ring for notices that nobody has delivered: their message was lost, or the server did not take them."""
    if _undelivered().filter(due_at__lte=timezone.now() - GRACE).exists():
        ring("jobs.approvals.deliver_notices")


@transaction.atomic
def _due() -> list[ApprovalNotice]:
    """Return what is due, put off for a minute so that nobody else delivers it meanwhile."""
    now = timezone.now()
    locked = (
        _undelivered()
        .filter(due_at__lte=now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("request__run")
    )
    due = list(locked.order_by("pk")[:_AT_ONCE])
    again = ApprovalNotice.objects.filter(pk__in=[notice.pk for notice in due])
    again.update(due_at=now + AGAIN, attempts=F("attempts") + 1)
    return due


def _undelivered() -> QuerySet[ApprovalNotice]:
    """Return the notices that are of use still: nobody has answered, and they were not tried too often."""
    return ApprovalNotice.objects.filter(sent_at=None, attempts__lt=MOST_ATTEMPTS, request__state=RequestState.WAITING)


def _deliver(notice: ApprovalNotice) -> None:
    facts = _facts(notice.request)
    if notice.kind == NoticeKind.WEBHOOK:
        body = json.dumps({"event": "approval_request.made", **facts}).encode()
        deliver(notice.address, body, key=settings.APPROVAL_WEBHOOK_KEY.encode(), sent_at=timezone.now())
        return
    lines = [
        f"{facts['requested_by']} asks for approval of {facts['run']}.",
        f"Why: {facts['reason'] or 'no reason given'}",
        f"It waits until {facts['expires_at']}. Look at the exact plan, and decide: {facts['url']}",
    ]
    subject = f"Approval wanted: {facts['run']}"
    EmailMessage(subject, "\n\n".join(lines), settings.DEFAULT_FROM_EMAIL, [notice.address]).send()


def _facts(request: ApprovalRequest) -> dict[str, Any]:
    """Return what is told: nothing of parameters or organizations, which mail and chat would keep."""
    return {
        "run": str(request.run),
        "requested_by": request.run.requested_by,
        "reason": " ".join(request.run.reason.split()),
        "ticket": request.run.ticket,
        "plan_hash": request.plan_hash,
        "expires_at": request.expires_at.strftime("%Y-%m-%d %H:%M UTC"),
        "url": f"{settings.PORTAL_URL.rstrip('/')}/approvals/{request.run_id}/",
    }


def _mail_of(request: ApprovalRequest) -> list[str]:
    """Return the mail addresses of the people who may approve a request, each once."""
    if not settings.EMAIL_HOST:
        return []
    places = list(RunTarget.objects.filter(run=request.run_id).values_list("organization_id", flat=True))
    found = set()
    for person in User.objects.filter(is_active=True).exclude(email=""):
        if person.human in request.barred:
            continue
        decided = decisions_in(places, grants=person.grants, steps=request.run.steps, permission=Permission.RUN_APPROVE)
        if decided and all(decision.is_allowed for decision in decided.values()):
            found.add(person.email)
    return sorted(found)
