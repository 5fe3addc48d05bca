"""What lies beside one organization of a run: the next one, and what the same cmdlet did there before."""

from dataclasses import dataclass
from uuid import UUID

from jobs.runs.models import RunTarget
from portal.core.actors import Actor

EARLIER_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another organization of the same run."""

    id: UUID
    organization_name: str


def neighbours(*, actor: Actor, target: RunTarget) -> tuple[Neighbour | None, Neighbour | None]:
    """Return the organizations before and after `target` in its run, None at either end."""
    others = RunTarget.objects.visible_to(actor).filter(run=target.run_id)
    before = others.filter(position__lt=target.position).order_by("-position")
    after = others.filter(position__gt=target.position).order_by("position")
    first, second = (found.values_list("pk", "organization_name").first() for found in (before, after))
    return Neighbour(*first) if first else None, Neighbour(*second) if second else None


def earlier_targets(*, actor: Actor, target: RunTarget) -> list[RunTarget]:
    """Return the last runs of the same cmdlet and number of steps in this organization before, newest first."""
    same = RunTarget.objects.visible_to(actor).of_people()
    same = same.filter(
        organization=target.organization_id, run__cmdlet=target.run.cmdlet, run__step_count=target.run.step_count
    )
    before = same.filter(run__launched_at__lt=target.run.launched_at) if target.run.launched_at else same.none()
    return list(before.select_related("run").defer("run__plan").order_by("-run__launched_at", "-pk")[:EARLIER_SHOWN])
