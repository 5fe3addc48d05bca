"""Can we get into an organization? Each rung with what is known of it, from what is stored: nothing is asked now."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.explanations import known_explanation
from portal.core.templatetags.presentation import relative
from tenants.ladder.consent import consent_step
from tenants.ladder.relationship import relationship_step
from tenants.ladder.rights import WayIn, way_into
from tenants.ladder.role import role_step
from tenants.ladder.rungs import Beside, Rung, rung_of
from tenants.ladder.steps import BAD, GOOD, UNKNOWN, Step, broken, checked, fails_on, is_proven, is_reachable
from tenants.ladder.token import token_fact
from tenants.organizations.models import Organization
from tenants.organizations.outcomes import Outcome
from tenants.relationships.selectors import RelationshipView


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs in order; the first that does not hold is the answer, in one sentence with its fix.

    `beside_gdap` is what to know of the way in where the chain through GDAP is shown, empty if nothing.
    """

    steps: Sequence[Step]
    state: str
    answer: str
    fix: str = ""
    error_class: str = ""
    beside_gdap: str = ""


def ladder_of(
    organization: Organization, relationships: Sequence[RelationshipView], outcomes: Sequence[Outcome]
) -> Ladder:
    """Return the ladder of `organization`; `outcomes` are the last ones there, the newest first."""
    way = way_into(organization)
    steps = [
        relationship_step(organization, way),
        role_step(organization, relationships, way),
        consent_step(organization, way),
        _token(organization, way),
        _exchange(organization),
        _cmdlet(organization, outcomes),
    ]
    return _concluded(organization, steps, way.beside_gdap if way else "")


def _concluded(organization: Organization, steps: Sequence[Step], beside_gdap: str) -> Ladder:
    lost = next((step for step in steps if step.state == BAD), None)
    if lost:
        return Ladder(steps, BAD, f"{lost.title}: {lost.fact}", lost.fix, lost.error_class, beside_gdap)
    if is_reachable(organization):
        answer = f"We can get in: Exchange answered {checked(organization)}."
        return Ladder(steps, GOOD, answer, beside_gdap=beside_gdap)
    fix = "Test the connection: that reads, and changes nothing."
    return Ladder(steps, UNKNOWN, "No run has tried to get in yet.", fix, beside_gdap=beside_gdap)


def _token(organization: Organization, way: WayIn | None) -> Step:
    rung = Rung.TOKEN
    known = token_fact(organization, way.profile if way else None)
    if known.error_class:
        return Step(rung, BAD, known.words, known.fix, known.error_class)
    if fails_on(organization, rung):
        return broken(organization, rung)
    if is_proven(organization, rung):
        return Step(rung, GOOD, known.words)
    return Step(rung, UNKNOWN, f"{known.words} Whether Entra accepts it here is not known yet.")


def _exchange(organization: Organization) -> Step:
    rung = Rung.EXCHANGE
    if fails_on(organization, rung):
        return broken(organization, rung)
    if is_reachable(organization):
        return Step(rung, GOOD, f"Exchange answered {checked(organization)}.")
    if fails_on(organization, Rung.ROLE):
        return Step(rung, UNKNOWN, "Exchange answered, and lets nobody in without a role.")
    return Step(rung, UNKNOWN, "Exchange was not reached.")


def _cmdlet(organization: Organization, outcomes: Sequence[Outcome]) -> Step:
    rung = Rung.CMDLET
    for outcome in outcomes:
        met = rung_of(outcome.error_class) if outcome.error_class else None
        said = f"{outcome.cmdlet}, {relative(outcome.ended_at)}"
        if met is rung:
            explanation = known_explanation(outcome.error_class)
            return Step(
                rung, BAD, f"{outcome.cause} ({said}).", explanation.fix if explanation else "", outcome.error_class
            )
        if outcome.state == "succeeded" or met is Beside.ANSWERED:
            return Step(
                rung, GOOD, f"Exchange carried cmdlets out: {said}." if met is None else f"Exchange answered: {said}."
            )
    return Step(rung, UNKNOWN, "No cmdlet has been answered here yet.")
