"""The rows of the ledger of connections: where each led, what was sent through it, how it was closed."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.db import connection

from jobs.dispatch.outcomes import Ending
from jobs.dispatch.story import Story, Way
from jobs.dispatch.worker import worker_name
from jobs.runs.models import CloseKind
from jobs.runs.states import TargetState
from portal.core.bulk import encoded
from portal.core.text import storable

_WITHOUT_AN_ERROR = (TargetState.SUCCEEDED, TargetState.CANCELLED)
# Where nothing was sent, the host stays the one that the connection was opened for.
CLOSE = """
UPDATE connection SET closed_at = given.closed_at, closed_by = %(worker)s, close_kind = given.kind,
    close_reason = given.reason, cmdlet_count = given.cmdlets, host = COALESCE(NULLIF(given.host, ''), connection.host)
FROM json_to_recordset(%(closed)s) AS given(id uuid, closed_at timestamptz, kind text, reason text, cmdlets int,
    host text)
WHERE connection.id = given.id AND connection.closed_at IS NULL
"""


def host_of(way: Way) -> str:
    """Return the server that a connection is opened with first."""
    environment = way.access.environment
    return _host(environment.compliance_url if way.plan.service == "scc" else environment.exchange_url)


def close_connections(endings: Sequence[tuple[Story, Ending]]) -> None:
    """Enter how the connections of these attempts were closed, in the present transaction."""
    closed = [
        {
            "id": story.claimed.connection_id,
            "closed_at": story.closed_at,
            "kind": _kind(story, ending),
            "reason": storable(story.close_reason, 200),
            "cmdlets": _cmdlets_sent(story),
            "host": _last_host(story),
        }
        for story, ending in endings
        if story.closed_at is not None
    ]
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, {"worker": worker_name(), "closed": encoded(closed)})


def _kind(story: Story, ending: Ending) -> CloseKind:
    return CloseKind.NORMAL if story.sending.answer or ending.state in _WITHOUT_AN_ERROR else CloseKind.ERROR


def _cmdlets_sent(story: Story) -> int:
    """Return how many cmdlets were sent, a diagnosing probe included; pages and repetitions of one are one."""
    exchanges = [each for sending in story.sendings for each in sending.exchanges]
    headers = [{name.lower(): value for name, value in each.request_headers.items()} for each in exchanges]
    sent = {each.get("client-request-id", "") for each in headers if "x-cmdletname" in each}
    return len(sent | {sending.client_request_id for sending in story.sendings if sending.intended_at})


def _last_host(story: Story) -> str:
    exchanges = [each for sending in story.sendings for each in sending.exchanges]
    return _host(exchanges[-1].url) if exchanges else ""


def _host(url: str | None) -> str:
    return (urlsplit(url or "").hostname or "")[:253]
