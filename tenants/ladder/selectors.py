"""Can we get into an organization? Each rung with what is known of it, from what is stored: nothing is asked now."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from portal.core.explanations import known_explanation
from portal.core.templatetags.presentation import counted, day, days_left, relative
from tenants.ladder.rungs import TITLES, Beside, Rung, rung_of
from tenants.ladder.token import token_fact
from tenants.organizations.clouds import wrong_cloud_of
from tenants.organizations.models import Organization, Reachability, RelationshipState
from tenants.organizations.outcomes import Outcome
from tenants.relationships.reach import reach_of
from tenants.relationships.selectors import RelationshipView

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"
# Exchange is asked with a token, and a token is issued where there is consent.
_PROVES = {Rung.ROLE: (Rung.CONSENT, Rung.TOKEN), Rung.EXCHANGE: (Rung.CONSENT, Rung.TOKEN)}


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: `state` is "good", "bad" or "unknown"; `fact` says why, `fix` what to do when it is bad.

    `error_class` is the failure behind a bad one, empty where none is known.
    """

    rung: Rung
    state: str
    fact: str
    fix: str = ""
    error_class: str = ""

    @property
    def title(self) -> str:
        """The rung's name."""
        return TITLES[self.rung]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs in order; the first that does not hold is the answer, in one sentence with its fix."""

    steps: Sequence[Step]
    state: str
    answer: str
    fix: str = ""
    error_class: str = ""


def ladder_of(
    organization: Organization, relationships: Sequence[RelationshipView], outcomes: Sequence[Outcome]
) -> Ladder:
    """Return the ladder of `organization`; `outcomes` are the last ones there, the newest first."""
    steps = [
        _relationship(organization),
        _role(organization, relationships),
        _consent(organization),
        _token(organization),
        _exchange(organization),
        _cmdlet(organization, outcomes),
    ]
    broken = next((step for step in steps if step.state == BAD), None)
    if broken:
        return Ladder(steps, BAD, f"{broken.title}: {broken.fact}", broken.fix, broken.error_class)
    if _is_reachable(organization):
        return Ladder(steps, GOOD, f"We can get in: Exchange answered {_checked(organization)}.")
    return Ladder(
        steps, UNKNOWN, "No run has tried to get in yet.", "Test the connection: that reads, and changes nothing."
    )


def _relationship(organization: Organization) -> Step:
    rung, state, end = Rung.RELATIONSHIP, organization.relationship_state, organization.relationship_ends_at
    diagnosis = wrong_cloud_of(organization)
    if diagnosis:
        return Step(rung, BAD, diagnosis.fact, diagnosis.fix)
    if _fails_on(organization, rung):
        return _broken(organization, rung)
    if state == RelationshipState.ACTIVE:
        then = ", then it extends itself" if organization.relationship_extends else ""
        left = f", {counted(days_left(end), 'day')} left{then}" if end else ""
        return Step(rung, GOOD, f"GDAP is active{left}.")
    fact = {
        RelationshipState.PENDING: "GDAP waits for the customer's approval.",
        RelationshipState.ENDED: _ended(organization),
    }.get(RelationshipState(state), "There is no GDAP relationship.")
    if _fails_on(organization, Rung.CONSENT):
        return Step(
            rung,
            BAD,
            f"{fact} Without it, consent cannot be granted through Partner Center.",
            "Have the customer approve a delegated admin relationship, then grant the consent; or have the customer's "
            "Global Administrator consent to the application.",
        )
    return Step(rung, UNKNOWN, f"{fact} The application itself gets in without it, by its consent.")


def _ended(organization: Organization) -> str:
    end = organization.relationship_ends_at
    if end is None:
        return "GDAP ended."
    return f"GDAP ended on {day(end)}." if end <= timezone.now() else "GDAP was ended before its time."


def _role(organization: Organization, relationships: Sequence[RelationshipView]) -> Step:
    rung = Rung.ROLE
    if _fails_on(organization, rung):
        return _broken(organization, rung)
    if _is_reachable(organization):
        return Step(rung, GOOD, "Exchange accepted the application's role.")
    delegated = reach_of(organization, relationships)
    return Step(
        rung,
        UNKNOWN,
        f"Only Exchange can tell which role the application holds. The service account: {delegated.answer}",
        delegated.fix,
    )


def _consent(organization: Organization) -> Step:
    rung = Rung.CONSENT
    if _fails_on(organization, rung):
        return _broken(organization, rung)
    if _is_proven(organization, rung):
        return Step(rung, GOOD, f"Entra issued a token {_checked(organization)}.")
    return Step(rung, UNKNOWN, "Not known: Entra tells only when a token is asked for.")


def _token(organization: Organization) -> Step:
    rung = Rung.TOKEN
    known = token_fact(organization)
    if known.error_class:
        return Step(rung, BAD, known.words, known.fix, known.error_class)
    if _fails_on(organization, rung):
        return _broken(organization, rung)
    if _is_proven(organization, rung):
        return Step(rung, GOOD, known.words)
    return Step(rung, UNKNOWN, f"{known.words} Whether Entra accepts it here is not known yet.")


def _exchange(organization: Organization) -> Step:
    rung = Rung.EXCHANGE
    if _fails_on(organization, rung):
        return _broken(organization, rung)
    if _is_reachable(organization):
        return Step(rung, GOOD, f"Exchange answered {_checked(organization)}.")
    if _fails_on(organization, Rung.ROLE):
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


def _is_reachable(organization: Organization) -> bool:
    return organization.reachability == Reachability.REACHABLE


def _fails_on(organization: Organization, rung: Rung) -> bool:
    failed = organization.reachability == Reachability.UNREACHABLE
    return failed and rung_of(organization.reachability_class) is rung


def _is_proven(organization: Organization, rung: Rung) -> bool:
    """Whether the last attempt to get in came beyond `rung`."""
    beyond = (proof for proof, proven in _PROVES.items() if rung in proven)
    return _is_reachable(organization) or any(_fails_on(organization, proof) for proof in beyond)


def _broken(organization: Organization, rung: Rung) -> Step:
    reason = organization.reachability_reason or "Not reachable"
    return Step(
        rung,
        BAD,
        f"{reason}, {_checked(organization)}.",
        organization.reachability_fix,
        organization.reachability_class,
    )


def _checked(organization: Organization) -> str:
    moment = organization.reachability_checked_at
    return relative(moment) if moment else "when last asked"
