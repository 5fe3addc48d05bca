"""What is done to the partner."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.secret import Secret, concealed
from tenants.microsoft.environments import require_open
from tenants.partner.models import Partner, PartnerSignIn, place_of_refresh_token


class PartnerRefused(Refused):
    """The partner cannot be connected, or its sign-in cannot be stored."""


def as_object(partner: Partner) -> Object:
    """Return how audit events name a partner."""
    return Object("partner", str(partner.pk), partner.name)


@transaction.atomic
def connect_partner(
    *, actor: Actor, name: str, tenant_id: UUID, initial_domain: str, environment: str = "O365Default"
) -> Partner:
    """Add the MSP's own tenant in one cloud; raises `PartnerRefused` when it is there already.

    Raises `EnvironmentRefused` for a cloud that is closed or unknown.
    """
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    require_open(environment)
    if Partner.objects.filter(tenant_id=tenant_id).exists():
        raise PartnerRefused(f"The tenant {tenant_id} is connected already.")
    partner = Partner.objects.create(
        name=name, tenant_id=tenant_id, initial_domain=initial_domain, environment=environment
    )
    data = {"tenant_id": str(tenant_id), "environment": environment}
    record(AuditAction.PARTNER_CONNECTED, actor=actor, target=as_object(partner), data=data)
    return partner


@transaction.atomic
def store_partner_sign_in(
    *, actor: Actor, partner: Partner, user_principal_name: str, refresh_token: str | Secret[str]
) -> None:
    """Seal the refresh token of the partner's one delegated sign-in; an earlier one is replaced."""
    actor.require(Permission.APP_REGISTRATION_MANAGE)
    token = concealed(refresh_token).map(str.strip)
    if not token:
        raise PartnerRefused("The refresh token is empty. Sign in as the partner's service account to obtain one.")
    sign_in = PartnerSignIn(partner=partner, user_principal_name=user_principal_name, obtained_at=timezone.now())
    sealed = seal(token.map(str.encode), **place_of_refresh_token(sign_in))
    PartnerSignIn.objects.update_or_create(
        partner=partner,
        defaults={
            "user_principal_name": user_principal_name,
            "sealed_refresh_token": sealed,
            "obtained_at": sign_in.obtained_at,
        },
    )
    record(
        AuditAction.PARTNER_SIGN_IN_STORED,
        actor=actor,
        target=as_object(partner),
        data={"user_principal_name": user_principal_name},
    )


def refresh_token_of(sign_in: PartnerSignIn) -> Secret[str]:
    """Return the refresh token, opened."""
    return unseal(bytes(sign_in.sealed_refresh_token), **place_of_refresh_token(sign_in)).map(bytes.decode)
