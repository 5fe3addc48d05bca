"""The first rung that does not hold is the answer, and every failure that can be met has its rung."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.core.explanations import known_explanations
from tenants.ladder.rungs import RUNG_OF, Rung
from tenants.ladder.selectors import Ladder, ladder_of
from tenants.organizations.models import Organization
from tenants.organizations.outcomes import Outcome
from tests.factories import make_app_registration, make_organizations

pytestmark = pytest.mark.django_db


def place(*, certificate: bool = True, **values: Any) -> Organization:
    made = make_organizations(1, **{"relationship_state": "active", **values})[0]
    make_app_registration(made.partner, certificate=certificate)
    return made


def unreachable(error_class: str, **values: Any) -> Organization:
    facts: dict[str, Any] = {"reachability_reason": f"Because {error_class}", "reachability_fix": "Mend it."}
    return place(reachability="unreachable", reachability_class=error_class, **facts, **values)


def reachable(**values: Any) -> Organization:
    return place(reachability="reachable", reachability_checked_at=timezone.now(), **values)


def outcome(state: str, error_class: str = "") -> Outcome:
    return Outcome(uuid4(), state, error_class, "Get-Mailbox", timezone.now())


def states(ladder: Ladder) -> dict[str, str]:
    return {step.rung.value: step.state for step in ladder.steps}


def climb(organization: Organization, outcomes: Iterable[Outcome] = ()) -> Ladder:
    return ladder_of(organization, [], list(outcomes))


def test_every_failure_that_can_be_met_has_its_rung_and_no_other_stands_in_the_table() -> None:
    of_no_target = ("Partner APIs", "Remarks")
    met = {explanation.error_class for explanation in known_explanations() if explanation.area not in of_no_target}

    assert set(RUNG_OF) == met - {"unexplained"}


def test_where_exchange_answered_every_rung_holds() -> None:
    ladder = climb(reachable(), [outcome("succeeded")])
    assert set(states(ladder).values()) == {"good"}
    assert ladder.answer == "We can get in: Exchange answered just now."


@pytest.mark.parametrize(
    ("error_class", "rung", "good", "unknown"),
    [
        ("no_gdap_access", "relationship", set(), {"role", "consent", "token", "exchange", "cmdlet"}),
        ("no_consent", "consent", {"relationship"}, {"role", "token", "exchange", "cmdlet"}),
        ("conditional_access_blocked", "token", {"relationship"}, {"role", "consent", "exchange", "cmdlet"}),
        ("role_missing", "role", {"relationship", "consent", "token"}, {"exchange", "cmdlet"}),
        ("subscription_lapsed", "exchange", {"relationship", "consent", "token"}, {"role", "cmdlet"}),
        ("never_heard_of", "exchange", {"relationship", "consent", "token"}, {"role", "cmdlet"}),
    ],
)
def test_a_failure_makes_its_rung_the_answer_and_claims_only_what_it_proves(
    error_class: str, rung: str, good: set[str], unknown: set[str]
) -> None:
    ladder = climb(unreachable(error_class))
    expected = {rung: "bad", **dict.fromkeys(good, "good"), **dict.fromkeys(unknown, "unknown")}
    assert states(ladder) == expected
    assert (ladder.state, ladder.fix) == ("bad", "Mend it.")
    assert f"Because {error_class}" in ladder.answer


def test_where_nobody_tried_nothing_is_claimed() -> None:
    ladder = climb(place())
    assert ladder.state == "unknown"
    assert states(ladder) == {rung.value: "good" if rung is Rung.RELATIONSHIP else "unknown" for rung in Rung}


@pytest.mark.parametrize("state", ["none", "ended", "pending"])
def test_a_relationship_is_the_answer_only_where_consent_hangs_on_it(state: str) -> None:
    assert states(climb(reachable(relationship_state=state)))["relationship"] == "unknown"
    ladder = climb(unreachable("no_consent", relationship_state=state))
    assert (states(ladder)["relationship"], states(ladder)["consent"]) == ("bad", "bad")
    assert ladder.answer.startswith("Relationship: ")


def test_without_a_usable_certificate_nobody_gets_in_however_it_went_before() -> None:
    ladder = climb(reachable(certificate=False))
    assert ladder.answer.startswith("Token: ")
    assert "Upload" in ladder.fix


def test_the_last_telling_outcome_is_the_rung_of_the_cmdlet() -> None:
    where = reachable()
    assert states(climb(where, [outcome("failed", "cmdlet_not_granted"), outcome("succeeded")]))["cmdlet"] == "bad"
    assert states(climb(where, [outcome("succeeded"), outcome("failed", "cmdlet_not_granted")]))["cmdlet"] == "good"
    assert states(climb(where, [outcome("failed", "object_not_found")]))["cmdlet"] == "good"
    assert states(climb(where, [outcome("errored", "throttled")]))["cmdlet"] == "unknown"


def test_the_days_that_a_relationship_has_left_are_said() -> None:
    ends = timezone.now() + timedelta(days=12, hours=1)
    assert climb(reachable(relationship_ends_at=ends)).steps[0].fact == "GDAP is active, 12 days left."


@pytest.mark.parametrize(("days", "words"), [(-3, "GDAP ended on "), (300, "GDAP was ended before its time.")])
def test_an_end_that_lies_ahead_is_never_said_to_have_passed(days: int, words: str) -> None:
    ends = timezone.now() + timedelta(days=days)
    where = reachable(relationship_state="ended", relationship_ends_at=ends)
    assert climb(where).steps[0].fact.startswith(words)
