"""Questions to the attempts of a run: when was a worker at which organization?"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jobs.runs.models import RunTarget
from portal.core.actors import Actor


class Try(NamedTuple):
    """One attempt at one organization of a run; times are aware UTC, `ended_at` is None while it goes on."""

    target_id: UUID
    organization_name: str
    state: str
    worker: str
    claimed_at: datetime
    ended_at: datetime | None
    outcome: str
    error_class: str


def tries_of(*, actor: Actor, run_id: UUID) -> list[Try]:
    """Return all attempts of a run in the order in which they were claimed."""
    fields = ("worker", "claimed_at", "ended_at", "outcome", "error_class")
    targets = RunTarget.objects.visible_to(actor).filter(run=run_id, attempts__isnull=False)
    rows = targets.order_by("attempts__claimed_at").values_list(
        "pk", "organization_name", "state", *(f"attempts__{field}" for field in fields)
    )
    return [Try(*row) for row in rows]
