"""The steps of a plan: what is sent to each organization, one cmdlet after the other, over one connection."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import TextChoices

from jobs.catalogue.effects import Effect


class OnFailure(TextChoices):
    """What becomes of an organization's later steps when one fails; after an unknown outcome nothing more is sent."""

    STOP = "stop", "Stop in that organization"
    CONTINUE = "continue", "Go on with the next step"


@dataclass(frozen=True, slots=True)
class Step:
    """One cmdlet of a plan.

    `sent_as` is its name on the wire and `parameters` are encoded as they will be sent, with organization variables not
    filled in, except secret ones: `secrets` holds the fingerprint of each.
    """

    cmdlet: str
    sent_as: str
    effect: Effect
    parameters: dict[str, Any]
    secrets: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def as_plan(self) -> dict[str, Any]:
        """Return what a plan keeps: everything but secrets and warnings that there are not."""
        kept = asdict(self)
        return {name: value for name, value in kept.items() if value or name not in ("secrets", "warnings")}

    @classmethod
    def of_plan(cls, kept: Mapping[str, Any]) -> "Step":
        """Read what `as_plan` wrote, or a whole plan of version 1, which is its own only step."""
        return cls(
            kept["cmdlet"],
            kept["sent_as"],
            Effect(kept["effect"]),
            kept["parameters"],
            kept.get("secrets", {}),
            kept.get("warnings", []),
        )


def steps_of(plan: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return the steps of a plan of any version."""
    return tuple(Step.of_plan(kept) for kept in plan.get("steps", [plan]))


def worst_effect(steps: tuple[Step, ...]) -> Effect:
    """Return the effect that decides for the run: the one that is least harmless to repeat."""
    return max((step.effect for step in steps), key=list(Effect).index)
