"""What an attempt shows about getting into an organization, as against what it shows about the cmdlet."""

from jobs.exchange.failures import CallFailed
from jobs.exchange.refusals import CMDLET_ABSENT, WRONG_ORGANIZATION_ANSWERED
from portal.core.explanations import Explanation, Retry
from tenants.organizations.models import Reachability
from tenants.organizations.services import Finding
from tenants.tokens.failures import TokenFailure

REACHABLE = Finding(Reachability.REACHABLE)


def finding_of(failure: CallFailed, *, opened: bool) -> Finding | None:
    """Return what a failed attempt says about reachability; None when it says nothing, as with a lost network."""
    if failure.explanation is WRONG_ORGANIZATION_ANSWERED:
        return _unreachable(failure.explanation)
    if opened:
        return REACHABLE if failure.answered else None
    if failure.explanation.error_class == CMDLET_ABSENT.error_class:
        return REACHABLE
    cause = failure.__cause__
    asked = failure.answered or isinstance(cause, TokenFailure)
    ours = isinstance(cause, TokenFailure) and cause.partner_wide
    if not asked or ours or failure.explanation.retry is Retry.AUTOMATIC:
        return None  # what fails because of ourselves says nothing about the organization
    return _unreachable(failure.explanation)


def _unreachable(explanation: Explanation) -> Finding:
    return Finding(Reachability.UNREACHABLE, explanation.error_class, explanation.title, explanation.fix)
