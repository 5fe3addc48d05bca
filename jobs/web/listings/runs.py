"""Runs, the targets of a run, and the results of a run as listings."""

from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from jobs.results.tables import result_columns, result_row_count, result_rows
from jobs.runs.history import all_runs
from jobs.runs.models import Run, RunTarget
from jobs.runs.selectors import launched_run
from jobs.runs.states import TargetState
from jobs.runs.targets import all_targets, causes_in
from jobs.web.run_filters import RunFilterForm
from jobs.web.target_filters import TargetFilterForm
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words

READ = frozenset({Permission.RUN_EXPORT, Permission.RUN_READ})
READ_IN_ORGANIZATIONS = READ | {Permission.ORGANIZATION_READ}

RUN_COLUMNS = (
    "Run",
    "Cmdlet",
    "Parameters",
    "Organizations",
    "State",
    *(state.label for state in TargetState),
    "Risk",
    "RequestedBy",
    "Reason",
    "Ticket",
    "LaunchedAt",
    "FinishedAt",
    "PlanHash",
)
TARGET_COLUMNS = (
    "Organization",
    "TenantId",
    "State",
    "Verdict",
    "ErrorClass",
    "ErrorCode",
    "ErrorDetail",
    "Objects",
    "Warnings",
    "Attempts",
    "QueuedAt",
    "StartedAt",
    "FinishedAt",
    "Target",
)


def _open_runs(actor: Actor, selection: Selection) -> Table:
    form = RunFilterForm(actor, selection.query)
    wanted = form.wanted(timezone.now().date())
    return Table(
        title="Runs",
        columns=lambda: RUN_COLUMNS,
        rows=lambda: map(_run_row, all_runs(actor=actor, wanted=wanted, sort=form.sort)),
        url=address(reverse("jobs:runs"), selection.query),
        filters=filters_in_words(form),
    )


def _open_targets(actor: Actor, selection: Selection) -> Table:
    run = run_named(actor, selection.of_id)
    form = TargetFilterForm(selection.query, causes_in(actor=actor, run_id=run.pk))
    wanted = form.wanted()
    return table_of_run(
        run,
        selection.query,
        title=f"Organizations of {run}",
        columns=lambda: TARGET_COLUMNS,
        rows=lambda: map(_target_row, all_targets(actor=actor, run_id=run.pk, wanted=wanted)),
        filters=filters_in_words(form),
        total=None if form.is_filtered else run.target_count,
    )


def _open_results(actor: Actor, selection: Selection) -> Table:
    run = run_named(actor, selection.of_id)
    return table_of_run(
        run,
        QueryDict(),
        title=f"Results of {run}",
        columns=lambda: result_columns(actor=actor, run_id=run.pk),
        rows=lambda: result_rows(actor=actor, run_id=run.pk),
        total=result_row_count(actor=actor, run_id=run.pk),
    )


def table_of_run(run: Run, query: QueryDict, *, page: str = "", **more: Any) -> Table:
    """Return a table of something in a run, listed on `page` or on the run's own."""
    facts = [("Run", str(run.pk)), ("Cmdlet", run.powershell), ("Plan hash", run.plan_hash)]
    return Table(url=address(page or reverse("jobs:run", args=[run.pk]), query), facts=facts, run_id=run.pk, **more)


def run_named(actor: Actor, run_id: str) -> Run:
    """Return a launched run that `actor` may see; raises `Refused`."""
    try:
        run = launched_run(actor=actor, run_id=UUID(run_id))
    except ValueError:
        run = None
    if run is None:
        raise Refused("There is no such run.")
    return run


def _run_row(run: Run) -> Row:
    values = (
        run.pk,
        run.cmdlet,
        run.powershell if run.step_count > 1 else run.powershell.removeprefix(run.cmdlet).strip(),
        run.target_count,
        run.get_state_display(),
        *(run.counts.get(state.value, 0) for state in TargetState),
        run.risk,
        run.requested_by,
        run.reason,
        run.ticket,
        run.launched_at,
        run.finished_at,
        run.plan_hash,
    )
    return dict(zip(RUN_COLUMNS, values, strict=True))


def _target_row(target: RunTarget) -> Row:
    values = (
        target.organization_name,
        target.organization.tenant_id,
        target.state,
        target.verdict,
        target.error_class,
        target.error_code,
        target.error_detail,
        target.row_count,
        target.warning_count,
        target.attempt_count,
        target.queued_at,
        target.started_at,
        target.finished_at,
        target.pk,
    )
    return dict(zip(TARGET_COLUMNS, values, strict=True))


LISTINGS = (
    Listing("runs", "Runs", READ, _open_runs),
    Listing("run-targets", "Organizations of a run", READ_IN_ORGANIZATIONS, _open_targets),
    Listing("run-results", "Results of a run", READ_IN_ORGANIZATIONS, _open_results),
)
