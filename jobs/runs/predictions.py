"""What is expected of a plan before it is launched: who will refuse, and of whom that is not known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from jobs.exchange.refusals import CMDLET_ABSENT
from jobs.runs.steps import Step, steps_of
from jobs.runs.ways import FrozenWays, as_applied
from portal.core.actors import Actor
from tenants.capabilities.selectors import Known, known_of_cmdlets
from tenants.organizations.models import Organization, Reachability
from tenants.partner.models import PartnerSignIn
from tenants.profiles.facts import ProfileFacts
from tenants.profiles.methods import Method, reached_through
from tenants.sign_ins.selectors import sign_ins_of

UNTESTED, OUTDATED = "untested", "outdated"


@dataclass(frozen=True, slots=True)
class Prediction:
    """Organizations of which the same is expected; `error_class` names it, `read_at` is the oldest reading behind it.

    Without `refuses` it is only not known whether they will carry the cmdlet out.
    """

    error_class: str
    reason: str
    fix: str
    organizations: list[Organization]
    read_at: datetime | None = None
    refuses: bool = True


def predictions(*, actor: Actor, plan: Mapping[str, Any], organizations: Sequence[Organization]) -> list[Prediction]:
    """Return what is expected of a plan in its `organizations`, refusals first, the largest first of each kind.

    From what is stored: how they answered last, and which cmdlets the connection profile of the plan was offered there.
    Whether a parameter is allowed is never known, and what was read as another identity says nothing. The number of
    queries does not grow with the organizations.
    """
    told = as_applied(FrozenWays.of_plan(plan), organizations, service=plan.get("service", ""))
    lost = {each.pk for each in organizations if each.pk in told and each.reachability == Reachability.UNREACHABLE}
    others = [each for each in organizations if each.pk not in lost]
    found = [*_unreachable([each for each in organizations if each.pk in lost]), *_by_capabilities(actor, plan, others)]
    return sorted(found, key=lambda each: (not each.refuses, -len(each.organizations)))


def _unreachable(organizations: list[Organization]) -> list[Prediction]:
    by_cause = sorted(organizations, key=lambda each: each.reachability_class)
    found = []
    for error_class, group in groupby(by_cause, key=lambda each: each.reachability_class):
        members = list(group)
        checked = [each.reachability_checked_at for each in members if each.reachability_checked_at]
        oldest = min(checked, default=None)
        found.append(
            Prediction(error_class, members[0].reachability_reason, members[0].reachability_fix, members, oldest)
        )
    return found


def _by_capabilities(actor: Actor, plan: Mapping[str, Any], organizations: list[Organization]) -> list[Prediction]:
    profiles = _profiles(plan, organizations)
    if not profiles:
        return []
    steps = steps_of(plan)
    known = known_of_cmdlets(
        actor,
        organization_ids=list(profiles),
        profile_ids={UUID(facts.id) for facts in profiles.values()},
        service=reached_through(plan["service"]),
        cmdlets=[step.sent_as for step in steps],
    )
    accounts = _accounts(actor, {facts.way for facts in profiles.values()})
    asked: Asked = []
    for each in organizations:
        if facts := profiles.get(each.pk):
            told = known.get((each.pk, UUID(facts.id)))
            asked.append((each, told if told and _is_read_as(told.identity, facts, accounts) else None))
    return [each for each in (_absent(steps, asked), _outdated(asked), _untested(asked)) if each]


def _profiles(plan: Mapping[str, Any], organizations: list[Organization]) -> dict[UUID, ProfileFacts]:
    ways = FrozenWays.of_plan(plan)
    facts = [(each.pk, ways.find(each.tenant_id)) for each in organizations]
    return {pk: profile for pk, profile in facts if profile}


def _accounts(actor: Actor, methods: Collection[Method]) -> set[str]:
    """Return the actor's own accounts that are signed in and the partners' service accounts, where `methods` use any.

    What a service account reads outlives its sign-in, but not its replacement by another.
    """
    own = sign_ins_of(actor=actor) if any(method.is_personal for method in methods) else []
    service = list(PartnerSignIn.objects.all()) if Method.DELEGATED in methods else []
    return {*(each.user_principal_name for each in own), *(each.user_principal_name for each in service)}


def _is_read_as(identity: str, facts: ProfileFacts, accounts: Collection[str]) -> bool:
    """Whether a list was read as who would get in by the plan: the same application or account."""
    if facts.way.is_personal or facts.way is Method.DELEGATED:
        return identity in accounts
    return facts.application_id in identity


Asked = list[tuple[Organization, Known | None]]


def _absent(steps: Sequence[Step], asked: Asked) -> Prediction | None:
    found = [(each, known) for each, known in asked if known and not known.is_outdated and known.lacks]
    if not found:
        return None
    lacking = {cmdlet for _, known in found for cmdlet in known.lacks}
    named = [
        f"step {number}, {step.sent_as}," if len(steps) > 1 else step.sent_as
        for number, step in enumerate(steps, start=1)
        if step.sent_as in lacking
    ]
    what = " or ".join(named)
    return Prediction(
        CMDLET_ABSENT.error_class,
        f"{what[0].upper()}{what[1:]} is not offered here: role missing",
        CMDLET_ABSENT.fix,
        [each for each, _ in found],
        min(known.read_at for _, known in found),
    )


def _outdated(asked: Asked) -> Prediction | None:
    found = [(each, known.read_at) for each, known in asked if known and known.is_outdated]
    if not found:
        return None
    return Prediction(
        OUTDATED,
        "Not known: what was read is outdated, the profile was changed or a later connection was told otherwise",
        "Test the connection: that reads the list of allowed cmdlets anew.",
        [each for each, _ in found],
        min(read_at for _, read_at in found),
        refuses=False,
    )


def _untested(asked: Asked) -> Prediction | None:
    found = [each for each, known in asked if known is None]
    if not found:
        return None
    return Prediction(
        UNTESTED,
        "Not known: never tested with this connection profile",
        "Test the connection: that reads the list of allowed cmdlets, and changes nothing.",
        found,
        refuses=False,
    )
