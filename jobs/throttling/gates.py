"""Keeping what attempts met at organizations, in the transaction that stores how the attempts ended."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from jobs.exchange.gates import gates as register
from jobs.throttling.decisions import Gate, Reason, gate_after, recalled
from jobs.throttling.models import OrganizationGate
from jobs.throttling.news import tell_of_gates
from jobs.throttling.signs import Answered, Sign
from portal.core.bulk import update_rows
from tenants.organizations.models import Organization

_FIELDS = tuple(Gate.__dataclass_fields__)


def keep_signs(met: Mapping[UUID, Sequence[Sign]]) -> dict[UUID, float]:
    """Keep what attempts met, by organization, in the present transaction.

    Returns in how many seconds those gates open that are closed now.

    Every process learns of a gate that closed when the transaction commits. Organizations that always answered cost one
    statement for all of them.
    """
    _make_rows(pk for pk, signs in met.items() if not all(isinstance(sign, Answered) for sign in signs))
    rows = OrganizationGate.objects.filter(pk__in=list(met)).annotate(now=Now()).select_for_update().order_by("pk")
    changed, forgotten = [], []
    closing: dict[UUID, timedelta] = {}
    waits: dict[UUID, float] = {}
    for row in rows:
        before = recalled(_read(row), changed_at=row.changed_at, now=row.now)
        after = gate_after(before, met[row.pk], row.now, jitter=random.uniform(0.75, 1.25))  # noqa: S311 - no secret
        if after.is_forgettable(row.now):
            forgotten.append(row.pk)
        else:
            changed.append({"pk": row.pk, "changed_at": row.now, **{name: getattr(after, name) for name in _FIELDS}})
        if after.closed_until and after.is_closed(row.now):
            wait = after.closed_until - row.now
            waits[row.pk] = wait.total_seconds()
            # Whoever is on the way to a failing organization may go on.
            if after.reason != Reason.FAILING and after.closed_until != before.closed_until:
                closing[row.pk] = wait
    update_rows(OrganizationGate, changed)
    if forgotten:
        OrganizationGate.objects.filter(pk__in=forgotten).delete()
    _announce(closing)
    return waits


def throttling_gates() -> QuerySet[OrganizationGate]:
    """Return the gates of organizations to which nothing at all is sent at present."""
    return OrganizationGate.objects.filter(closed_until__gt=Now()).exclude(reason=Reason.FAILING)


def heed_gates(organization_ids: Collection[UUID]) -> set[UUID]:
    """Let this process leave those of the organizations alone that throttle; returns which ones do."""
    closed = throttling_gates().filter(pk__in=organization_ids).annotate(left=F("closed_until") - Now())
    found = list(closed.values_list("pk", "organization__tenant_id", "left"))
    for _, tenant_id, left in found:
        register.close(str(tenant_id), left.total_seconds())
    return {pk for pk, _, _ in found}


def _make_rows(organization_ids: Iterable[UUID]) -> None:
    now = timezone.now()
    rows = [OrganizationGate(organization_id=pk, changed_at=now) for pk in sorted(organization_ids)]
    if rows:
        OrganizationGate.objects.bulk_create(rows, ignore_conflicts=True)


def _read(row: OrganizationGate) -> Gate:
    return Gate(**{name: getattr(row, name) for name in _FIELDS})


def _announce(closing: Mapping[UUID, timedelta]) -> None:
    if closing:
        tenants = Organization.objects.filter(pk__in=closing).values_list("pk", "tenant_id")
        tell_of_gates({str(tenant_id): closing[pk].total_seconds() for pk, tenant_id in tenants})
