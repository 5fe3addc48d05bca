"""What pages ask about synchronizations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Min

from tenants.partner.models import Partner
from tenants.sync.models import Synchronization, SynchronizationState


def latest_synchronization() -> Synchronization | None:
    """Return the newest synchronization, with its partner."""
    return Synchronization.objects.select_related("partner").order_by("-requested_at", "-pk").first()


def find_synchronization(synchronization_id: UUID) -> Synchronization | None:
    """Return one synchronization, with its partner."""
    return Synchronization.objects.select_related("partner").filter(pk=synchronization_id).first()


def is_open(synchronization: Synchronization) -> bool:
    """Whether the synchronization can still go on."""
    return synchronization.state in (SynchronizationState.QUEUED, SynchronizationState.RUNNING)


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of a partner around a moment: the last one before it, the first one after it, the first of all."""

    before: datetime | None
    after: datetime | None
    first: datetime | None


def last_read_at(partner: Partner) -> datetime | None:
    """Return when the partner's relationships were last read."""
    return readings_around(partner, None).before


def readings_around(partner: Partner, moment: datetime | None) -> Readings:
    """Return the readings around `moment` (aware); None means now. A reading at the moment itself counts as before."""
    read = Synchronization.objects.filter(partner=partner, read_at__isnull=False)
    before, after = (read.filter(read_at__lte=moment), read.filter(read_at__gt=moment)) if moment else (read, None)
    return Readings(
        before.aggregate(last=Max("read_at"))["last"],
        after.aggregate(first=Min("read_at"))["first"] if after is not None else None,
        read.aggregate(first=Min("read_at"))["first"],
    )
