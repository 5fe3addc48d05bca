"""What gives access, as listings: delegated admin relationships, app registrations with their certificates."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table, address
from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.app_registrations.selectors import app_registrations, expires_within
from tenants.organizations.selectors import find_organization
from tenants.relationships.models import DelegatedAdminRelationship
from tenants.relationships.roles import role_name
from tenants.relationships.selectors import visible_relationships
from tenants.web.certificate_filter import read_expires_within

RELATIONSHIP_COLUMNS = (
    "Organization",
    "TenantId",
    "DisplayName",
    "Status",
    "Roles",
    "ActivatedAt",
    "EndsAt",
    "AutoExtendDuration",
    "AccessAssignments",
    "ReadAt",
    "Relationship",
)
CERTIFICATE_COLUMNS = (
    "AppRegistration",
    "ApplicationId",
    "Partner",
    "Subject",
    "Thumbprint",
    "ThumbprintSha256",
    "ValidFrom",
    "ExpiresAt",
    "AddedAt",
    "AddedBy",
    "ChosenAt",
    "TestedAt",
)


def _open_relationships(actor: Actor, selection: Selection) -> Table:
    relationships, title, url = visible_relationships(actor), "Relationships", reverse("tenants:organizations")
    if selection.of_id:
        try:
            organization = find_organization(actor, UUID(selection.of_id))
        except ValueError:
            organization = None
        if organization is None:
            raise Refused("There is no such organization.")
        relationships = relationships.filter(organization=organization)
        title, url = f"Relationships of {organization}", reverse("tenants:organization", args=[organization.pk])
    return Table(
        title=title,
        columns=lambda: RELATIONSHIP_COLUMNS,
        rows=lambda: _relationship_rows(relationships),
        url=url,
        total=relationships.count(),
    )


def _relationship_rows(relationships: QuerySet[DelegatedAdminRelationship]) -> Iterator[Row]:
    with_assignments = relationships.select_related("organization").prefetch_related("access_assignments")
    return map(_relationship_row, each_by_key(with_assignments, order="organization__name"))


def _relationship_row(relationship: DelegatedAdminRelationship) -> Row:
    assignments = [
        {"group": each.container_id, "status": each.status, "roles": sorted(map(role_name, each.role_ids))}
        for each in relationship.access_assignments.all()
    ]
    values = (
        relationship.organization.name,
        relationship.organization.tenant_id,
        relationship.display_name,
        relationship.status,
        ", ".join(sorted(map(role_name, relationship.role_ids))),
        relationship.activated_at,
        relationship.end_at,
        relationship.auto_extend_duration,
        assignments,
        relationship.read_at,
        relationship.pk,
    )
    return dict(zip(RELATIONSHIP_COLUMNS, values, strict=True))


def _open_certificates(actor: Actor, selection: Selection) -> Table:
    within, ignored = read_expires_within(selection.query)
    wanted = [each for each in app_registrations(actor) if within is None or expires_within(each, within)]
    found = [row for each in wanted for row in _certificate_rows(each)]
    words = f"Certificate expires within {within} days" if within else ""
    return Table(
        title="App registrations and certificates",
        columns=lambda: CERTIFICATE_COLUMNS,
        rows=lambda: found,
        url=address(reverse("tenants:app-registrations"), selection.query),
        total=len(found),
        filters="; ".join(filter(None, [words, *ignored])),
    )


def _certificate_rows(app_registration: AppRegistration) -> Iterator[Row]:
    """Yield a row per certificate, and one for an app registration without."""
    certificates = app_registration.certificates.all()
    if not certificates:
        yield _application(app_registration)
    for certificate in certificates:
        yield {**_application(app_registration), **_certificate(certificate)}


def _application(app_registration: AppRegistration) -> Row:
    partner = app_registration.partner.name
    values = (app_registration.display_name, app_registration.application_id, partner)
    return dict(zip(CERTIFICATE_COLUMNS[:3], values, strict=True))


def _certificate(certificate: Certificate) -> Row:
    values = (
        certificate.subject,
        certificate.thumbprint,
        certificate.thumbprint_sha256,
        certificate.not_before,
        certificate.not_after,
        certificate.added_at,
        certificate.added_by,
        certificate.activated_at,
        certificate.accepted_at,
    )
    return dict(zip(CERTIFICATE_COLUMNS[3:], values, strict=True))


LISTINGS = (
    Listing("relationships", "Relationships", frozenset({Permission.ORGANIZATION_READ}), _open_relationships),
    Listing(
        "app-registrations",
        "App registrations and certificates",
        frozenset({Permission.APP_REGISTRATION_READ}),
        _open_certificates,
    ),
)
