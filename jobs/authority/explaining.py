"""Why somebody can, or cannot, have a cmdlet carried out in an organization: every grant, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.authority.decisions import calls_of
from portal.core.authority import Call, Decision, Grant, Place, Rule, decide_all, judge
from portal.core.authority_words import in_words
from portal.core.permissions import Permission
from tenants.groups.places import places_of
from tenants.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Voice:
    """What one grant says to a question."""

    grant: Grant
    sentence: str
    allows: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, in a sentence, and what each grant says."""

    is_allowed: bool
    rule: str
    sentence: str
    voices: Sequence[Voice]


def explain(
    *, grants: Sequence[Grant], cmdlet: str, parameters: Sequence[str], organization: Organization | None
) -> Explanation:
    """Return whether `grants` let a cmdlet with these parameters be launched in an organization, and why.

    Without an organization, the question is about one that is not known.
    """
    calls = calls_of(((cmdlet, tuple(parameters)),))
    if isinstance(calls, Decision):
        return Explanation(is_allowed=False, rule=calls.rule, sentence=in_words(calls), voices=())
    place = places_of([organization.pk], grants).get(organization.pk) if organization else None
    decision = decide_all(grants, Permission.RUN_LAUNCH, place=place, calls=calls)
    voices = [_voice(grant, place, calls[0]) for grant in grants] if place else []
    return Explanation(decision.is_allowed, decision.rule, in_words(decision), voices)


def _voice(grant: Grant, place: Place, call: Call) -> Voice:
    if Permission.RUN_LAUNCH not in grant.permissions:
        sentence = f"The role “{grant.role}” does not hold the permission “{Permission.RUN_LAUNCH.value}”."
        return Voice(grant, sentence, allows=False)
    rule, detail = judge(grant, now=None, place=place, call=call)
    return Voice(grant, in_words(Decision(rule, grant, detail)), rule is Rule.ALLOWED)
