"""Grants, groups, revokes, elevations and disabled accounts against a small reckoning of their own, step by step."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from jobs.authority.decisions import Question, decisions_about
from jobs.catalogue.effects import Effect
from jobs.runs.steps import Step
from portal.accounts.grants.models import GrantKind, RoleGrant
from portal.accounts.grants.services import GrantRequest, elevate, end_elevation, grant_role, revoke_grant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import disable_person, enable_person
from portal.core.actors import Source
from portal.core.authority import ScopeKind
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_group, make_organizations, make_partner, make_person
from tests.jobs.approvals.world import fresh

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1800)]
STEPS = 50
EXAMPLES = int(os.environ.get("AUTHORITY_STEPS", "1000")) * 6 // (5 * STEPS)  # some end before their last step

READS, CHANGES, DESTROYS = "Get-Mailbox", "Set-Mailbox", "Remove-Mailbox"
CALLS = {READS: "read", CHANGES: "change", DESTROYS: "destructive"}
MAY = {
    Role.TECHNICIAN: {"read", "change"},
    Role.SENIOR_TECHNICIAN: {"read", "change", "destructive"},
    Role.APPROVER: set(),
    Role.AUDITOR: set(),
    Role.PARTNER_ADMINISTRATOR: {"read"},
    Role.PLATFORM_ADMINISTRATOR: set(),
}
"""What each role may launch, by risk, as the roles are described: written down once more, not read from the product."""
SEES = set(Role) - {Role.PLATFORM_ADMINISTRATOR}
STEP_OF = {cmdlet: (Step(cmdlet, cmdlet, Effect.READ, {"Identity": "x"}),) for cmdlet in CALLS}


@dataclass
class Told:
    """One grant as the reckoning remembers it."""

    person: int
    role: Role
    kind: ScopeKind
    where: int | None
    eligible: bool = False
    elevates: "Told | None" = None
    is_live: bool = True
    row: RoleGrant | None = field(default=None, repr=False)

    @property
    def gives(self) -> bool:
        return self.is_live and not self.eligible


class Authority(RuleBasedStateMachine):
    """Two partners with three organizations each, three groups, four people."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self._sid = transaction.savepoint()
        partners = [make_partner(), make_partner()]
        self.partners = partners
        self.places = [place for partner in partners for place in make_organizations(3, partner=partner)]
        self.groups = [make_group(f"Group {number}") for number in range(3)]
        self.members: list[set[int]] = [set(), set(), set()]
        self.people = [make_person(None) for _ in range(4)]
        make_person(Role.PLATFORM_ADMINISTRATOR)
        self.enabled = [True] * 4
        self.told: list[Told] = []

    def teardown(self) -> None:
        transaction.savepoint_rollback(self._sid)

    person = st.integers(0, 3)
    place = st.integers(0, 5)
    group = st.integers(0, 2)
    which = st.integers(0, 10_000)

    @rule(person=person, role=st.sampled_from(Role), kind=st.sampled_from(ScopeKind), at=which, eligible=st.booleans())
    def grant(self, person: int, role: Role, kind: ScopeKind, at: int, eligible: bool) -> None:
        rows: dict[ScopeKind, list[Any]] = {
            ScopeKind.PARTNER: self.partners,
            ScopeKind.GROUP: self.groups,
            ScopeKind.ORGANIZATION: self.places,
        }
        where = None if kind is ScopeKind.EVERYTHING else at % len(rows[kind])
        scope = {} if where is None else {"scope_id": rows[kind][where].pk, "scope_name": "x"}
        request = GrantRequest(
            role, kind=GrantKind.ELIGIBLE if eligible else GrantKind.STANDING, scope_kind=kind, **scope
        )
        row = grant_role(actor=SYSTEM, person=self.people[person], request=request)
        self.told.append(Told(person, role, kind, where, eligible=eligible, row=row))

    @precondition(lambda self: self.told)
    @rule(which=which)
    def revoke(self, which: int) -> None:
        told = self.told[which % len(self.told)]
        assert told.row
        revoke_grant(actor=SYSTEM, grant_id=told.row.pk)
        told.is_live = False
        for each in self.told:
            if each.elevates is told:
                each.is_live = False

    @precondition(lambda self: self._eligible())
    @rule(which=which)
    def take(self, which: int) -> None:
        told = self._eligible()[which % len(self._eligible())]
        assert told.row
        row = elevate(actor=fresh(self.people[told.person]), grant_id=told.row.pk, hours=1, reason="x")
        self.told.append(Told(told.person, told.role, told.kind, told.where, elevates=told, row=row))

    @precondition(lambda self: any(each.elevates and each.is_live for each in self.told))
    @rule(which=which, how=st.sampled_from(["end", "time"]))
    def leave(self, which: int, how: str) -> None:
        taken = [each for each in self.told if each.elevates and each.is_live]
        told = taken[which % len(taken)]
        assert told.row
        if how == "end":
            actor = User.objects.get(pk=self.people[told.person].pk).as_actor(Source.WEB)
            end_elevation(actor=actor, grant_id=told.row.pk)
        else:
            RoleGrant.objects.filter(pk=told.row.pk).update(until=timezone.now() - timedelta(seconds=1))
        told.is_live = False

    @precondition(lambda self: any(each.is_live and not each.elevates for each in self.told))
    @rule(which=which)
    def expire(self, which: int) -> None:
        standing = [each for each in self.told if each.is_live and not each.elevates and not each.eligible]
        if standing:
            told = standing[which % len(standing)]
            assert told.row
            RoleGrant.objects.filter(pk=told.row.pk).update(until=timezone.now() - timedelta(seconds=1))
            told.is_live = False

    @rule(group=group, place=place)
    def join(self, group: int, place: int) -> None:
        self.groups[group].organizations.add(self.places[place])
        self.members[group].add(place)

    @rule(group=group, place=place)
    def part(self, group: int, place: int) -> None:
        self.groups[group].organizations.remove(self.places[place])
        self.members[group].discard(place)

    @rule(group=group, places=st.sets(place))
    def say_anew(self, group: int, places: set[int]) -> None:
        self.groups[group].organizations.set([self.places[place] for place in places])
        self.members[group] = set(places)

    @rule(person=person)
    def disable(self, person: int) -> None:
        disable_person(actor=SYSTEM, person_id=self.people[person].pk)
        if self.enabled[person]:
            for each in self.told:
                if each.person == person and each.elevates:
                    each.is_live = False
        self.enabled[person] = False

    @rule(person=person)
    def enable(self, person: int) -> None:
        enable_person(actor=SYSTEM, person_id=self.people[person].pk)
        self.enabled[person] = True

    @invariant()
    def both_agree(self) -> None:
        Authority.steps += 1
        questions = {
            (person, place, cmdlet): Question(str(self.people[person].pk), self.places[place].pk, STEP_OF[cmdlet])
            for person in range(4)
            for place in range(6)
            for cmdlet in CALLS
        }
        decided = decisions_about(questions)
        for (person, place, cmdlet), decision in decided.items():
            expected = any(CALLS[cmdlet] in MAY[each.role] for each in self._reaching(person, place))
            assert decision.is_allowed == expected, (person, place, cmdlet, decision)
        for person in range(4):
            actor = User.objects.get(pk=self.people[person].pk).as_actor(Source.WEB)
            seen = set(Organization.objects.visible_to(actor).values_list("pk", flat=True))
            expected_places = {
                self.places[place].pk
                for place in range(6)
                if any(each.role in SEES for each in self._reaching(person, place))
            }
            assert seen == expected_places, (person, seen ^ expected_places)

    def _reaching(self, person: int, place: int) -> list[Told]:
        if not self.enabled[person]:
            return []
        return [each for each in self.told if each.person == person and each.gives and self._covers(each, place)]

    def _covers(self, told: Told, place: int) -> bool:
        if told.kind is ScopeKind.EVERYTHING:
            return True
        if told.kind is ScopeKind.PARTNER:
            return told.where == place // 3
        if told.kind is ScopeKind.GROUP:
            return place in self.members[told.where or 0]
        return told.where == place

    def _eligible(self) -> list[Told]:
        return [each for each in self.told if each.eligible and each.is_live and self.enabled[each.person]]


def test_what_the_product_decides_is_what_the_reckoning_says() -> None:
    Authority.steps = 0
    kept = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Authority, settings=kept)
    print(f"\n{Authority.steps} states of authority, {Authority.steps * 4 * 6 * 3} decisions: 0 differences")
