"""Error pages: each says what happened and what to do next."""

import sys

import structlog
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404
from psycopg_pool import PoolTimeout

from portal.core.context import theme_of

log = structlog.get_logger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 when what was sent is simply too much."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return render(request, "400.html", {"too_large": too_large}, status=413 if too_large else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 with the sentence of the refusal, when there is one."""
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 with the sentence of whoever looked in vain; an address that leads nowhere has none."""
    reason = "" if isinstance(exception, Resolver404) else str(exception)
    return render(request, "404.html", {"reason": reason}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when the cause is a database that cannot be reached; neither page needs the database."""
    if is_database_down(sys.exc_info()[1]):
        log.error("database.unreachable", path=request.path)
        return HttpResponse(
            render_to_string("503.html", {"theme": theme_of(request)}), status=503, headers={"Retry-After": "10"}
        )
    return HttpResponse(render_to_string("500.html", {"theme": theme_of(request)}), status=500)


def is_database_down(exception: BaseException | None) -> bool:
    """Whether `exception` means that the database cannot be reached."""
    return isinstance(exception, DATABASE_AWAY)
