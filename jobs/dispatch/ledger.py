"""The rows of the ledger of connections: where each led, what was sent through it, how it was closed."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from jobs.dispatch.outcomes import Ending
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_name
from jobs.runs.models import CloseKind
from jobs.runs.states import TargetState
from portal.core.text import storable

_WITHOUT_AN_ERROR = (TargetState.SUCCEEDED, TargetState.CANCELLED)
# Where nothing was sent, the host stays the one that the connection was opened for.
CLOSE = """
UPDATE connection SET closed_at = given.closed_at, closed_by = %(worker)s, close_kind = given.kind,
    close_reason = given.reason, cmdlet_count = given.cmdlets, host = COALESCE(NULLIF(given.host, ''), connection.host)
FROM unnest(%(ids)s::uuid[], %(moments)s::timestamptz[], %(kinds)s::text[], %(reasons)s::text[], %(cmdlets)s::int[],
    %(hosts)s::text[]) AS given(id, closed_at, kind, reason, cmdlets, host)
WHERE connection.id = given.id AND connection.closed_at IS NULL
"""


def host_of(way: Way) -> str:
    """Return the server that a connection is opened with first."""
    environment = way.access.environment
    return _host(environment.compliance_url if way.plan.service == "scc" else environment.exchange_url)


def close_connections(endings: Sequence[tuple[Story, Ending]]) -> None:
    """Enter how the connections of these attempts were closed, in the present transaction."""
    closed = [(story, ending) for story, ending in endings if story.closed_at is not None]
    columns: dict[str, Any] = {
        "worker": worker_name(),
        "ids": [story.claimed.connection_id for story, _ in closed],
        "moments": [story.closed_at for story, _ in closed],
        "kinds": [_kind(story, ending).value for story, ending in closed],
        "reasons": [storable(story.close_reason, 200) for story, _ in closed],
        "cmdlets": [_cmdlets_sent(story) for story, _ in closed],
        "hosts": [_host(story.exchanges[-1].url) if story.exchanges else "" for story, _ in closed],
    }
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, columns)


def _kind(story: Story, ending: Ending) -> CloseKind:
    return CloseKind.NORMAL if story.answer or ending.state in _WITHOUT_AN_ERROR else CloseKind.ERROR


def _cmdlets_sent(story: Story) -> int:
    """Return how many cmdlets were sent, a diagnosing probe included; pages and repetitions of one are one."""
    headers = [{name.lower(): value for name, value in each.request_headers.items()} for each in story.exchanges]
    sent = {each.get("client-request-id", "") for each in headers if "x-cmdletname" in each}
    return len(sent | {story.client_request_id} if story.intended_at else sent)


def _host(url: str | None) -> str:
    return (urlsplit(url or "").hostname or "")[:253]
