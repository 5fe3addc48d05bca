"""Questions about what waits for approval."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef

from jobs.approvals.models import Approval, ApprovalRequest, RequestState
from jobs.approvals.querysets import ApprovalRequestQuerySet
from jobs.runs.models import Run
from portal.core.actors import Actor
from portal.core.clock import database_now
from portal.core.pagination import Page, page_by_key
from portal.core.permissions import Permission

MINE, WAITING, ENDED = "mine", "waiting", "ended"
WHICH: Mapping[str, str] = {
    MINE: "that wait for me",
    WAITING: "that wait",
    ENDED: "that were answered",
}
"""Which requests are wanted, in words."""
SORTS: Mapping[str, str] = {"asked": "requested_at", "ends": "expires_at", "who": "run__requested_by"}


def requests_page(*, actor: Actor, which: str, order: str, cursor: str) -> Page[ApprovalRequest]:
    """Return the requests that `actor` may see, with run and approvals; an empty `which` means all."""
    found = _wanted(actor, which).select_related("run").defer("run__plan").prefetch_related("approvals")
    return page_by_key(found, order=order, cursor=cursor)


def count_waiting_for(actor: Actor) -> int:
    """Return how many runs of others wait for an answer that `actor` may give."""
    return waiting_for(actor).count()


def waiting_for(actor: Actor) -> ApprovalRequestQuerySet:
    """Return the requests of others that `actor` may answer and has not answered yet."""
    if not actor.has(Permission.RUN_APPROVE):
        return ApprovalRequest.objects.none()
    given = Approval.objects.filter(request=OuterRef("pk"), human=actor.human, withdrawn_at=None)
    there = Run.objects.visible_to(actor, Permission.RUN_APPROVE).exclude(requested_by_id=actor.id)
    return (
        ApprovalRequest.objects.waiting()
        .filter(~Exists(given), run__in=there.values("pk"), expires_at__gt=database_now())
        .exclude(barred__contains=[actor.human])
    )


def find_request(*, actor: Actor, run_id: UUID) -> ApprovalRequest | None:
    """Return the request of a run with the run and what was said about it, or None."""
    found = ApprovalRequest.objects.visible_to(actor).select_related("run", "reading").prefetch_related("approvals")
    return found.filter(run=run_id).first()


def latest_runs_of(*, actor: Actor, run: Run, number: int) -> list[Run]:
    """Return what the requester of `run` launched last besides it, as far as `actor` may see that.

    What was read for approvals runs on their behalf, and was not launched by them.
    """
    readings = ApprovalRequest.objects.exclude(reading=None).values("reading")
    others = Run.objects.visible_to(actor).launched().of_people().exclude(pk=run.pk).exclude(pk__in=readings)
    own = others.filter(requested_by_id=run.requested_by_id).defer("plan", "powershell")
    return list(own.order_by("-launched_at", "-pk")[:number])


def answer_in_words(run: Run) -> str:
    """Return who let a run begin, or not, and why; empty for one that nobody had to approve."""
    request = ApprovalRequest.objects.prefetch_related("approvals").filter(run=run).first()
    if request is None:
        return ""
    if request.state != RequestState.APPROVED:
        why = f": {request.end_reason}" if request.end_reason else ""
        return f"{request.get_state_display()}, {request.ended_by}{why}" if request.ended_by else ""
    given = [each for each in request.approvals.all() if each.given_at <= (request.ended_at or each.given_at)]
    said = "; ".join(f"{each.person}: {each.comment}" for each in given)
    return f"{'Emergency, confirmed by' if request.is_emergency else 'Approved by'} {said}"


def _wanted(actor: Actor, which: str) -> ApprovalRequestQuerySet:
    if which == MINE:
        return waiting_for(actor)
    visible = ApprovalRequest.objects.visible_to(actor)
    if which == WAITING:
        return visible.waiting()
    return visible.exclude(state="waiting") if which == ENDED else visible
