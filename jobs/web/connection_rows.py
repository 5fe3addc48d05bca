"""Connections as rows of a list: finished words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from jobs.runs.models import CloseKind, Connection
from jobs.web.words import SERVICES, duration

TONES = {CloseKind.NORMAL: "closed", CloseKind.ERROR: "closed_after_error", CloseKind.REAPER: "closed_by_reaper"}
"""How a closed connection looks, by how it was closed: states of `portal.core.templatetags.states`."""


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection; `state` is a state to show, `took` how long it was open or is open already."""

    connection: Connection
    state: str
    service: str
    took: str


def connection_rows(connections: Iterable[Connection]) -> list[ConnectionRow]:
    """Return connections as rows, in their order."""
    return [
        ConnectionRow(each, state_of(each), SERVICES.get(each.service, each.service), duration_of(each))
        for each in connections
    ]


def state_of(connection: Connection) -> str:
    """Return how a connection looks: open, or how it was closed."""
    if connection.closed_at is None:
        return "open"
    return TONES.get(CloseKind(connection.close_kind), "closed") if connection.close_kind else "closed"


def duration_of(connection: Connection) -> str:
    """Return how long a connection was open, or has been open until now."""
    return duration((connection.closed_at or timezone.now()) - connection.opened_at)
