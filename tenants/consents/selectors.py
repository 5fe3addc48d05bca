"""What pages ask about consents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, DateTimeField, JSONField, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from portal.core.actors import Actor
from portal.core.explanations import known_explanation
from portal.core.permissions import Permission
from tenants.app_registrations.models import AppRegistration
from tenants.consents.models import Consent, ConsentChange, ConsentState
from tenants.organizations.models import Organization
from tenants.organizations.querysets import OrganizationQuerySet

SORTS = {"name": "name", "state": "consent_state", "checked": "consent_checked_at"}
_NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class ConsentView:
    """The consent of an organization to one of the partner's app registrations; `checked_at` None: never seen.

    `reason` is the title of the failure that showed it, `fix` what to do about it.
    """

    app_registration: AppRegistration
    state: str
    label: str
    permissions: Sequence[str]
    evidence: str
    checked_at: datetime | None
    reason: str = ""
    fix: str = ""


def consents_of(organization: Organization, *, at: datetime | None = None) -> list[ConsentView]:
    """Return the consents to every app registration of the partner, by name; as they were known `at` (now). 2 queries.

    What was known then comes from the changes, which do not tell when it was confirmed between two of them.
    """
    registrations = AppRegistration.objects.filter(partner=organization.partner_id).order_by("display_name", "pk")
    if at is None:
        known = {c.app_registration_id: c for c in Consent.objects.filter(organization=organization)}
        return [_view(registration, known.get(registration.pk)) for registration in registrations]
    changes = ConsentChange.objects.filter(organization=organization, found_at__lte=at).order_by("found_at", "pk")
    last = {change.app_registration_id: change for change in changes}
    return [_view_of_change(registration, last.get(registration.pk)) for registration in registrations]


def organizations_with_consent(
    actor: Actor, app_registration: AppRegistration, *, state: str = "", text: str = ""
) -> OrganizationQuerySet:
    """Return the served organizations of its partner with `consent_state`, `consent_checked_at` and the rest.

    `state` and `text` (in name or domain) narrow them. Raises `PermissionRefused`.
    """
    actor.require(Permission.APP_REGISTRATION_READ)
    consent = Consent.objects.filter(organization=OuterRef("pk"), app_registration=app_registration)
    unknown = Value(ConsentState.UNKNOWN.value)
    places = Organization.objects.visible_to(actor).served().filter(partner=app_registration.partner_id)
    found = places.annotate(
        consent_state=Coalesce(Subquery(consent.values("state")), unknown, output_field=TextField()),
        consent_checked_at=Coalesce(
            Subquery(consent.values("checked_at")), Value(_NEVER), output_field=DateTimeField()
        ),
        consent_evidence=Subquery(consent.values("evidence")),
        consent_error_class=Subquery(consent.values("error_class")),
        consent_permissions=Subquery(consent.values("permissions"), output_field=JSONField()),
    )
    if state:
        found = found.filter(consent_state=state)
    return found.matching(text) if text else found


def was_checked(organization: Organization) -> bool:
    """Whether the consent of an organization of `organizations_with_consent` was ever seen."""
    moment: datetime = organization.consent_checked_at  # type: ignore[attr-defined]  # an annotation
    return moment > _NEVER


def numbers_by_state(organizations: OrganizationQuerySet) -> Mapping[str, int]:
    """Return how many of `organizations_with_consent` there are in each state."""
    states = organizations.order_by().values_list("consent_state")  # type: ignore[misc]  # an annotation
    return dict(states.annotate(number=Count("pk")))


def _view(registration: AppRegistration, consent: Consent | None) -> ConsentView:
    if consent is None:
        return _unknown(registration)
    state, known = ConsentState(consent.state), known_explanation(consent.error_class)
    return ConsentView(
        registration,
        state.value,
        state.label,
        consent.permissions,
        consent.evidence,
        consent.checked_at,
        known.title if known else "",
        known.fix if known else "",
    )


def _view_of_change(registration: AppRegistration, change: ConsentChange | None) -> ConsentView:
    if change is None:
        return _unknown(registration)
    state = ConsentState(change.after)
    return ConsentView(registration, state.value, state.label, change.permissions, change.evidence, change.found_at)


def _unknown(registration: AppRegistration) -> ConsentView:
    return ConsentView(registration, ConsentState.UNKNOWN.value, ConsentState.UNKNOWN.label, (), "", None)
