"""The organizations of one app registration by their consent, as a listing."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.urls import reverse

from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words
from tenants.app_registrations.models import AppRegistration
from tenants.app_registrations.selectors import find_app_registration
from tenants.consents.selectors import organizations_with_consent, was_checked
from tenants.organizations.querysets import OrganizationQuerySet
from tenants.web.consent_filters import ConsentFilterForm

COLUMNS = ("Organization", "TenantId", "DefaultDomain", "Consent", "Permissions", "Evidence", "CheckedAt")


def _open(actor: Actor, selection: Selection) -> Table:
    app_registration = _app_registration(actor, selection.of_id)
    form = ConsentFilterForm(selection.query)
    found = organizations_with_consent(actor, app_registration, **form.wanted)
    return Table(
        title=f"Consents to {app_registration}",
        columns=lambda: COLUMNS,
        rows=lambda: _rows(found, form.order),
        url=address(reverse("tenants:consents", args=[app_registration.pk]), selection.query),
        total=found.count(),
        filters=filters_in_words(form),
    )


def _app_registration(actor: Actor, of_id: str) -> AppRegistration:
    try:
        found = find_app_registration(actor, UUID(of_id))
    except ValueError:
        found = None
    if found is None:
        raise Refused("There is no such app registration.")
    return found


def _rows(found: OrganizationQuerySet, order: str) -> Iterator[Row]:
    return (_row(place) for place in each_by_key(found, order=order))


def _row(place: Any) -> Row:
    values = (
        place.name,
        place.tenant_id,
        place.default_domain,
        place.consent_state,
        ", ".join(place.consent_permissions or ()),
        place.consent_evidence or "",
        place.consent_checked_at if was_checked(place) else None,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (
    Listing(
        "consents",
        "Consents",
        frozenset({Permission.ORGANIZATION_READ, Permission.APP_REGISTRATION_READ}),
        _open,
    ),
)
