"""The policy: which rule answers a question, and which grant is named."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.core.authority import Call, Grant, Limits, Place, Rule, Scope, ScopeKind, decide, decide_all
from portal.core.permissions import Permission

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PARTNER, GROUP, ORGANIZATION, ELSEWHERE = uuid4(), uuid4(), uuid4(), uuid4()
HERE = Place(PARTNER, ORGANIZATION, frozenset({GROUP}))
OWN = Place(PARTNER, ORGANIZATION, is_partners_own=True)
READ = Call("get-mailbox", "read", frozenset({"identity"}))
CHANGE = Call("set-mailbox", "change", frozenset({"identity", "forwardingsmtpaddress"}))
DESTROY = Call("remove-mailbox", "destructive", frozenset({"identity"}))
LAUNCH = Permission.RUN_LAUNCH


def grant(number: int = 1, **values: Any) -> Grant:
    return Grant(number, "Technician", frozenset({LAUNCH}), **values)


@pytest.mark.parametrize(
    ("kind", "here", "elsewhere"),
    [
        (ScopeKind.PARTNER, PARTNER, ELSEWHERE),
        (ScopeKind.GROUP, GROUP, ELSEWHERE),
        (ScopeKind.ORGANIZATION, ORGANIZATION, ELSEWHERE),
    ],
)
def test_a_grant_holds_in_its_scope_only(kind: ScopeKind, here: UUID, elsewhere: UUID) -> None:
    assert decide([grant(scope=Scope(kind, here))], LAUNCH, now=NOW, place=HERE, call=READ).is_allowed
    refused = decide([grant(scope=Scope(kind, elsewhere))], LAUNCH, now=NOW, place=HERE, call=READ)
    assert refused.rule is Rule.SCOPE_OUTSIDE
    assert decide([grant(scope=Scope(kind))], LAUNCH, now=NOW, place=HERE, call=READ).rule is Rule.SCOPE_OUTSIDE


def test_a_grant_over_everything_holds_everywhere_and_one_of_another_permission_nowhere() -> None:
    assert decide([grant()], LAUNCH, now=NOW, place=HERE, call=DESTROY).is_allowed
    assert decide([grant()], Permission.RUN_READ, now=NOW, place=HERE).rule is Rule.PERMISSION_MISSING
    assert decide([], LAUNCH, now=NOW).rule is Rule.PERMISSION_MISSING


def test_a_grant_ends_at_its_very_end() -> None:
    assert decide([grant(until=NOW + timedelta(seconds=1))], LAUNCH, now=NOW).is_allowed
    assert decide([grant(until=NOW)], LAUNCH, now=NOW).rule is Rule.GRANT_ENDED


@pytest.mark.parametrize(
    ("limits", "place", "call", "rule", "detail"),
    [
        (Limits(risks=frozenset({"read"})), HERE, CHANGE, Rule.RISK, "change"),
        (Limits(verbs=frozenset({"get"})), HERE, CHANGE, Rule.VERB, "set"),
        (Limits(cmdlets=frozenset({"get-mailbox"})), HERE, CHANGE, Rule.CMDLET, "set-mailbox"),
        (Limits(cmdlets=frozenset()), HERE, READ, Rule.CMDLET, "get-mailbox"),
        (Limits(parameters=frozenset({"identity"})), HERE, CHANGE, Rule.PARAMETER, "forwardingsmtpaddress"),
        (
            Limits(forbidden_parameters=frozenset({"forwardingsmtpaddress"})),
            HERE,
            CHANGE,
            Rule.PARAMETER,
            "forwardingsmtpaddress",
        ),
        (Limits(spares_partners_own=True), OWN, READ, Rule.PARTNERS_OWN, ""),
        (Limits(), Place(PARTNER, ORGANIZATION, is_served=False), READ, Rule.ORGANIZATION_VANISHED, ""),
    ],
)
def test_a_limit_refuses_and_says_what(limits: Limits, place: Place, call: Call, rule: Rule, detail: str) -> None:
    decision = decide([grant(limits=limits)], LAUNCH, now=NOW, place=place, call=call)
    assert (decision.rule, decision.detail) == (rule, detail)
    assert decide([grant(limits=limits), grant(2)], LAUNCH, now=NOW, place=place, call=call).is_allowed == (
        rule is not Rule.ORGANIZATION_VANISHED
    )


def test_a_refusal_names_the_grant_that_came_closest() -> None:
    far = grant(1, scope=Scope(ScopeKind.PARTNER, ELSEWHERE))
    near = grant(2, limits=Limits(risks=frozenset({"read"})))
    for grants in ([far, near], [near, far]):
        decision = decide(grants, LAUNCH, now=NOW, place=HERE, call=CHANGE)
        assert (decision.rule, decision.grant) == (Rule.RISK, near)


def test_all_calls_of_a_run_must_be_allowed_each_by_some_grant() -> None:
    reads = grant(1, limits=Limits(risks=frozenset({"read"})))
    changes = grant(2, limits=Limits(risks=frozenset({"change"})))
    assert decide_all([reads, changes], LAUNCH, now=NOW, place=HERE, calls=[READ, CHANGE]).is_allowed
    for calls in ([READ, CHANGE, DESTROY], [DESTROY, READ]):
        refused = decide_all([reads, changes], LAUNCH, now=NOW, place=HERE, calls=calls)
        assert (refused.rule, refused.detail) == (Rule.RISK, "destructive")


def test_an_unknown_organization_is_refused_to_everybody() -> None:
    assert decide_all([grant()], LAUNCH, now=NOW, place=None, calls=[READ]).rule is Rule.ORGANIZATION_UNKNOWN
