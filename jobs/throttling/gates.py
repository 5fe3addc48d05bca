"""Keeping what attempts met at organizations, in the transaction that stores how the attempts ended."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from jobs.throttling.decisions import Gate, Reason, gate_after, recalled
from jobs.throttling.models import OrganizationGate
from jobs.throttling.news import tell_of_gates
from jobs.throttling.signs import Answered, Sign
from portal.core.bulk import update_rows
from tenants.organizations.models import Organization

_FIELDS = tuple(Gate.__dataclass_fields__)


def keep_signs(met: Mapping[UUID, Sequence[Sign]]) -> list[float]:
    """Keep what attempts met, by organization, in the present transaction; returns in how many seconds gates open.

    Every process learns of a gate that closed when the transaction commits. Organizations that always answered cost one
    statement for all of them.
    """
    _make_rows(pk for pk, signs in met.items() if not all(isinstance(sign, Answered) for sign in signs))
    rows = OrganizationGate.objects.filter(pk__in=list(met)).annotate(now=Now()).select_for_update().order_by("pk")
    changed, forgotten = [], []
    closing: dict[UUID, timedelta] = {}
    waits: list[float] = []
    for row in rows:
        before = recalled(_read(row), changed_at=row.changed_at, now=row.now)
        after = gate_after(before, met[row.pk], row.now, jitter=random.uniform(0.75, 1.25))  # noqa: S311 - no secret
        if after.is_forgettable(row.now):
            forgotten.append(row.pk)
        else:
            changed.append({"pk": row.pk, "changed_at": row.now, **{name: getattr(after, name) for name in _FIELDS}})
        if after.closed_until and after.closed_until != before.closed_until:
            wait = after.closed_until - row.now
            waits.append(wait.total_seconds())
            if after.reason != Reason.FAILING:  # whoever is on the way to a failing organization may go on
                closing[row.pk] = wait
    update_rows(OrganizationGate, changed)
    if forgotten:
        OrganizationGate.objects.filter(pk__in=forgotten).delete()
    _announce(closing)
    return waits


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
