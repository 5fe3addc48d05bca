"""Refusing what somebody may not launch, before it is drafted and again when it is launched."""

from collections.abc import Sequence
from uuid import UUID

from jobs.authority.decisions import decisions_in
from jobs.runs.steps import Step
from portal.core.actors import Actor
from portal.core.authority_words import in_words
from portal.core.permissions import Permission, PermissionRefused

NAMED = 3


def require_launch(*, actor: Actor, steps: Sequence[Step], organizations: Sequence[tuple[UUID, str]]) -> None:
    """Raise `PermissionRefused`, naming rule and organizations, unless `actor` may launch `steps` in all of these.

    `organizations` are ids with names.
    """
    decided = decisions_in((pk for pk, _ in organizations), grants=actor.grants, steps=tuple(steps))
    refused = [(name, decided[pk]) for pk, name in organizations if not decided[pk].is_allowed]
    if not refused:
        return
    _, decision = refused[0]
    others = f" and {len(refused) - NAMED:,} more" if len(refused) > NAMED else ""
    places = ", ".join(name for name, _ in refused[:NAMED]) + others
    why = f"{actor.label} may not launch this in {places}. {in_words(decision)}"
    raise PermissionRefused(actor.label, Permission.RUN_LAUNCH, why, decision.rule)
