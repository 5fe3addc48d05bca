"""From a plan to a running run: draft, launch, discard."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.approvals.notices import note_request
from jobs.approvals.policies import demanded_of
from jobs.approvals.requests import request_approval
from jobs.authority.launching import require_launch
from jobs.catalogue.encoding import encode_secrets
from jobs.catalogue.secret_values import SecretValue
from jobs.global_stop.selectors import stop_in_force
from jobs.planning import RunRefused, RunRequest, checked_calls, planned_run
from jobs.runs.events import run_as_object, target_as_object
from jobs.runs.integrity import check_plan, record_altered_plan
from jobs.runs.models import Run, RunTarget
from jobs.runs.own_accounts import missing_sign_ins
from jobs.runs.plans import PlanChanged
from jobs.runs.retries import retriable_targets
from jobs.runs.secrets import erase_secrets, missing_secrets, seal_secrets
from jobs.runs.selection import chosen_organizations
from jobs.runs.states import RunState, TargetState
from jobs.runs.ways import FrozenWays
from portal.audit.actions import AuditAction
from portal.audit.services import draft, record, write
from portal.core.actors import Actor
from portal.core.bulk import insert_rows
from portal.core.clock import database_now
from portal.core.permissions import Permission
from portal.core.tasks import enqueue
from tenants.groups.services import note_use
from tenants.organizations.models import Organization


@transaction.atomic
def draft_run(*, actor: Actor, request: RunRequest) -> Run:
    """Freeze a plan for review; raises `InvalidCall` with every problem, or `RunRefused`."""
    actor.require(Permission.RUN_LAUNCH)
    calls = checked_calls(actor=actor, request=request)
    organizations = chosen_organizations(actor=actor, selection=request.selection)
    run = planned_run(actor=actor, request=request, calls=calls, organizations=organizations)
    store_draft(actor=actor, run=run, secrets={step: encode_secrets(call) for step, call in enumerate(calls, start=1)})
    note_use(request.selection.group_ids)
    return run


@transaction.atomic
def store_draft(*, actor: Actor, run: Run, secrets: Mapping[int, Mapping[str, SecretValue]]) -> Run:
    """Store a planned run for review; `secrets` are those of its plan, encoded, by step (from 1) and name."""
    actor.require(Permission.RUN_LAUNCH)
    require_launch(actor=actor, steps=run.steps, organizations=_places(run))
    run.save(force_insert=True)
    for step, values in secrets.items():
        seal_secrets(run.pk, values, step=step)
    record(AuditAction.RUN_DRAFTED, actor=actor, target=run_as_object(run), data=_facts(run))
    return run


def launch_run(*, actor: Actor, run_id: UUID) -> Run:
    """Turn a reviewed draft into a run with one target per organization, exactly once.

    It is queued, or waits for approval where a policy asks for that. An organization that vanished since the review
    keeps its place and ends as skipped. Launching twice returns the run as it is. Raises `RunRefused` when the draft
    was discarded or belongs to somebody else; `PlanChanged` when it was altered, which is recorded.
    """
    try:
        return _launch(actor, run_id)
    except PlanChanged as refusal:
        record_altered_plan(actor=actor, run=Run.objects.get(pk=run_id), refusal=refusal)
        raise


@transaction.atomic
def _launch(actor: Actor, run_id: UUID) -> Run:
    actor.require(Permission.RUN_LAUNCH)
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None or run.requested_by_id != actor.id:
        raise RunRefused("This draft was discarded, or is somebody else’s. Start again from the cmdlet.")
    if run.state != RunState.DRAFT:
        return run
    if stop := stop_in_force():
        raise RunRefused(f"{stop.refusal} The draft stays: launch it then.")
    check_plan(run)
    require_launch(actor=actor, steps=run.steps, organizations=_places(run))
    _refuse_second_retry(run)
    _require_sign_ins(actor, run)
    if missing := missing_secrets(run):
        raise RunRefused(f"Too long ago: {missing[0]} was erased after a day. Go back and type it again.")
    demand = demanded_of(run.steps, (pk for pk, _ in _places(run)))
    run.state = RunState.PENDING_APPROVAL if demand.approvers else RunState.QUEUED
    run.launched_at = database_now()
    run.save(update_fields=["state", "launched_at"])
    record(AuditAction.RUN_LAUNCHED, actor=actor, target=run_as_object(run), data=_facts(run))
    _create_targets(actor, run)
    if demand.approvers:
        note_request(request_approval(actor=actor, run=run, demand=demand))
    else:
        enqueue("jobs.dispatch.start_run", run_id=str(run.pk))
    return run


@transaction.atomic
def launch_planned(*, actor: Actor, run: Run) -> Run:
    """Store a run that Signalbox itself has planned, which nobody reviews since it only reads, and launch it."""
    actor.require(Permission.RUN_LAUNCH)
    require_launch(actor=actor, steps=run.steps, organizations=_places(run))
    run.state, run.launched_at = RunState.QUEUED, database_now()
    run.save(force_insert=True)
    record(AuditAction.RUN_LAUNCHED, actor=actor, target=run_as_object(run), data=_facts(run))
    _create_targets(actor, run)
    enqueue("jobs.dispatch.start_run", run_id=str(run.pk))
    return run


@transaction.atomic
def discard_draft(*, actor: Actor, run_id: UUID) -> None:
    """Delete a draft that was never launched; raises `RunRefused` when it was launched."""
    actor.require(Permission.RUN_LAUNCH)
    run = Run.objects.select_for_update().filter(pk=run_id, requested_by_id=actor.id).first()
    if run is None:
        return
    if run.state != RunState.DRAFT:
        raise RunRefused("This run was launched already. Stop it instead.")
    record(AuditAction.RUN_DISCARDED, actor=actor, target=run_as_object(run))
    erase_secrets(run_id)
    run.delete()


def _places(run: Run) -> list[tuple[UUID, str]]:
    planned = Organization.objects.filter(tenant_id__in=run.plan["organizations"]).order_by("name", "pk")
    return list(planned.values_list("pk", "name"))


def _require_sign_ins(actor: Actor, run: Run) -> None:
    """Raise `RunRefused` unless the person is signed in wherever the plan uses his own account.

    A connection test goes on if it can enter anywhere: it says of each organization what is missing.
    """
    found = missing_sign_ins(actor=actor, plan=run.plan)
    if run.is_connection_test and sum(len(each.organizations) for each in found) < run.target_count:
        return
    for missing in found:
        raise RunRefused(
            f"The connection profile “{missing.facts.name}” uses your own Microsoft account, and you are not signed in "
            f"with it at {missing.place}. Sign in under Connections; the review of a run leads there and back."
        )


def _refuse_second_retry(run: Run) -> None:
    """Raise `RunRefused` where an organization was retried meanwhile, or may not be any more; one launch at a time."""
    if run.retry_of_id is None:
        return
    Run.objects.select_for_update(no_key=True).get(pk=run.retry_of_id)
    free = retriable_targets(run.retry_of_id).values_list("organization__tenant_id", flat=True)
    taken = set(run.plan["organizations"]) - set(map(str, free))
    if taken:
        places = "1 of these organizations was" if len(taken) == 1 else f"{len(taken):,} of these organizations were"
        raise RunRefused(
            f"{places} retried by another run meanwhile, or may not be any more. Discard this draft, and press Retry "
            "on the first run again for the rest."
        )


def _create_targets(actor: Actor, run: Run) -> None:
    now = database_now()
    chosen = Organization.objects.filter(tenant_id__in=run.plan["organizations"]).order_by("name", "pk")
    ways, first_steps = FrozenWays.of_plan(run.plan), run.plan.get("first_steps", {})
    targets, events = [], []
    places = chosen.values_list("pk", "tenant_id", "name", "vanished_at")
    for position, (pk, tenant_id, name, vanished_at) in enumerate(places):
        target = RunTarget(
            run=run,
            organization_id=pk,
            organization_name=name,
            position=position,
            step=first_steps.get(str(tenant_id), 1),
            identity=ways.identity(tenant_id),
            queued_at=now,
            changed_at=now,
        )
        targets.append(target)
        if vanished_at is not None:
            target.state, target.finished_at, target.error_class = TargetState.SKIPPED, now, "organization_vanished"
            events.append(
                draft(
                    AuditAction.RUN_TARGET_ENDED,
                    actor=actor,
                    target=target_as_object(target),
                    data={
                        "cmdlet": run.cmdlet,
                        "on_behalf_of": run.requested_by,
                        "state": target.state,
                        "error_class": target.error_class,
                    },
                )
            )
    insert_rows(targets)
    write(events)


def _facts(run: Run) -> dict[str, Any]:
    return {
        "cmdlet": run.cmdlet,
        "parameters": run.parameters,
        **_later_facts(run),
        **({"retry_of": str(run.retry_of_id)} if run.retry_of_id else {}),
        "plan_hash": run.plan_hash,
        "organizations": run.target_count,
        "risk": run.risk,
        "reason": run.reason,
        "ticket": run.ticket,
    }


def _later_facts(run: Run) -> dict[str, Any]:
    later = [{"cmdlet": step.cmdlet, "parameters": step.parameters} for step in run.steps[1:]]
    return {"later_steps": later, "on_failure": run.plan["on_failure"]} if later else {}
