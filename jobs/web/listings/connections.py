"""The ledger of connections as a listing: everything that was opened, and how it was closed."""

from uuid import UUID

from django.urls import reverse

from jobs.runs.models import Connection
from jobs.runs.selectors import all_connections
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table
from tenants.organizations.selectors import find_organization

READ = frozenset({Permission.RUN_EXPORT, Permission.RUN_READ, Permission.ORGANIZATION_READ})
COLUMNS = (
    "Connection",
    "Organization",
    "TenantId",
    "Service",
    "Method",
    "Identity",
    "OpenedBy",
    "OpenedAt",
    "ClosedAt",
    "ClosedBy",
    "CloseReason",
    "Target",
    "Attempt",
)


def _open(actor: Actor, selection: Selection) -> Table:
    organization_id, title, url = None, "Connections", reverse("jobs:runs")
    if selection.of_id:
        try:
            organization = find_organization(actor, UUID(selection.of_id))
        except ValueError:
            organization = None
        if organization is None:
            raise Refused("There is no such organization.")
        organization_id, title = organization.pk, f"Connections to {organization}"
        url = reverse("tenants:organization", args=[organization.pk])
    return Table(
        title=title,
        columns=lambda: COLUMNS,
        rows=lambda: map(_row, all_connections(actor=actor, organization_id=organization_id)),
        url=url,
    )


def _row(connection: Connection) -> Row:
    values = (
        connection.pk,
        connection.organization.name,
        connection.organization.tenant_id,
        connection.service,
        connection.get_method_display(),
        connection.identity,
        connection.opened_by,
        connection.opened_at,
        connection.closed_at,
        connection.closed_by,
        connection.close_reason,
        connection.attempt.run_target_id,
        connection.attempt.number,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("connections", "Connections", READ, _open),)
