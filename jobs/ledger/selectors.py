"""Questions to the ledger of connections."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min

from jobs.ledger.connection_filter import ConnectionFilter, filtered_connections
from jobs.results.bodies import unpack_exchanges
from jobs.results.models import Result
from jobs.runs.models import Connection
from jobs.runs.querysets import ConnectionQuerySet
from portal.core.actors import Actor
from portal.core.pagination import PAGE_SIZE, Page, each_by_key, page_by_key
from tenants.organizations.models import Organization

SORTS = {"opened": "opened_at", "duration": "duration"}
"""What the ledger can be sorted by, under the word in its address."""

NEWEST_FIRST = "-opened"
ORGANIZATIONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class OpenInOrganization:
    """How many connections are open to one organization now."""

    organization: Organization
    number: int


@dataclass(frozen=True, slots=True)
class OpenNow:
    """What is open at this moment; `oldest_opened_at` is None when nothing is, `fullest` are the organizations with
    the most connections, the first of them.
    """

    number: int
    organization_count: int
    oldest_opened_at: datetime | None
    fullest: Sequence[OpenInOrganization]


def connections_page(
    *, actor: Actor, wanted: ConnectionFilter, sort: str = NEWEST_FIRST, cursor: str = "", size: int = PAGE_SIZE
) -> Page[Connection]:
    """Return connections with what a row shows; `sort` is a word of `SORTS`, in which open ones have no duration."""
    rows = _sortable(filtered_connections(actor=actor, wanted=wanted), sort)
    return page_by_key(_with_what_is_shown(rows), order=_order(sort), cursor=cursor, size=size)


def all_connections(*, actor: Actor, wanted: ConnectionFilter, sort: str = NEWEST_FIRST) -> Iterator[Connection]:
    """Yield every connection of `connections_page`, some hundreds in memory at a time."""
    rows = _sortable(filtered_connections(actor=actor, wanted=wanted), sort)
    return each_by_key(_with_what_is_shown(rows), order=_order(sort))


def find_connection(*, actor: Actor, connection_id: UUID) -> Connection | None:
    """Return a connection that `actor` may see, with its attempt, run and organization."""
    visible = Connection.objects.visible_to(actor).filter(pk=connection_id)
    return visible.select_related("organization", "attempt__run_target", "run").defer("run__plan").first()


def exchanges_of(connection: Connection) -> list[Mapping[str, Any]]:
    """Return what went over the wire through `connection`, without secrets; empty when nothing was kept."""
    result = Result.objects.filter(attempt=connection.attempt_id).only("exchanges").first()
    return list(unpack_exchanges(bytes(result.exchanges))) if result else []


def open_now(*, actor: Actor) -> OpenNow:
    """Return what is open now; the number of organizations with an open connection is small, all are counted."""
    visible = Connection.objects.visible_to(actor).open().order_by()
    counted = list(visible.values_list("organization").annotate(number=Count("pk"), oldest=Min("opened_at")))
    fullest = sorted(counted, key=lambda row: (-row[1], str(row[0])))[:ORGANIZATIONS_SHOWN]
    organizations = Organization.objects.visible_to(actor).in_bulk([row[0] for row in fullest])
    return OpenNow(
        number=sum(number for _, number, _ in counted),
        organization_count=len(counted),
        oldest_opened_at=min((oldest for _, _, oldest in counted), default=None),
        fullest=[OpenInOrganization(organizations[key], number) for key, number, _ in fullest],
    )


def _sortable(rows: ConnectionQuerySet, sort: str) -> ConnectionQuerySet:
    return rows.filter(closed_at__isnull=False) if "duration" in sort else rows


def _order(sort: str) -> str:
    return f"{'-' * sort.startswith('-')}{SORTS[sort.removeprefix('-')]}"


def _with_what_is_shown(rows: ConnectionQuerySet) -> ConnectionQuerySet:
    shown = rows.select_related("organization", "attempt", "run")
    return shown.defer("run__plan", "run__powershell", "run__counts", "attempt__error_detail")
