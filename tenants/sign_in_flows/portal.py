"""Signing in to Signalbox itself with a Microsoft account of the partner: OpenID Connect, code, PKCE, nonce, state.

msal does it, over the one guarded way to Microsoft; the application is the partner's own app registration.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.accounts.identity_providers import IdentityProvider
from portal.accounts.models import User
from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.errors import SecretUnreadable
from portal.core.secrets.places import Place as SecretPlace
from tenants.app_registrations.models import Certificate
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.partner.models import Partner
from tenants.profiles.application import application_with
from tenants.profiles.certificates import choose_certificate
from tenants.profiles.methods import Method
from tenants.profiles.microsoft import environment_named
from tenants.sign_in_flows import interactive
from tenants.sign_in_flows.places import Place
from tenants.sign_in_flows.refusals import SignInRefused

SKEW = timedelta(minutes=1)


def providers() -> list[IdentityProvider]:
    """Return the partners with an app registration that can ask for a sign-in, and people here who use it."""
    usable = Certificate.objects.values("app_registration__partner")
    used = User.objects.filter(is_active=True).exclude(entra_tenant_id=None).values("entra_tenant_id")
    partners = Partner.objects.filter(pk__in=usable, tenant_id__in=used).order_by("name", "pk")
    return [IdentityProvider(partner.pk, partner.name) for partner in partners]


def begin(*, partner: Partner, redirect_uri: str, again: bool) -> dict[str, Any]:
    """Return msal's flow, whose `auth_uri` the browser is sent to; with `again` Microsoft asks for all proofs anew.

    Raises `SignInRefused` when Microsoft cannot be asked.
    """
    prompt = "login" if again else "select_account"
    return interactive.begin(_place_of(partner), redirect_uri=redirect_uri, prompt=prompt)


def finish(*, partner: Partner, flow: dict[str, Any], answer: Mapping[str, str], since: datetime | None = None) -> User:
    """Return the person whom Microsoft's answer names, by tenant and object id alone.

    Raises `SignInRefused` without multifactor authentication, for somebody whom no administrator created here, or, with
    `since`, where Microsoft says that the proofs are older than that.
    """
    if not interactive.belongs_to(flow, answer):
        raise SignInRefused("Microsoft's answer is not for this sign-in", "Begin the sign-in again.")
    account = interactive.finish(_place_of(partner), flow, answer)
    if not account.with_mfa:
        raise SignInRefused(
            f"{account.name} signed in without multifactor authentication",
            "Register a second factor at Microsoft, then sign in again.",
        )
    if since and account.proved_at and account.proved_at < since - SKEW:
        raise SignInRefused("Microsoft did not ask you again", "Confirm again, and type your password anew.")
    person = User.objects.filter(
        entra_tenant_id=partner.tenant_id, entra_object_id=account.object_id or None, is_active=True
    ).first()
    if person is None or not account.object_id:
        raise SignInRefused(
            f"Nobody here has the account {account.name}",
            "Ask an administrator of Signalbox to create you, with the object id of your Entra account.",
        )
    return person


def kept(flow: Mapping[str, Any]) -> str:
    """Return a flow as text for the session, sealed: it holds what proves that the answer is ours."""
    return base64.b64encode(seal(json.dumps(flow).encode(), **_kept_at())).decode()


def found(text: str) -> dict[str, Any]:
    """Return the flow that `kept` made text of; raises `SignInRefused` for anything else."""
    try:
        flow: dict[str, Any] = json.loads(unseal(base64.b64decode(text), **_kept_at()).reveal())
    except (ValueError, SecretUnreadable) as error:
        raise SignInRefused("This sign-in was not begun here", "Begin the sign-in again.") from error
    return flow


def partner_of(partner_id: UUID | None, *, tenant_id: UUID | None = None) -> Partner:
    """Return the partner to sign in at; raises `SignInRefused` when there is none."""
    wanted = {"pk": partner_id} if partner_id else {"tenant_id": tenant_id}
    partner = Partner.objects.filter(pk__in=[each.pk for each in providers()], **wanted).first()
    if partner is None:
        raise SignInRefused("Nobody can sign in with Microsoft here", "Use a local account, or ask an administrator.")
    return partner


def _kept_at() -> SecretPlace:
    return {"table": "session", "row": "microsoft", "column": "session_data", "purpose": "sign-in under way"}


def _place_of(partner: Partner) -> Place:
    environment = environment_named(partner.environment)
    return Place(
        method=Method.INTERACTIVE,
        environment=environment,
        tenant_id=str(partner.tenant_id),
        tenant_name=partner.name,
        application=application_with(choose_certificate(partner).pk),
        scope=f"{ENVIRONMENTS[partner.environment].graph_url}/.default",
        permission=None,
    )
