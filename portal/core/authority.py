"""What people were granted, as facts, and the one policy that decides by them: pure, without a database.

A question names a permission and, where it is about a cmdlet in an organization, the place and the call. Every answer
names its rule; a refusal names the grant that came closest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.core.permissions import Permission


class ScopeKind(StrEnum):
    """How far a grant reaches."""

    EVERYTHING = "everything"
    PARTNER = "partner"
    GROUP = "group"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a grant holds: everywhere, or at the partner, the organization group or the organization of this id.

    `rule` is the stored rule of a group that has one: who belongs to it is decided at the moment of asking.
    """

    kind: ScopeKind = ScopeKind.EVERYTHING
    id: UUID | None = None
    rule: Mapping[str, Any] | None = field(default=None, compare=False)

    def covers(self, place: "Place") -> bool:
        """Whether `place` lies in it."""
        if self.kind is ScopeKind.EVERYTHING:
            return True
        if self.kind is ScopeKind.PARTNER:
            return self.id == place.partner_id
        if self.kind is ScopeKind.GROUP:
            return self.id in place.group_ids
        return self.id == place.organization_id


@dataclass(frozen=True, slots=True)
class Limits:
    """What narrows a grant; None means no limit of that kind. Names are in lower case.

    `cmdlets` holds those named one by one and those of the named sets. `spares_partners_own` keeps it out of the
    partner's own organization.
    """

    cmdlets: frozenset[str] | None = None
    named_sets: tuple[str, ...] = ()
    verbs: frozenset[str] | None = None
    risks: frozenset[str] | None = None
    parameters: frozenset[str] | None = None
    forbidden_parameters: frozenset[str] = frozenset()
    spares_partners_own: bool = False


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Place:
    """One organization, as far as the policy asks: `group_ids` are those it belongs to now, of the scopes in question.

    Where only a partner is meant, as for its app registrations, `organization_id` is None.
    """

    partner_id: UUID
    organization_id: UUID | None = None
    group_ids: frozenset[UUID] = frozenset()
    is_partners_own: bool = False
    is_served: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """One cmdlet with the names of its parameters, all in lower case, and its risk as the catalogue says."""

    cmdlet: str
    risk: str
    parameters: frozenset[str] = frozenset()

    @property
    def verb(self) -> str:
        """The part before the dash."""
        return self.cmdlet.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role given to somebody: what it permits, where, until when, within which limits."""

    id: int
    role: str
    permissions: frozenset[Permission]
    scope: Scope = Scope()
    until: datetime | None = None
    limits: Limits = NO_LIMITS


class Rule(StrEnum):
    """Why something is allowed or refused; later ones came closer to being allowed."""

    ALLOWED = "grant.allows"
    PERMISSION_MISSING = "permission.missing"
    GRANT_ENDED = "grant.ended"
    ORGANIZATION_UNKNOWN = "organization.unknown"
    SCOPE_OUTSIDE = "scope.outside"
    ORGANIZATION_VANISHED = "organization.vanished"
    PARTNERS_OWN = "limit.partners_own"
    RISK = "limit.risk"
    VERB = "limit.verb"
    CMDLET = "limit.cmdlet"
    PARAMETER = "limit.parameter"
    CMDLET_UNKNOWN = "cmdlet.unknown"
    APPROVAL_MISSING = "approval.missing"


_CLOSENESS = {rule: number for number, rule in enumerate(Rule)}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a question: the rule, and the grant that allowed it or came closest.

    `detail` names what a limit refused.
    """

    rule: Rule
    grant: Grant | None = None
    detail: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether the question is answered with yes."""
        return self.rule is Rule.ALLOWED


def decide(
    grants: Iterable[Grant],
    permission: Permission,
    *,
    now: datetime | None = None,
    place: Place | None = None,
    call: Call | None = None,
) -> Decision:
    """Return whether `grants` hold `permission`, at `place` and for `call` where they are given.

    Without `now`, `grants` are what holds at this moment, as the database's clock says.
    """
    best = _MISSING
    for grant in grants:
        if permission not in grant.permissions:
            continue
        rule, detail = judge(grant, now=now, place=place, call=call)
        if rule is Rule.ALLOWED:
            return Decision(rule, grant)
        if _CLOSENESS[rule] > _CLOSENESS[best.rule]:
            best = Decision(rule, grant, detail)
    return best


_MISSING = Decision(Rule.PERMISSION_MISSING)


def judge(grant: Grant, *, now: datetime | None, place: Place | None, call: Call | None) -> tuple[Rule, str]:
    """Return which rule decides about one grant that holds the permission, and what the rule is about."""
    if now is not None and grant.until is not None and grant.until <= now:
        return Rule.GRANT_ENDED, ""
    if place is not None:
        if not grant.scope.covers(place):
            return Rule.SCOPE_OUTSIDE, ""
        if not place.is_served and call is not None:
            return Rule.ORGANIZATION_VANISHED, ""
        if place.is_partners_own and call is not None and grant.limits.spares_partners_own:
            return Rule.PARTNERS_OWN, ""
    return (Rule.ALLOWED, "") if call is None or grant.limits is NO_LIMITS else _within(grant.limits, call)


def _within(limits: Limits, call: Call) -> tuple[Rule, str]:
    if limits.risks is not None and call.risk not in limits.risks:
        return Rule.RISK, call.risk
    if limits.verbs is not None and call.verb not in limits.verbs:
        return Rule.VERB, call.verb
    if limits.cmdlets is not None and call.cmdlet not in limits.cmdlets:
        return Rule.CMDLET, call.cmdlet
    if excess := call.parameters & limits.forbidden_parameters:
        return Rule.PARAMETER, min(excess)
    if limits.parameters is not None and (excess := call.parameters - limits.parameters):
        return Rule.PARAMETER, min(excess)
    return Rule.ALLOWED, ""


def decide_all(
    grants: Sequence[Grant],
    permission: Permission,
    *,
    now: datetime | None = None,
    place: Place | None,
    calls: Iterable[Call],
) -> Decision:
    """Return the decision about all of `calls` at `place`: the first refusal, else the last allowance.

    A place of None is an organization that is not known: it is refused.
    """
    if place is None:
        return Decision(Rule.ORGANIZATION_UNKNOWN)
    decision = _MISSING
    for call in calls:
        decision = decide(grants, permission, now=now, place=place, call=call)
        if not decision.is_allowed:
            return decision
    return decision
