"""What an attempt to get in shows about consent (exchange-protocol.md 2.9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tenants.consents.models import ConsentState

TOKEN = "token"  # noqa: S105 - the name of an evidence
_MISSING = frozenset(
    {
        "no_consent",
        "app_not_found",
        "service_principal_missing",
        "admin_consent_required",
        "partner_consent_missing",
        "permission_missing_in_registration",
        "permission_missing_in_token",
    }
)
_REFUSED = frozenset({"consent_declined", "app_disabled_in_organization"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one attempt showed: the consent of an organization to the application with this id (client id)."""

    organization_id: UUID
    application_id: str
    state: ConsentState
    permissions: Sequence[str]
    evidence: str
    error_class: str = ""


def sighting(
    *, organization_id: UUID, application_id: str, permissions: Sequence[str], error_class: str, code: str
) -> Sighting | None:
    """Return what an attempt shows; None when it shows nothing, as without an application or with a lost network.

    `permissions` are those of the token that was issued, none when there was no token. A failure behind a token, as of
    a role, proves the consent.
    """
    if not application_id:
        return None
    for state, classes in ((ConsentState.MISSING, _MISSING), (ConsentState.REFUSED, _REFUSED)):
        if error_class in classes:
            return Sighting(organization_id, application_id, state, (), code or error_class, error_class)
    if permissions:
        return Sighting(organization_id, application_id, ConsentState.GRANTED, permissions, TOKEN)
    return None
