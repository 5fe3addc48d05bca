"""The access token of a profile: sealed where it is stored, opened only to be used."""

from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.errors import SecretUnreadable
from tenants.profiles.models import ConnectionProfile, place_of_access_token
from tenants.tokens.access_token import AccessToken


def seal_access_token(profile: ConnectionProfile, token: AccessToken) -> bytes:
    """Return an access token as it is stored with `profile`, whose tenant and end must be those of the token."""
    return seal(token.value.map(str.encode), **place_of_access_token(profile))


def handed_in_token(profile: ConnectionProfile) -> AccessToken:
    """Return the access token of a profile, opened."""
    sealed = bytes(profile.sealed_access_token or b"")
    return AccessToken.parse(unseal(sealed, **place_of_access_token(profile)).map(bytes.decode))


def identity_of_token(profile: ConnectionProfile) -> str:
    """Return whose token a profile holds (an account or an application id), empty where it does not say or open."""
    try:
        return handed_in_token(profile).identity
    except SecretUnreadable:
        return ""
