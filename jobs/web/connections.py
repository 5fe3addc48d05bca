"""The ledger of connections: what is open, and was everything closed?"""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.ledger.selectors import connections_page, exchanges_of, find_connection, open_now
from jobs.results.explanations import explanation_of
from jobs.web.connection_filters import ConnectionFilterForm
from jobs.web.connection_rows import connection_rows, duration_of
from jobs.web.raw_exchanges import raw_exchanges
from jobs.web.run_access import GONE
from jobs.web.words import SERVICES
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.actors import Actor
from portal.core.htmx import fragment_of
from portal.core.pagination import lost_place
from portal.core.permissions import Permission


@require_safe
def connection_list(request: HttpRequest) -> HttpResponse:
    """Show what is open now, and every connection that was ever opened."""
    actor = _reader(request)
    saved = saved_filters(request, actor, page="connections")
    if saved.opening:
        return saved.opening
    form, cursor = ConnectionFilterForm(actor, request.GET), request.GET.get("cursor", "")
    wanted = form.wanted(timezone.now().date())
    page = connections_page(actor=actor, wanted=wanted, sort=form.sort, cursor=cursor)
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(),
        "saved": saved,
        "page": page,
        "rows": connection_rows(page.rows),
        **_open_now(actor),
    }
    return render(request, "jobs/connections/list.html", context)


@require_safe
@fragment_of("jobs:connections")
def connections_open(request: HttpRequest) -> HttpResponse:
    """Show again what is open now."""
    return render(request, "jobs/connections/list.html#open-now", _open_now(_reader(request)))


@require_safe
def connection_detail(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Show one connection with everything that went through it."""
    connection = find_connection(actor=_reader(request), connection_id=connection_id)
    if connection is None:
        raise Http404(GONE.format("connection"))
    error_class = connection.attempt.error_class
    context = {
        "connection": connection,
        "attempt": connection.attempt,
        "target": connection.attempt.run_target,
        "service": SERVICES[connection.service],
        "duration": duration_of(connection),
        "explanation": explanation_of(error_class) if error_class else None,
        "exchanges": raw_exchanges(exchanges_of(connection)),
    }
    return render(request, "jobs/connections/detail.html", context)


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    actor.require(Permission.ORGANIZATION_READ)
    return actor


def _open_now(actor: Actor) -> dict[str, Any]:
    return {"open_now": open_now(actor=actor)}
