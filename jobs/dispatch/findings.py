"""What an attempt shows about getting into an organization, as against what it shows about the cmdlet."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef

from jobs.dispatch.story import Story
from jobs.exchange.failures import CallFailed
from jobs.exchange.refusals import CMDLET_ABSENT, WRONG_ORGANIZATION_ANSWERED
from jobs.runs.models import Connection
from jobs.runs.ways import as_applied
from jobs.throttling.signs import is_of_the_identity
from portal.core.explanations import Explanation, Retry
from tenants.organizations.models import Organization, Reachability
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
    asked = failure.answered or isinstance(failure.__cause__, TokenFailure)
    if not asked or is_of_the_identity(failure) or failure.explanation.retry is Retry.AUTOMATIC:
        return None  # what fails because of ourselves says nothing about the organization
    return _unreachable(failure.explanation)


def telling(stories: Iterable[Story]) -> dict[UUID, Finding]:
    """Return what attempts found, by organization, of those that got in by the profile that applies there.

    A profile that is tried out, and somebody's own account, say nothing of how the organization is entered otherwise;
    nor does Security & Compliance, with its own regions and roles, where Exchange Online was ever tried.
    """
    found: dict[UUID, dict[UUID, Story]] = {}
    for story in stories:
        if story.finding and story.way:
            found.setdefault(story.claimed.run_id, {})[story.claimed.organization_id] = story
    told: dict[UUID, Finding] = {}
    for members in found.values():
        told |= _of_run(members)
    return told


def _of_run(stories: Mapping[UUID, Story]) -> dict[UUID, Finding]:
    plan = next(story.way.plan for story in stories.values() if story.way)
    alike = set(stories)
    if plan.ways.chosen or plan.ways.personal:
        alike = as_applied(plan.ways, list(Organization.objects.in_bulk(stories).values()), service=plan.service)
    if plan.service == "scc":
        alike -= _tried_in_exchange(stories)
    alarming = {pk for pk, story in stories.items() if story.answered_by_another is not None}
    return {pk: story.finding for pk, story in stories.items() if story.finding and pk in alike | alarming}


def _tried_in_exchange(organization_ids: Collection[UUID]) -> set[UUID]:
    connections = Connection.objects.filter(organization=OuterRef("pk")).exclude(service="scc")
    tried = Organization.objects.filter(Exists(connections), pk__in=organization_ids)
    return set(tried.values_list("pk", flat=True))


def _unreachable(explanation: Explanation) -> Finding:
    return Finding(Reachability.UNREACHABLE, explanation.error_class, explanation.title, explanation.fix)
