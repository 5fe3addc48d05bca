"""What authority costs: one decision, what a page pays for it, and the authorization of a launch in 1,000 places."""

import time
from collections.abc import Callable
from statistics import median
from uuid import uuid4

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs.approvals.policies import demanded_of
from jobs.authority.launching import require_launch
from jobs.catalogue.effects import Effect
from jobs.runs.steps import Step
from portal.accounts.grants.models import NamedSet
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.core.actors import Source
from portal.core.authority import Call, Grant, Limits, Place, Scope, ScopeKind, decide
from portal.core.permissions import Permission
from tests.factories import grant, make_group, make_organizations, make_person

DECISIONS, TIMES = 20_000, 15
PLACES = 1000
STEPS = (Step("Set-Mailbox", "Set-Mailbox", Effect.ABSOLUTE_SET, {"Identity": "x"}),)


def main() -> None:
    """Print the figures; what was stored for them is taken back."""
    _decision()
    with transaction.atomic():
        _person()
        _launch()
        transaction.set_rollback(True)


def _decision() -> None:
    """Decide with ten grants that do not fit and, last, one with limits that does."""
    partner, place = uuid4(), uuid4()
    held = frozenset({Permission.RUN_LAUNCH})
    foreign = [Grant(n, "x", held, Scope(ScopeKind.ORGANIZATION, uuid4())) for n in range(10)]
    limits = Limits(cmdlets=frozenset({"set-mailbox"}), risks=frozenset({"change"}), parameters=frozenset({"identity"}))
    grants = (*foreign, Grant(99, "y", held, Scope(ScopeKind.PARTNER, partner), limits=limits))
    asked, call = Place(partner, place), Call("set-mailbox", "change", frozenset({"identity"}))
    began = time.perf_counter()
    for _ in range(DECISIONS):
        decide(grants, Permission.RUN_LAUNCH, place=asked, call=call)
    each = (time.perf_counter() - began) / DECISIONS
    print(f"Authority\n  one decision over {len(grants)} grants: {each * 1e6:.1f} µs (under 50)")


def _person() -> None:
    """Read a person with and without what they hold: the query is the one that finds who is signed in anyway."""
    person, group = make_person(None), make_group("Bench", make_organizations(3))
    named = NamedSet.objects.create(name="Bench", cmdlets=["Get-Mailbox"], changed_by="bench")
    for role in (Role.TECHNICIAN, Role.APPROVER, Role.AUDITOR):
        grant(person, role, over=group, limits={"named_sets": [named.pk]})
    bare = _median(lambda: super(type(User.objects), User.objects).get_queryset().get(pk=person.pk))
    whole = _median(lambda: User.objects.get(pk=person.pk).as_actor(Source.WEB))
    with CaptureQueriesContext(connection) as queries:
        User.objects.get(pk=person.pk).as_actor(Source.WEB).has(Permission.RUN_LAUNCH)
    print(
        f"  what a page pays: {len(queries) - 1} more queries, {(whole - bare) * 1000:.2f} ms more than the bare "
        f"person ({whole * 1000:.2f} against {bare * 1000:.2f} ms; at most 1 query and 2 ms)"
    )


def _launch() -> None:
    places = make_organizations(PLACES)
    person = make_person(None)
    grant(person, Role.TECHNICIAN, over=make_group("All of them", places))
    actor = User.objects.get(pk=person.pk).as_actor(Source.WEB)
    named = [(place.pk, place.name) for place in places]

    def authorize() -> None:
        require_launch(actor=actor, steps=STEPS, organizations=named)
        demanded_of(STEPS, (pk for pk, _ in named))

    took = _median(authorize) * 1000
    print(f"  authorizing a launch in {PLACES:,} organizations, over a group: {took:.0f} ms (under 200)")


def _median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return median(times)
