"""The history of runs: what has been done?"""

import csv
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.runs.history import RunFilter, all_runs, drafts, runs_page
from jobs.web.filters import RunFilterForm
from jobs.web.run_rows import CSV_COLUMNS, csv_row, run_rows, short_parameters
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.actors import Actor
from portal.core.permissions import Permission


class _Line:
    """A file that hands back what is written: turns csv's writer into a generator of lines."""

    def write(self, line: str) -> str:
        """Return `line`."""
        return line


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Show the history, newest first, and the person's own drafts."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    saved = saved_filters(request, actor, page="runs")
    if saved.opening:
        return saved.opening
    form = RunFilterForm(request.GET)
    page = runs_page(actor=actor, wanted=form.wanted(actor), cursor=request.GET.get("cursor", ""))
    context = {
        "form": form,
        "saved": saved,
        "page": page,
        "rows": run_rows(page.rows),
        "drafts": [(draft, short_parameters(draft)) for draft in drafts(actor=actor)],
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "can_export": actor.has(Permission.RUN_EXPORT),
    }
    return render(request, "jobs/runs/list.html", context)


@require_safe
def run_list_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the filtered history as CSV, all of it."""
    actor = actor_of(request)
    actor.require(Permission.RUN_EXPORT)
    lines = _csv_lines(actor, RunFilterForm(request.GET).wanted(actor))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="runs.csv"'
    return response


def _csv_lines(actor: Actor, wanted: RunFilter) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(CSV_COLUMNS)
    for run in all_runs(actor=actor, wanted=wanted):
        yield writer.writerow(csv_row(run))
