"""What personal sign-ins keep secret: sealed where it is stored, opened only to ask Microsoft."""

import json
from typing import Any

from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.secret import Secret, concealed
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn, place_of_flow, place_of_refresh_token


def seal_refresh_token(sign_in: PersonalSignIn, refresh_token: str | Secret[str]) -> bytes:
    """Return the refresh token as it is stored with `sign_in`."""
    return seal(concealed(refresh_token).map(str.encode), **place_of_refresh_token(sign_in))


def refresh_token_of_person(sign_in: PersonalSignIn) -> Secret[str]:
    """Return the refresh token, opened."""
    return unseal(bytes(sign_in.sealed_refresh_token), **place_of_refresh_token(sign_in)).map(bytes.decode)


def seal_flow(pending: PendingSignIn, flow: dict[str, Any]) -> bytes:
    """Return what msal needs to finish a sign-in as it is stored with `pending`."""
    return seal(json.dumps(flow).encode(), **place_of_flow(pending))


def open_flow(pending: PendingSignIn) -> dict[str, Any]:
    """Return what msal needs to finish a sign-in, opened."""
    flow: dict[str, Any] = unseal(bytes(pending.sealed_flow), **place_of_flow(pending)).map(json.loads).reveal()
    return flow
