"""The access token of a profile: sealed where it is stored, opened only to be used."""

from portal.core.secrets import SecretUnreadable, seal, unseal
from tenants.profiles.models import ConnectionProfile
from tenants.tokens.access_token import AccessToken


def seal_access_token(profile: ConnectionProfile, value: str) -> bytes:
    """Return an access token as it is stored with `profile`."""
    return seal(value.encode(), **_place(profile))


def handed_in_token(profile: ConnectionProfile) -> AccessToken:
    """Return the access token of a profile, opened."""
    sealed = bytes(profile.sealed_access_token or b"")
    return AccessToken.parse(unseal(sealed, **_place(profile)).decode())


def identity_of_token(profile: ConnectionProfile) -> str:
    """Return whose token a profile holds (an account or an application id), empty where it does not say or open."""
    try:
        return handed_in_token(profile).identity
    except SecretUnreadable:
        return ""


def _place(profile: ConnectionProfile) -> dict[str, str]:
    return {"table": "connection_profile", "row": str(profile.pk), "column": "sealed_access_token"}
