"""The token sources of this process: one per identity and environment, so that its tokens are shared by all runs."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from tenants.partner.models import PartnerSignIn
from tenants.partner.services import refresh_token_of
from tenants.profiles.application import application_with
from tenants.profiles.microsoft import environment_named, login_http, msal_applications
from tenants.sign_ins.models import PersonalSignIn
from tenants.sign_ins.secrets import refresh_token_of_person
from tenants.tokens.app_only import AppOnlyTokens
from tenants.tokens.applications import Application
from tenants.tokens.delegated import DelegatedTokens
from tenants.tokens.managed_identity import ManagedIdentityTokens


@lru_cache(maxsize=64)
def application_tokens(certificate_id: UUID, environment_name: str) -> AppOnlyTokens:
    """Return the tokens of an application that signs in with this certificate."""
    return AppOnlyTokens(environment_named(environment_name), application_with(certificate_id), msal_applications())


@lru_cache(maxsize=16)
def managed_identity_tokens(client_id: str, environment_name: str) -> ManagedIdentityTokens:
    """Return the tokens of a managed identity of this machine; an empty client id is the system-assigned one."""
    return ManagedIdentityTokens(environment_named(environment_name), login_http(), client_id=client_id)


def service_account_tokens(sign_in: PartnerSignIn, certificate_id: UUID, environment_name: str) -> DelegatedTokens:
    """Return the tokens of the partner's service account; a sign-in that was stored anew has new ones."""
    return _service_account_tokens(sign_in.pk, sign_in.obtained_at, certificate_id, environment_name)


@lru_cache(maxsize=16)
def _service_account_tokens(
    sign_in_id: int, obtained_at: datetime, certificate_id: UUID, environment_name: str
) -> DelegatedTokens:
    refresh_token = refresh_token_of(PartnerSignIn.objects.select_related("partner").get(pk=sign_in_id))
    return DelegatedTokens(
        environment_named(environment_name),
        application_with(certificate_id),
        msal_applications(),
        refresh_token=lambda: refresh_token,
    )


@lru_cache(maxsize=256)
def personal_tokens(sign_in_id: UUID, certificate_id: UUID | None, environment_name: str) -> DelegatedTokens:
    """Return the tokens of a technician's own account; without a certificate, those of a public client."""
    sign_in = PersonalSignIn.objects.get(pk=sign_in_id)
    application = (
        application_with(certificate_id)
        if certificate_id
        else Application(str(sign_in.application_id), certificate=None)
    )
    refresh_token = refresh_token_of_person(sign_in)
    return DelegatedTokens(
        environment_named(environment_name), application, msal_applications(), refresh_token=lambda: refresh_token
    )


SOURCES = (application_with, application_tokens, managed_identity_tokens, _service_account_tokens, personal_tokens)
"""What is kept for the life of the process."""
