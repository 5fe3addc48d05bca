"""Warning of what ends soon: each crossing of a threshold once, whoever looks and however often."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft, write
from portal.core.actors import Actor
from portal.core.templatetags.presentation import day
from tenants.app_registrations.models import Certificate
from tenants.app_registrations.services import certificate_as_object
from tenants.expiry.models import ExpiryKind, ExpiryWarning
from tenants.expiry.selectors import ending_relationships
from tenants.expiry.thresholds import CERTIFICATE_DAYS, RELATIONSHIP_DAYS, crossed
from tenants.organizations.services import as_object
from tenants.partner.models import Partner

Key = tuple[str, str, datetime, int]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Something that came within `days` of its end."""

    kind: ExpiryKind
    key: str
    ends_at: datetime
    days: int
    target: Object
    label: str

    @property
    def identity(self) -> Key:
        """What makes it the same crossing."""
        return self.kind.value, self.key, self.ends_at, self.days


@transaction.atomic
def warn_of_expiries(*, actor: Actor, now: datetime | None = None) -> int:
    """Write a warning and its event for every threshold that was crossed since; returns how many."""
    now = now or timezone.now()
    list(Partner.objects.select_for_update(no_key=True).order_by("pk"))  # one at a time, or both would warn
    found = {crossing.identity: crossing for crossing in (*_relationships(now), *_certificates(now))}
    known = set(
        ExpiryWarning.objects.filter(
            ends_at__gt=now, key__in={crossing.key for crossing in found.values()}
        ).values_list("kind", "key", "ends_at", "days")
    )
    new = [crossing for identity, crossing in found.items() if identity not in known]
    ExpiryWarning.objects.bulk_create(
        ExpiryWarning(kind=each.kind, key=each.key, ends_at=each.ends_at, days=each.days, warned_at=now) for each in new
    )
    write([_event(actor, crossing) for crossing in new])
    return len(new)


def _relationships(now: datetime) -> Iterator[Crossing]:
    for each in ending_relationships(now, within=max(RELATIONSHIP_DAYS)).select_related("organization"):
        days = crossed(each.end_at, now, RELATIONSHIP_DAYS) if each.end_at else None
        if days and each.end_at:
            target = as_object(each.organization)
            yield Crossing(ExpiryKind.RELATIONSHIP, each.pk, each.end_at, days, target, each.display_name)


def _certificates(now: datetime) -> Iterator[Crossing]:
    soon = Certificate.objects.filter(not_after__gt=now, not_after__lte=now + timedelta(days=max(CERTIFICATE_DAYS)))
    for each in soon:
        days = crossed(each.not_after, now, CERTIFICATE_DAYS)
        if days:
            target = certificate_as_object(each)
            yield Crossing(ExpiryKind.CERTIFICATE, str(each.pk), each.not_after, days, target, each.thumbprint)


def _event(actor: Actor, crossing: Crossing) -> AuditEvent:
    is_certificate = crossing.kind == ExpiryKind.CERTIFICATE
    return draft(
        AuditAction.CERTIFICATE_EXPIRING if is_certificate else AuditAction.RELATIONSHIP_EXPIRING,
        actor=actor,
        target=crossing.target,
        data={
            "relationship": "" if is_certificate else crossing.label,
            "ends": day(crossing.ends_at),
            "ends_at": crossing.ends_at.isoformat(),
            "days": crossing.days,
        },
    )
