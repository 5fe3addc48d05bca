"""The approval policies in force: those of Signalbox's own, unless changed, and those that an installation adds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from jobs.approvals.demands import MOST_APPROVERS, Condition, Demand, demand_of
from jobs.approvals.models import ApprovalPolicy
from jobs.authority.decisions import calls_of
from jobs.catalogue.cmdlets import UnknownCmdlet, find
from jobs.runs.steps import Step
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.authority import Decision, Grant, Scope, ScopeKind
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import storable
from tenants.groups.models import OrganizationGroup
from tenants.groups.places import places_of

RISKS = ("read", "change", "destructive")
"""The risk classes that a policy can be about."""

OWN: dict[str, dict[str, Any]] = {
    "destructive": {"name": "What destroys", "risks": ["destructive"]},
    "many-organizations": {
        "name": "Changes in many organizations",
        "risks": ["change", "destructive"],
        "over_organizations": 25,
    },
}
"""What holds where nothing else was decided. They need no row, so that losing every row leaves them in force."""


class PolicyRefused(Refused):
    """The policy cannot be saved so; the message says what to do."""


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """What a policy should say, as `ApprovalPolicy` holds it."""

    name: str
    is_on: bool = True
    risks: Sequence[str] = ()
    cmdlets: Sequence[str] = ()
    over_organizations: int | None = None
    group_id: UUID | None = None
    approvers: int = 1


def policies() -> list[ApprovalPolicy]:
    """Return every policy, those of Signalbox's own first; one of these that was never changed has no row yet."""
    stored = list(ApprovalPolicy.objects.order_by("name"))
    by_key = {policy.key: policy for policy in stored if policy.key}
    own = [by_key.get(key) or ApprovalPolicy(key=key, changed_by="", **values) for key, values in OWN.items()]
    return [*own, *(policy for policy in stored if policy.key not in OWN)]


def find_policy(reference: str) -> ApprovalPolicy | None:
    """Return the policy of this key or id, or None."""
    return next((policy for policy in policies() if reference in (policy.key, str(policy.pk))), None)


def demanded_of(steps: Iterable[Step], organization_ids: Iterable[UUID]) -> Demand:
    """Return which approvals a run of `steps` in these organizations needs.

    A cmdlet that is not in the catalogue any more is as one that destroys: it cannot be launched anyway.
    """
    in_force = [_condition(policy) for policy in policies() if policy.is_on]
    ids = set(organization_ids)
    calls = calls_of(tuple((step.cmdlet, (*step.parameters, *step.secrets)) for step in steps))
    if isinstance(calls, Decision):
        return Demand(MOST_APPROVERS, ("A cmdlet that is not known",))
    groups = _groups_touched(ids, {each.group_id for each in in_force if each.group_id})
    return demand_of(in_force, calls, organizations=len(ids), group_ids=groups)


def _condition(policy: ApprovalPolicy) -> Condition:
    return Condition(
        name=policy.name,
        approvers=policy.approvers,
        risks=frozenset(policy.risks),
        cmdlets=frozenset(name.lower() for name in policy.cmdlets),
        over_organizations=policy.over_organizations,
        group_id=policy.group_id,
    )


def _groups_touched(organization_ids: set[UUID], group_ids: set[UUID]) -> frozenset[UUID]:
    """Return which of these groups have one of the organizations as a member now."""
    if not group_ids:
        return frozenset()
    asked = [
        Grant(0, "", frozenset(), Scope(ScopeKind.GROUP, pk, rule))
        for pk, rule in OrganizationGroup.objects.filter(pk__in=group_ids).values_list("pk", "rule")
    ]
    return frozenset[UUID]().union(*(place.group_ids for place in places_of(organization_ids, asked).values()))


@transaction.atomic
def save_policy(*, actor: Actor, request: PolicyRequest, reference: str = "") -> ApprovalPolicy:
    """Create a policy, or change the one of this key or id; it holds for what is launched from then on.

    Raises `PolicyRefused` for what cannot be a policy.
    """
    actor.require_everywhere(Permission.APPROVAL_POLICY_MANAGE)
    actor.require_step_up()
    policy = find_policy(reference) if reference else ApprovalPolicy()
    if policy is None:
        raise PolicyRefused("This policy was deleted meanwhile. Create it anew.")
    before = {} if policy._state.adding and not policy.key else _facts(policy)
    _fill(policy, request)
    policy.changed_by = actor.label[:300]
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as error:
        raise PolicyRefused(f"There is a policy “{policy.name}” already. Choose another name.") from error
    data = {**_facts(policy), **({"before": before} if before else {})}
    action = AuditAction.APPROVAL_POLICY_CHANGED if before else AuditAction.APPROVAL_POLICY_CREATED
    record(action, actor=actor, target=_as_object(policy), data=data)
    return policy


@transaction.atomic
def delete_policy(*, actor: Actor, reference: str) -> None:
    """Delete a policy that this installation added; raises `PolicyRefused` for one of Signalbox's own."""
    actor.require_everywhere(Permission.APPROVAL_POLICY_MANAGE)
    actor.require_step_up()
    policy = find_policy(reference)
    if policy is None:
        return
    if policy.key:
        raise PolicyRefused("This policy is Signalbox’s own. Switch it off instead.")
    record(AuditAction.APPROVAL_POLICY_DELETED, actor=actor, target=_as_object(policy), data=_facts(policy))
    policy.delete()


def _fill(policy: ApprovalPolicy, request: PolicyRequest) -> None:
    name = storable(request.name.strip(), 100)
    if not name:
        raise PolicyRefused("Give the policy a name.")
    if request.approvers not in (1, MOST_APPROVERS):
        raise PolicyRefused("Choose one approver or two.")
    if unknown := sorted(set(request.risks) - set(RISKS)):
        raise PolicyRefused(f"There is no risk class “{unknown[0]}”. Known are: {', '.join(RISKS)}.")
    group = OrganizationGroup.objects.filter(pk=request.group_id).first() if request.group_id else None
    if request.group_id and group is None:
        raise PolicyRefused("This organization group does not exist any more. Choose another, or none.")
    policy.name, policy.is_on, policy.approvers = name, request.is_on, request.approvers
    policy.risks = [risk for risk in RISKS if risk in request.risks]
    policy.cmdlets = sorted({_known(cmdlet) for cmdlet in request.cmdlets})
    policy.over_organizations = request.over_organizations
    policy.group_id, policy.group_name = (group.pk, group.name) if group else (None, "")


def _known(cmdlet: str) -> str:
    try:
        return find(cmdlet).name
    except UnknownCmdlet as unknown:
        near = f" Did you mean {unknown.nearest[0]}?" if unknown.nearest else ""
        raise PolicyRefused(f"There is no cmdlet “{cmdlet}”.{near}") from unknown


def _facts(policy: ApprovalPolicy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "is_on": policy.is_on,
        "risks": list(policy.risks),
        "cmdlets": list(policy.cmdlets),
        "over_organizations": policy.over_organizations,
        "group": policy.group_name,
        "approvers": policy.approvers,
    }


def _as_object(policy: ApprovalPolicy) -> Object:
    return Object("approval policy", str(policy.pk), policy.name)
