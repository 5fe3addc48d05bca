"""Asking Entra whether it takes a certificate, before anything depends on it."""

from dataclasses import dataclass

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.app_registrations.models import Certificate
from tenants.app_registrations.services import note_certificate_test
from tenants.profiles.microsoft import environment_named
from tenants.profiles.token_sources import application_tokens
from tenants.tokens.failures import TokenFailure
from tenants.tokens.guards import MissingPermission
from tenants.tokens.source import NEW_TOKEN


@dataclass(frozen=True, slots=True)
class Proof:
    """What Entra said: `accepted` is None when it said nothing about the certificate; the rest is for people."""

    accepted: bool | None
    sentence: str
    fix: str = ""


def prove_certificate(*, actor: Actor, certificate: Certificate) -> Proof:
    """Ask for a token of the partner's own tenant with `certificate` (app registration and partner loaded).

    Entra looks at the certificate before it looks at consent, so any later refusal proves it.
    """
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    partner = certificate.app_registration.partner
    environment = environment_named(partner.environment)
    tokens = application_tokens(certificate.pk, environment.name)
    try:
        tokens.acquire(str(partner.tenant_id), environment.exchange_scope, claims=NEW_TOKEN)
    except MissingPermission:
        pass  # there was a token
    except TokenFailure as failure:
        return _refused(actor, certificate, failure)
    note_certificate_test(actor=actor, certificate=certificate, accepted=True, answer="")
    return Proof(True, "Entra takes this certificate.")


def _refused(actor: Actor, certificate: Certificate, failure: TokenFailure) -> Proof:
    explanation = failure.explanation
    if explanation.error_class == "certificate_not_accepted":
        note_certificate_test(actor=actor, certificate=certificate, accepted=False, answer=failure.code)
        return Proof(
            False,
            f"Entra does not know this certificate yet ({failure.code}).",
            "Upload its .cer file to the application under Certificates & secrets, and wait a minute.",
        )
    if failure.code and explanation.error_class in _BEHIND_THE_CERTIFICATE:
        note_certificate_test(actor=actor, certificate=certificate, accepted=True, answer=failure.code)
        return Proof(True, f"Entra takes this certificate. Your own tenant refuses the rest ({failure.code}).")
    return Proof(None, f"{explanation.title}: nothing is known of the certificate.", explanation.fix)


_BEHIND_THE_CERTIFICATE = frozenset(
    {"no_consent", "no_exchange_in_organization", "subscription_lapsed", "conditional_access_blocked"}
)
