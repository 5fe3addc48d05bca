"""The tab of an organization that says by which connection profile one gets in, and why."""

from dataclasses import dataclass
from typing import Any

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization
from tenants.profiles.resolution import Because
from tenants.profiles.ways import Reasons, reasons_for
from tenants.profiles.words import sentence_of
from tenants.web.profiles.example import Example, examples


@dataclass(frozen=True, slots=True)
class Entry:
    """One service with its profile in words, and the PowerShell that it stands for here."""

    reasons: Reasons
    sentence: str
    examples: list[Example]
    is_own: bool


def connection_context(actor: Actor, organization: Organization) -> dict[str, Any]:
    """Return what the tab shows."""
    return {
        "entries": [_entry(organization, reasons) for reasons in reasons_for(organization)],
        "can_manage_profiles": actor.has(Permission.CONNECTION_PROFILE_MANAGE) and organization.vanished_at is None,
    }


def _entry(organization: Organization, reasons: Reasons) -> Entry:
    if reasons.applied is None:
        return Entry(reasons, "", [], is_own=False)
    profile = reasons.applied.profile
    return Entry(
        reasons,
        sentence_of(profile),
        examples(profile, organization, services=(reasons.service,)),
        is_own=reasons.applied.because is Because.ORGANIZATION,
    )
