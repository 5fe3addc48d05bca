"""Who signed in, as Microsoft's answer says it, checked before anything is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.core.secrets.secret import Secret
from tenants.profiles.microsoft import login_http
from tenants.sign_in_flows.places import Place
from tenants.sign_in_flows.refusals import SignInRefused, refusal_of
from tenants.tokens.access_token import AccessToken
from tenants.tokens.failures import TokenFailure, from_answer
from tenants.tokens.guards import check_token


@dataclass(frozen=True, slots=True)
class Account:
    """A Microsoft account that signed in at a place.

    `object_id` is its id there, and `proved_at` when Microsoft last saw its proofs (aware UTC), where it says so.
    """

    name: str
    with_mfa: bool
    refresh_token: Secret[str]
    object_id: str = ""
    proved_at: datetime | None = None


def account_of(answer: Mapping[str, Any], place: Place) -> Account:
    """Return who signed in by an answer of the token endpoint; raises `SignInRefused`.

    The checks are those of every token (exchange-protocol.md 2.5): tenant, audience, permission, time.
    """
    if "access_token" not in answer:
        raise refusal_of(from_answer(answer, login_http()))
    now = datetime.now(UTC)
    lasts = timedelta(seconds=float(str(answer.get("expires_in") or 0)))
    token = AccessToken.parse(str(answer["access_token"]), expires_at=now + lasts)
    try:
        check_token(token, tenant_id=place.tenant_id, scope=place.scope, now=now, permission=place.permission)
    except TokenFailure as failure:
        raise refusal_of(failure) from failure
    claims = answer.get("id_token_claims")
    if isinstance(claims, Mapping):
        _check_id_token(claims, place)
    account = Account(
        name=_name_in(claims, token),
        with_mfa="mfa" in token.authentication_methods,
        refresh_token=Secret(str(answer.get("refresh_token") or "")),
        **_identity_in(claims),
    )
    _check(account, place)
    return account


def _check_id_token(claims: Mapping[str, Any], place: Place) -> None:
    """Refuse an id token for another client or of another tenant: msal looks at neither, and it says who signed in."""
    if (str(claims.get("tid")).lower(), claims.get("aud")) != (place.tenant_id, place.application.application_id):
        raise SignInRefused(
            "Microsoft's answer is for another application or tenant",
            "Sign in again. If it happens again, tell an administrator: somebody may be mixing up answers.",
        )


def _identity_in(claims: object) -> dict[str, Any]:
    if not isinstance(claims, Mapping):
        return {}
    moment = claims.get("auth_time")
    return {
        "object_id": str(claims.get("oid") or ""),
        "proved_at": datetime.fromtimestamp(float(moment), UTC) if isinstance(moment, int | float) else None,
    }


def _name_in(claims: object, token: AccessToken) -> str:
    """Return the account's name at home; in the token of another tenant it may be a guest's."""
    named = claims.get("preferred_username") if isinstance(claims, Mapping) else None
    return str(named or token.identity)[:320]


def _check(account: Account, place: Place) -> None:
    if not account.refresh_token:
        raise SignInRefused(
            "Microsoft gave no lasting sign-in",
            "Let an administrator check that the application may ask for “offline_access”, then sign in again.",
            meaning="Without a refresh token the sign-in would end within the hour, in the middle of a run.",
        )
    if place.account and account.name.lower() != place.account.lower():
        raise SignInRefused(
            f"You signed in as {account.name}, not as {place.account}",
            f"Sign in again, choose “Use another account” at Microsoft, and sign in as {place.account}.",
            meaning="The connection profile names the only account that may be used with it.",
        )
    if place.needs_mfa and not account.with_mfa:
        raise SignInRefused(
            f"{account.name} signed in without multifactor authentication",
            "Register a second factor for the service account, demand it by Conditional Access, then sign in again.",
            meaning="Microsoft refuses such a sign-in at customers and in Partner Center. Nothing was stored.",
        )
