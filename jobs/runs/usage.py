"""What a person runs: questions to his own latest runs."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from jobs.runs.models import Run
from portal.core.actors import Actor

_LATEST = 200


@dataclass(frozen=True, slots=True)
class UsedCmdlet:
    """A cmdlet that a person launched: how often among the latest runs, and when last."""

    name: str
    times: int
    last_at: datetime


def used_cmdlets(*, actor: Actor, number: int = 6) -> list[UsedCmdlet]:
    """Return the cmdlets that `actor` launched last or most, the ones used most first, among the latest runs."""
    own = Run.objects.visible_to(actor).of_people().filter(requested_by_id=actor.id, launched_at__isnull=False)
    rows = list(own.order_by("-launched_at").values_list("cmdlet", "launched_at")[:_LATEST])
    times = Counter(cmdlet for cmdlet, _ in rows)
    last: dict[str, datetime] = {}
    for cmdlet, launched_at in rows:
        if launched_at is not None:
            last.setdefault(cmdlet, launched_at)
    recent = list(last)[: number // 2]
    frequent = [cmdlet for cmdlet, _ in times.most_common() if cmdlet not in recent][: number - len(recent)]
    chosen = sorted([*recent, *frequent], key=lambda cmdlet: (-times[cmdlet], cmdlet))
    return [UsedCmdlet(cmdlet, times[cmdlet], last[cmdlet]) for cmdlet in chosen]
