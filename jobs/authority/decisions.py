"""Whether a person may have the steps of a run carried out in organizations, at this moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from jobs.catalogue.cmdlets import UnknownCmdlet, find
from jobs.runs.steps import Step
from portal.accounts.grants.limits import lowered
from portal.accounts.selectors import grants_of_people
from portal.core.actors import EVERY_RIGHT
from portal.core.authority import Call, Decision, Grant, Place, Rule, ScopeKind, decide_all
from portal.core.permissions import Permission
from tenants.groups.places import places_of

Key = TypeVar("Key")
LAUNCH = Permission.RUN_LAUNCH
SOMEWHERE = Place(UUID(int=0))
"""Any organization that exists, for those who may do the same everywhere."""


@dataclass(frozen=True, slots=True)
class Question:
    """May the person of this id (as runs name who asked for them) have these steps carried out there?"""

    person_id: str
    organization_id: UUID
    steps: tuple[Step, ...]


def decisions_about(questions: Mapping[Key, Question]) -> dict[Key, Decision]:
    """Return the decision about each question, read in the present transaction.

    What Signalbox itself or an account of its server asked for holds every right; a person who is gone or disabled
    holds none.
    """
    people = {question.person_id for question in questions.values()}
    grants = grants_of_people(filter(str.isdecimal, people))
    held = {
        person_id: grants.get(person_id, () if _may_be_a_person(person_id) else (EVERY_RIGHT,)) for person_id in people
    }
    return _decided(questions, held, LAUNCH)


def _may_be_a_person(actor_id: str) -> bool:
    """Whether an actor's id is a person's, or nobody's: those of Signalbox and its server are words."""
    return not actor_id or actor_id.isdecimal()


def decisions_in(
    organization_ids: Iterable[UUID],
    *,
    grants: Sequence[Grant],
    steps: tuple[Step, ...],
    permission: Permission = LAUNCH,
) -> dict[UUID, Decision]:
    """Return, for each organization, whether `grants` hold `permission` there for `steps`: to launch them, or so."""
    return _decided({pk: Question("", pk, steps) for pk in organization_ids}, {"": tuple(grants)}, permission)


def _decided(
    questions: Mapping[Key, Question], held: Mapping[str, tuple[Grant, ...]], permission: Permission
) -> dict[Key, Decision]:
    places = _places(questions.values(), held, permission)
    decided = {}
    for key, question in questions.items():
        calls = calls_of(tuple((step.cmdlet, (*step.parameters, *step.secrets)) for step in question.steps))
        if isinstance(calls, Decision):
            decided[key] = calls
            continue
        place = places.get(question.organization_id)
        decided[key] = decide_all(held[question.person_id], permission, place=place, calls=calls)
    return decided


def _places(
    asked: Iterable[Question], held: Mapping[str, tuple[Grant, ...]], permission: Permission
) -> Mapping[UUID, Place]:
    """Return the organizations as the grants tell them apart; nothing is read where they do not."""
    relevant = {grant for grants in held.values() for grant in grants if permission in grant.permissions}
    wanted = {question.organization_id for question in asked}
    if all(each.scope.kind is ScopeKind.EVERYTHING and not each.limits.spares_partners_own for each in relevant):
        return dict.fromkeys(wanted, SOMEWHERE)
    return places_of(wanted, relevant)


@lru_cache(maxsize=1024)
def calls_of(steps: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Call, ...] | Decision:
    """Return the steps as the policy asks about them; a refusal when the catalogue does not know a cmdlet."""
    try:
        return tuple(Call(cmdlet.lower(), find(cmdlet).risk, lowered(names)) for cmdlet, names in steps)
    except UnknownCmdlet:
        return Decision(Rule.CMDLET_UNKNOWN, detail=", ".join(cmdlet for cmdlet, _ in steps))
