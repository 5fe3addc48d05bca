"""Trying organizations of a run that has ended again, as a new run of the same plan."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.catalogue.cmdlets import UnknownCmdlet, catalogue_version, find
from jobs.catalogue.encoding import encode_secret
from jobs.catalogue.problems import BadText
from jobs.catalogue.secret_values import SecretValue
from jobs.catalogue.text_values import parse_text
from jobs.launch import store_draft
from jobs.planning import RunRefused
from jobs.retry.candidates import Candidates, candidates
from jobs.runs.integrity import check_plan
from jobs.runs.models import Run
from jobs.runs.plans import build_plan, hash_of
from jobs.runs.purposes import Purpose
from jobs.runs.secrets import fingerprints_of
from jobs.runs.selectors import launched_run
from jobs.runs.states import is_open
from jobs.runs.steps import OnFailure, Step
from jobs.runs.variables import present_values
from jobs.runs.ways import FrozenWays, frozen_ways
from portal.core.actors import Actor
from portal.core.identifiers import uuid7
from portal.core.permissions import Permission
from tenants.organizations.models import Organization
from tenants.profiles.methods import reached_through
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.resolution import applied_profiles
from tenants.profiles.selectors import find_profile

WITHOUT_PROFILE = "{} without a connection profile: none applies there any more"
NOT_ASKED_FOR = "{} that could be retried too, and were not asked for"
CHANGED_VARIABLES = "{} whose variables have changed since: launch there again with the form"

Typed = Mapping[tuple[int, str], str]
"""What was typed for secret parameters, by step (from 1) and name."""


class RetryRefused(RunRefused):
    """The run cannot be retried; the message says what to do."""


class SecretsWanted(RetryRefused):
    """Secrets of the plan have to be typed again; `problems` says what is wrong, by step and name."""

    def __init__(self, problems: Mapping[tuple[int, str], str]) -> None:
        self.problems = problems
        super().__init__(f"Type it again, because secrets are not kept: {', '.join(name for _, name in problems)}.")


@transaction.atomic
def retry_run(
    *,
    actor: Actor,
    run_id: UUID,
    error_class: str = "",
    organization_ids: Collection[UUID] | None = None,
    secrets: Typed | None = None,
) -> Run:
    """Draft a new run of the same plan over the organizations of a run that may be tried again, for review.

    `error_class` or `organization_ids` narrow it; `secrets` are typed again, as those of an ended run are erased. In
    each organization it begins with the step that did not succeed. Raises `RetryRefused`, `NoWayIn` or `PlanChanged`.
    """
    actor.require(Permission.RUN_LAUNCH)
    run = retriable_run(actor=actor, run_id=run_id)
    check_plan(run)
    _check_catalogue(run.steps)
    found = candidates(actor=actor, run=run, error_class=error_class, organization_ids=organization_ids)
    profile = _chosen_profile(actor, run)
    organizations, left_out = _enterable(actor, run, found, profile)
    if not organizations:
        reasons = [*found.left_out_words, *left_out]
        raise RetryRefused(f"Nothing of this run can be retried. {'; '.join(reasons)}." if reasons else _ALL_DONE)
    opened = _opened(run, secrets or {})
    retry = _planned(actor, run, organizations, found.first_steps, profile, opened)
    return store_draft(actor=actor, run=retry, secrets=opened)


_ALL_DONE = "Nothing of this run can be retried: no organization failed, errored or was left."


def retriable_run(*, actor: Actor, run_id: UUID) -> Run:
    """Return a run that has ended and that people may retry; raises `RetryRefused`."""
    run = launched_run(actor=actor, run_id=run_id)
    if run is None:
        raise RetryRefused("There is no such run.")
    if run.purpose == Purpose.RECONCILIATION:
        raise RetryRefused("This run only looked unknown outcomes up. They are looked up again by themselves.")
    if is_open(run.state):
        raise RetryRefused("This run goes on. Wait until it has ended, or stop it.")
    return run


def left_out_of(*, actor: Actor, draft: Run) -> list[str]:
    """Return who of the run that `draft` retries is left out, a sentence each; raises `RetryRefused`."""
    run = draft.retry_of
    if run is None:
        return []
    found = candidates(actor=actor, run=run)
    entered, others = _enterable(actor, run, found, _chosen_profile(actor, run))
    not_asked_for = len(entered) - draft.target_count
    rest = [NOT_ASKED_FOR.format(f"{not_asked_for:,}")] if not_asked_for > 0 else []
    return [*found.left_out_words, *others, *rest]


def secrets_of(run: Run) -> list[tuple[int, str]]:
    """Return the secret parameters of a plan, by step (from 1) and name."""
    return [(number, name) for number, step in enumerate(run.steps, start=1) for name in step.secrets]


def _check_catalogue(steps: Sequence[Step]) -> None:
    """Refuse what the catalogue does not know any more: the plan was checked against an earlier one."""
    for step in steps:
        try:
            find(step.cmdlet)
            known = find(step.sent_as).parameters
        except UnknownCmdlet as gone:
            raise RetryRefused(f"{step.cmdlet} is not in the catalogue any more. Launch another cmdlet.") from gone
        unknown = [name for name in step.parameters if name.partition("@")[0] not in known]
        if unknown:
            raise RetryRefused(f"{step.cmdlet} has no parameter {unknown[0]} any more. Launch it again with its form.")


def _chosen_profile(actor: Actor, run: Run) -> ConnectionProfile | None:
    """Return the profile that was chosen for all organizations, if one was."""
    chosen = FrozenWays.of_plan(run.plan).chosen
    if not chosen:
        return None
    profile = find_profile(actor=actor, profile_id=UUID(chosen))
    if profile is None or profile.retired_at is not None:
        raise RetryRefused(
            "The connection profile that was chosen for this run does not exist any more. Launch again with the form, "
            "and choose another there."
        )
    return profile


def _enterable(
    actor: Actor, run: Run, found: Candidates, profile: ConnectionProfile | None
) -> tuple[list[Organization], list[str]]:
    """Return the organizations that can be entered and stand as they were planned, and why others are left out."""
    wanted = list(Organization.objects.visible_to(actor).filter(pk__in=list(found.first_steps)).order_by("name", "pk"))
    alike = _with_same_variables(run, wanted)
    ways = applied_profiles(alike, service=reached_through(run.service)) if profile is None else None
    entered = [each for each in alike if ways is None or each.pk in ways]
    left = ((len(wanted) - len(alike), CHANGED_VARIABLES), (len(alike) - len(entered), WITHOUT_PROFILE))
    return entered, [words.format(f"{number:,}") for number, words in left if number]


def _with_same_variables(run: Run, organizations: Sequence[Organization]) -> list[Organization]:
    """Return those whose organization variables still have the values that the plan of `run` froze."""
    frozen: Mapping[str, Mapping[str, str]] = run.plan.get("variables", {})
    present = present_values(organizations, {name for values in frozen.values() for name in values})
    return [each for each in organizations if present[each.pk] == frozen.get(str(each.tenant_id), {})]


def _opened(run: Run, typed: Typed) -> dict[int, dict[str, SecretValue]]:
    """Return what was typed for every secret of the plan, by step and name; raises `SecretsWanted`."""
    opened: dict[int, dict[str, SecretValue]] = {}
    problems: dict[tuple[int, str], str] = {}
    for number, name in secrets_of(run):
        parameter = find(run.steps[number - 1].sent_as).parameters[name]
        text = typed.get((number, name), "")
        try:
            value = parse_text(parameter, text) if text else None
        except BadText as bad:
            problems[number, name] = str(bad)
            continue
        if isinstance(value, SecretValue):
            opened.setdefault(number, {})[name] = encode_secret(value)
        else:
            problems[number, name] = f"Type {name} again: secrets are not kept."
    if problems:
        raise SecretsWanted(problems)
    return opened


def _planned(
    actor: Actor,
    run: Run,
    organizations: Sequence[Organization],
    first_steps: Mapping[UUID, int],
    profile: ConnectionProfile | None,
    secrets: Mapping[int, Mapping[str, SecretValue]],
) -> Run:
    run_id = uuid7()
    tenants = {str(each.tenant_id): first_steps[each.pk] for each in organizations}
    plan = build_plan(
        steps=[
            replace(step, secrets=fingerprints_of(run_id, secrets.get(number, {}), step=number))
            for number, step in enumerate(run.steps, start=1)
        ],
        service=run.service,
        catalogue_version=catalogue_version(),
        connection=frozen_ways(organizations, service=run.service, profile=profile),
        organizations=organizations,
        requested_by=actor.label,
        reason=run.reason,
        ticket=run.ticket,
        on_failure=OnFailure(run.plan.get("on_failure", OnFailure.STOP)),
        variables=_of(tenants, run.plan.get("variables", {})),
        first_steps={tenant_id: step for tenant_id, step in tenants.items() if step > 1},
        purpose=run.plan.get("purpose", ""),
    )
    return Run(
        id=run_id,
        cmdlet=run.cmdlet,
        risk=run.risk,
        effect=run.effect,
        service=run.service,
        plan=plan,
        plan_version=plan["version"],
        step_count=run.step_count,
        plan_hash=hash_of(plan),
        powershell=run.powershell,
        reason=run.reason,
        ticket=run.ticket,
        target_count=len(organizations),
        requested_by_id=actor.id,
        requested_by=actor.label,
        job_id=run.job_id,
        purpose=run.purpose,
        retry_of=run,
    )


def _of(tenants: Collection[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {tenant_id: kept for tenant_id, kept in values.items() if tenant_id in tenants}
