"""The refresh tokens of personal sign-ins: sealed where they are stored, opened only to ask for a token."""

from portal.core.secrets import seal, unseal
from tenants.sign_ins.models import PersonalSignIn


def seal_refresh_token(sign_in: PersonalSignIn, refresh_token: str) -> bytes:
    """Return the refresh token as it is stored with `sign_in`."""
    return seal(refresh_token.encode(), **_place(sign_in))


def refresh_token_of_person(sign_in: PersonalSignIn) -> str:
    """Return the refresh token, opened."""
    return unseal(bytes(sign_in.sealed_refresh_token), **_place(sign_in)).decode()


def _place(sign_in: PersonalSignIn) -> dict[str, str]:
    return {"table": "personal_sign_in", "row": str(sign_in.pk), "column": "sealed_refresh_token"}
