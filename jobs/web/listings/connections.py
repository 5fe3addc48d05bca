"""The ledger of connections as a listing: everything that was opened, and how it was closed."""

from dataclasses import replace
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from jobs.ledger.selectors import all_connections
from jobs.runs.models import Connection
from jobs.web.connection_filters import ConnectionFilterForm
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words
from tenants.organizations.models import Organization
from tenants.organizations.selectors import find_organization

READ = frozenset({Permission.RUN_EXPORT, Permission.RUN_READ, Permission.ORGANIZATION_READ})
COLUMNS = (
    "Connection",
    "Organization",
    "TenantId",
    "Service",
    "Environment",
    "Host",
    "Method",
    "Identity",
    "RequestedBy",
    "Run",
    "Cmdlet",
    "CmdletsSent",
    "OpenedBy",
    "OpenedAt",
    "ClosedAt",
    "SecondsOpen",
    "ClosedBy",
    "CloseKind",
    "CloseReason",
    "Target",
    "Attempt",
)


def _open(actor: Actor, selection: Selection) -> Table:
    form = ConnectionFilterForm(actor, selection.query)
    wanted, title = form.wanted(timezone.now().date()), "Connections"
    url = address(reverse("jobs:connections"), selection.query)
    if selection.of_id:
        organization = _organization(actor, selection.of_id)
        wanted, title = replace(wanted, organization=str(organization.pk)), f"Connections to {organization}"
        url = reverse("tenants:organization", args=[organization.pk])
    return Table(
        title=title,
        columns=lambda: COLUMNS,
        rows=lambda: map(_row, all_connections(actor=actor, wanted=wanted, sort=form.sort)),
        url=url,
        filters=filters_in_words(form),
    )


def _organization(actor: Actor, organization_id: str) -> Organization:
    try:
        organization = find_organization(actor, UUID(organization_id))
    except ValueError:
        organization = None
    if organization is None:
        raise Refused("There is no such organization.")
    return organization


def _row(connection: Connection) -> Row:
    values = (
        connection.pk,
        connection.organization.name,
        connection.organization.tenant_id,
        connection.service,
        connection.environment,
        connection.host,
        connection.method,
        connection.identity,
        connection.requested_by,
        connection.run_id,
        connection.run.cmdlet if connection.run else "",
        connection.cmdlet_count,
        connection.opened_by,
        connection.opened_at,
        connection.closed_at,
        connection.duration.total_seconds() if connection.duration else None,
        connection.closed_by,
        connection.close_kind,
        connection.close_reason,
        connection.attempt.run_target_id,
        connection.attempt.number,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("connections", "Connections", READ, _open),)
