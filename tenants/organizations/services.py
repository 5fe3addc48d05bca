"""What becomes known about organizations."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from tenants.organizations.models import Organization, Reachability


@dataclass(frozen=True, slots=True)
class Finding:
    """What an attempt to get in showed; `error_class`, `reason` and `fix` are empty when it succeeded."""

    reachability: Reachability
    error_class: str = ""
    reason: str = ""
    fix: str = ""


def as_object(organization: Organization) -> Object:
    """Return how audit events name an organization."""
    return Object(
        "organization",
        str(organization.pk),
        organization.name,
        organization_id=organization.pk,
        organization_name=organization.name,
    )


@transaction.atomic
def note_reachability(*, actor: Actor, organization_id: UUID, finding: Finding) -> None:
    """Remember whether we could get in; an event is written only when that changed."""
    now = timezone.now()
    values = {
        "reachability": finding.reachability,
        "reachability_class": finding.error_class,
        "reachability_reason": finding.reason[:300],
        "reachability_fix": finding.fix[:1000],
    }
    unchanged = Organization.objects.filter(
        pk=organization_id, reachability=finding.reachability, reachability_class=finding.error_class
    ).update(**values, reachability_checked_at=now)
    if unchanged:
        return
    organization = Organization.objects.select_for_update().get(pk=organization_id)
    Organization.objects.filter(pk=organization_id).update(**values, reachability_checked_at=now)
    record(
        AuditAction.ORGANIZATION_REACHABILITY_CHANGED,
        actor=actor,
        target=as_object(organization),
        data={
            "reachability": finding.reachability.label.lower(),
            "before": organization.reachability,
            "error_class": finding.error_class,
            "reason": finding.reason,
        },
    )
