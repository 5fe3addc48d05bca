"""What personal sign-ins keep secret: sealed where it is stored, opened only to ask Microsoft."""

import json
from typing import Any

from portal.core.secrets import seal, unseal
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn


def seal_refresh_token(sign_in: PersonalSignIn, refresh_token: str) -> bytes:
    """Return the refresh token as it is stored with `sign_in`."""
    return seal(refresh_token.encode(), **_place(sign_in))


def refresh_token_of_person(sign_in: PersonalSignIn) -> str:
    """Return the refresh token, opened."""
    return unseal(bytes(sign_in.sealed_refresh_token), **_place(sign_in)).decode()


def seal_flow(pending: PendingSignIn, flow: dict[str, Any]) -> bytes:
    """Return what msal needs to finish a sign-in as it is stored with `pending`."""
    return seal(json.dumps(flow).encode(), **_place_of_flow(pending))


def open_flow(pending: PendingSignIn) -> dict[str, Any]:
    """Return what msal needs to finish a sign-in, opened."""
    flow: dict[str, Any] = json.loads(unseal(bytes(pending.sealed_flow), **_place_of_flow(pending)))
    return flow


def _place_of_flow(pending: PendingSignIn) -> dict[str, str]:
    return {"table": "pending_sign_in", "row": str(pending.pk), "column": "sealed_flow"}


def _place(sign_in: PersonalSignIn) -> dict[str, str]:
    return {"table": "personal_sign_in", "row": str(sign_in.pk), "column": "sealed_refresh_token"}
