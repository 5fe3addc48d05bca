"""What becomes known about organizations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft, write
from portal.core.actors import Actor
from portal.core.bulk import array, update_rows
from tenants.organizations.models import Organization, Reachability

# Locks in the one order, so that nobody waits in a circle.
_KNOWN = """
SELECT id, name, reachability, reachability_class FROM organization WHERE id = ANY(%s::uuid[]) ORDER BY id
FOR NO KEY UPDATE
"""


class _Known(NamedTuple):
    pk: UUID
    name: str
    reachability: str
    error_class: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What an attempt to get in showed; `error_class`, `reason` and `fix` are empty when it succeeded."""

    reachability: Reachability
    error_class: str = ""
    reason: str = ""
    fix: str = ""


def as_object(organization: Organization) -> Object:
    """Return how audit events name an organization."""
    return _object(organization.pk, organization.name)


def _object(pk: UUID, name: str) -> Object:
    return Object("organization", str(pk), name, organization_id=pk, organization_name=name)


def lock_in_order(organization_ids: Iterable[UUID]) -> None:
    """Lock organizations for what becomes known about them in this transaction, so that nobody waits in a circle."""
    wanted = Organization.objects.select_for_update(no_key=True).filter(pk__in=set(organization_ids))
    list(wanted.order_by("pk").values_list("pk"))


@transaction.atomic(savepoint=False)
def note_reachability(*, actor: Actor, findings: Mapping[UUID, Finding]) -> None:
    """Remember, by organization id, whether we could get in; an event is written only where that changed."""
    if not findings:
        return
    now = timezone.now()
    changed: list[dict[str, Any]] = []
    unchanged, events = [], []
    for known in _known(findings):
        finding = findings[known.pk]
        if (known.reachability, known.error_class) == (finding.reachability, finding.error_class):
            unchanged.append({"pk": known.pk, "reachability_checked_at": now})
            continue
        events.append(_change(actor, known, finding))
        changed.append(
            {
                "pk": known.pk,
                "reachability": finding.reachability,
                "reachability_class": finding.error_class,
                "reachability_reason": finding.reason[:300],
                "reachability_fix": finding.fix[:1000],
                "reachability_checked_at": now,
            }
        )
    update_rows(Organization, unchanged)
    update_rows(Organization, changed)
    write(events)


def _known(organization_ids: Iterable[UUID]) -> list[_Known]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [array(organization_ids)])
        return [_Known(*row) for row in cursor.fetchall()]


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


def _change(actor: Actor, known: _Known, finding: Finding) -> AuditEvent:
    return draft(
        AuditAction.ORGANIZATION_REACHABILITY_CHANGED,
        actor=actor,
        target=_object(known.pk, known.name),
        data={
            "reachability": finding.reachability.label.lower(),
            "before": known.reachability,
            "error_class": finding.error_class,
            "reason": finding.reason,
        },
    )
