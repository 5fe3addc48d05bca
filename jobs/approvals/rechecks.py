"""Whether the approvals that a run needs hold at this moment: asked when it is approved, claimed, and sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from jobs.approvals.models import Approval, ApprovalKind, ApprovalRequest, RequestState
from jobs.approvals.signing import is_signed
from jobs.authority.decisions import decisions_in
from jobs.runs.models import RunTarget
from jobs.runs.steps import Step
from portal.accounts.selectors import grants_of_people
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.core.authority import Decision, Grant, Rule
from portal.core.permissions import Permission

Key = TypeVar("Key")
MISSING = Decision(Rule.APPROVAL_MISSING)
PERMISSIONS = {
    ApprovalKind.APPROVAL: Permission.RUN_APPROVE,
    ApprovalKind.EMERGENCY: Permission.RUN_BREAK_GLASS,
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What is about to take effect: these steps of this run, of the plan with this hash, in this organization."""

    run_id: UUID
    organization_id: UUID
    steps: tuple[Step, ...]
    plan_hash: str


def approvals_needed(run_id: UUID) -> int:
    """Return how many others must approve a run, as the trail and the request for approval say; 0 for most."""
    made = AuditEvent.objects.filter(run_id=run_id, action=AuditAction.APPROVAL_REQUEST_MADE)
    told = made.values_list("data__approvals_needed", flat=True)
    asked = ApprovalRequest.objects.filter(run=run_id).values_list("approvers", flat=True)
    return max([*told, *asked], default=0)


def refusals(effects: Mapping[Key, Effect]) -> dict[Key, Decision]:
    """Return those of `effects`, all of runs that need approval, that no sufficient approval covers at this moment."""
    requests = {
        request.run_id: request
        for request in ApprovalRequest.objects.filter(
            run__in={effect.run_id for effect in effects.values()}, state=RequestState.APPROVED
        ).prefetch_related("approvals")
    }
    held = _grants_of(requests.values())
    refused: dict[Key, Decision] = {}
    for run_id in {effect.run_id for effect in effects.values()}:
        asked = {key: effect for key, effect in effects.items() if effect.run_id == run_id}
        covered = _covered(requests.get(run_id), held, asked.values())
        refused |= {key: MISSING for key, effect in asked.items() if effect.organization_id not in covered}
    return refused


def is_approved(request: ApprovalRequest) -> bool:
    """Whether the approvals of a request that hold now are enough for every organization of its run."""
    places = set(RunTarget.objects.filter(run=request.run_id).values_list("organization_id", flat=True))
    effects = [Effect(request.run_id, pk, request.run.steps, request.plan_hash) for pk in places]
    return places <= _covered(request, _grants_of([request]), effects)


def count_that_hold(request: ApprovalRequest) -> int:
    """Return how many approvals of a request are signed, not withdrawn, and by people who may sign in."""
    held = _grants_of([request])
    return sum(_is_valid(approval, request) and approval.person_id in held for approval in request.approvals.all())


def _grants_of(requests: Iterable[ApprovalRequest]) -> dict[str, tuple[Grant, ...]]:
    people = {approval.person_id for request in requests for approval in request.approvals.all()}
    return grants_of_people(people) if people else {}


def _covered(
    request: ApprovalRequest | None, held: Mapping[str, tuple[Grant, ...]], effects: Iterable[Effect]
) -> set[UUID]:
    """Return the organizations of `effects`, all of one run, for which enough approvals of `request` hold."""
    effects = list(effects)
    if request is None or not effects or any(effect.plan_hash != request.plan_hash for effect in effects):
        return set()
    places = {effect.organization_id for effect in effects}
    voices: dict[ApprovalKind, dict[UUID, set[str]]] = {kind: {pk: set() for pk in places} for kind in ApprovalKind}
    for approval in request.approvals.all():
        if not _is_valid(approval, request):
            continue
        decided = decisions_in(
            places,
            grants=held.get(approval.person_id, ()),
            steps=effects[0].steps,
            permission=PERMISSIONS[ApprovalKind(approval.kind)],
        )
        for pk, decision in decided.items():
            if decision.is_allowed:
                voices[ApprovalKind(approval.kind)][pk].add(approval.human)
    approved, confirmed = voices[ApprovalKind.APPROVAL], voices[ApprovalKind.EMERGENCY]
    return {pk for pk in places if len(approved[pk]) >= request.approvers or (request.is_emergency and confirmed[pk])}


def _is_valid(approval: Approval, request: ApprovalRequest) -> bool:
    """Whether an approval stands, is of this very plan, by another human, and was signed here."""
    return (
        approval.withdrawn_at is None
        and approval.plan_hash == request.plan_hash
        and approval.human not in {"", request.requester_human, *request.barred}
        and is_signed(approval)
    )
