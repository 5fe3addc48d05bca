"""Keeping how many attempts are in flight as one identity, in the transaction that stores how attempts ended."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now
from django.utils import timezone

from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from jobs.throttling.decisions import slots_after
from jobs.throttling.models import IdentityPace

_LONG_AGO = timedelta(days=1)


def keep_pace(*, throttled: Collection[str], answered: Mapping[str, int]) -> None:
    """Slow down the identities that the login host `throttled`, and let the others go faster by their answers."""
    in_flight = _make_rows(throttled)
    rows = IdentityPace.objects.filter(pk__in={*throttled, *answered}).annotate(now=Now())
    for row in rows.select_for_update().order_by("pk"):
        is_throttled = row.key in throttled
        slots = slots_after(
            row.slots,
            is_throttled=is_throttled,
            answers=answered.get(row.key, 0),
            in_flight=in_flight.get(row.key, 0),
            since_slowed=row.now - row.slowed_at,
        )
        if slots >= settings.IDENTITY_IN_FLIGHT:
            row.delete()
        elif slots != row.slots:
            row.slots, row.slowed_at = slots, row.now if is_throttled else row.slowed_at
            row.save()


def _make_rows(identities: Collection[str]) -> dict[str, int]:
    """See that each has a row; returns how many attempts are in flight as each."""
    if not identities:
        return {}
    running = RunTarget.objects.filter(state=TargetState.RUNNING, identity__in=identities).order_by()
    in_flight = dict(running.values_list("identity").annotate(number=Count("pk")))
    rows = [
        IdentityPace(key=key, slots=max(1, in_flight.get(key, 1)), slowed_at=timezone.now() - _LONG_AGO)
        for key in sorted(identities)
    ]
    IdentityPace.objects.bulk_create(rows, ignore_conflicts=True)
    return in_flight
