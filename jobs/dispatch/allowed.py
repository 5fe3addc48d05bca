"""What must not take effect at this moment: the requester's right or a needed approval does not hold any more."""

from collections.abc import Iterable

from jobs.approvals.rechecks import Effect, refusals
from jobs.authority.decisions import Question, decisions_about
from jobs.dispatch.claims import Claim, Key
from jobs.dispatch.plans import FrozenPlan
from portal.core.authority import Decision


def denials(effects: Iterable[tuple[Claim, FrozenPlan]]) -> dict[Key, Decision]:
    """Return the decisions about those of `effects` that are not allowed, read in the present transaction."""
    effects = list(effects)
    asked = {claim.key: Question(claim.requested_by_id, claim.organization_id, plan.steps) for claim, plan in effects}
    denied = {key: decision for key, decision in decisions_about(asked).items() if not decision.is_allowed}
    to_approve = {
        claim.key: Effect(claim.run_id, claim.organization_id, plan.steps, plan.plan_hash)
        for claim, plan in effects
        if plan.approvals_needed and claim.key not in denied
    }
    return denied | refusals(to_approve) if to_approve else denied
