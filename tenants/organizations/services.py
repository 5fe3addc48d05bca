"""What becomes known about organizations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft, write
from portal.core.actors import Actor
from portal.core.bulk import update_rows
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


def lock_in_order(organization_ids: Iterable[UUID]) -> None:
    """Lock organizations for what becomes known about them in this transaction, so that nobody waits in a circle."""
    wanted = Organization.objects.select_for_update(no_key=True).filter(pk__in=set(organization_ids))
    list(wanted.order_by("pk").values_list("pk"))


@transaction.atomic
def note_reachability(*, actor: Actor, findings: Mapping[UUID, Finding]) -> None:
    """Remember, by organization id, whether we could get in; an event is written only where that changed."""
    now = timezone.now()
    known = Organization.objects.select_for_update(no_key=True).filter(pk__in=findings).order_by("pk")
    changed: list[dict[str, Any]] = []
    unchanged, events = [], []
    for organization in known:
        finding = findings[organization.pk]
        if (organization.reachability, organization.reachability_class) == (finding.reachability, finding.error_class):
            unchanged.append(organization.pk)
            continue
        events.append(_change(actor, organization, finding))
        changed.append(
            {
                "pk": organization.pk,
                "reachability": finding.reachability.value,
                "reachability_class": finding.error_class,
                "reachability_reason": finding.reason[:300],
                "reachability_fix": finding.fix[:1000],
                "reachability_checked_at": now,
            }
        )
    Organization.objects.filter(pk__in=unchanged).update(reachability_checked_at=now)
    update_rows(Organization, changed)
    write(events)


def note_environments(environments: Mapping[UUID, str]) -> None:
    """Remember, by organization id, which cloud the login host named just now, in this transaction."""
    now, found = timezone.now(), sorted(environments.items())
    rows = [{"pk": key, "detected_environment": name, "environment_detected_at": now} for key, name in found]
    update_rows(Organization, rows)


def note_compliance_hosts(hosts: Mapping[UUID, str]) -> None:
    """Remember, by organization id, where Security & Compliance was found (origin of a URL), in this transaction."""
    now = timezone.now()
    found = sorted(hosts.items())
    rows = [{"pk": key, "compliance_host": host, "compliance_host_found_at": now} for key, host in found]
    update_rows(Organization, rows)


def _change(actor: Actor, organization: Organization, finding: Finding) -> AuditEvent:
    return draft(
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
