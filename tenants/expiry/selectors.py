"""What pages ask about ends that come near."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.templatetags.presentation import counted, day, days_left
from tenants.expiry.thresholds import RELATIONSHIP_DAYS, crossed
from tenants.organizations.models import Organization
from tenants.relationships.facts import IN_FORCE
from tenants.relationships.models import DelegatedAdminRelationship
from tenants.relationships.selectors import RelationshipView

GLOBAL_ADMINISTRATOR = "Global Administrator"


@dataclass(frozen=True, slots=True)
class Notice:
    """An end that comes near, in words, with what to do; `tone` is a state's colour."""

    title: str
    meaning: str
    fix: str
    tone: str


def ending_relationships(now: datetime, *, within: int) -> QuerySet[DelegatedAdminRelationship]:
    """Return the relationships in force of served organizations that end within so many days and do not extend."""
    in_force = DelegatedAdminRelationship.objects.filter(organization__vanished_at=None, status__in=IN_FORCE)
    ending = in_force.filter(end_at__gt=now, end_at__lte=now + timedelta(days=within))
    return ending.exclude(auto_extend_duration__regex=r"^P0*[1-9]\d*D$")


def expiring(actor: Actor, *, now: datetime, within: int, text: str = "") -> QuerySet[DelegatedAdminRelationship]:
    """Return those of them that `actor` may see, with their organizations; `text` is looked for in name and domain."""
    places = Organization.objects.visible_to(actor).matching(text)
    return ending_relationships(now, within=within).filter(organization__in=places).select_related("organization")


def notice_of(organization: Organization, relationships: Sequence[RelationshipView]) -> Notice | None:
    """Return what is to be said on the organization's page; None while its access neither ends soon nor at all."""
    now, end = timezone.now(), organization.relationship_ends_at
    if organization.relationship_state != "active" or organization.relationship_extends or end is None:
        return None
    days = crossed(end, now, RELATIONSHIP_DAYS)
    if days is None:
        return None
    last = [each for each in relationships if each.status in IN_FORCE and each.end_at == end]
    is_global = any(GLOBAL_ADMINISTRATOR in each.roles for each in last)
    return Notice(
        title=f"Delegated access ends on {day(end)}, in {counted(days_left(end), 'day')}",
        meaning="It does not extend itself"
        + (": a relationship with Global Administrator cannot." if is_global else "."),
        fix="In Partner Center, take Global Administrator out of the relationship and switch auto-extend on, or have "
        "the customer approve a new relationship before that day."
        if is_global
        else "In Partner Center, switch auto-extend on, or have the customer approve a new relationship before that "
        "day.",
        tone="bad" if days == min(RELATIONSHIP_DAYS) else "partly",
    )
