"""By which right the connection profile that applies gets into an organization."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tenants.organizations.models import Organization
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.resolution import applied_profiles
from tenants.profiles.uses import SERVICES
from tenants.profiles.words import identity_of


class Right(StrEnum):
    """What lets an identity in: a consent, a delegation, or that it belongs to the organization."""

    CONSENT = "consent"
    GDAP = "gdap"
    CSP = "csp"
    GUEST = "guest"
    OWN_ACCOUNT = "own_account"
    MANAGED_IDENTITY = "managed_identity"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a right


_OF_DELEGATION: Mapping[Delegation, Right] = {
    Delegation.NONE: Right.OWN_ACCOUNT,
    Delegation.GDAP: Right.GDAP,
    Delegation.CSP: Right.CSP,
    Delegation.GUEST: Right.GUEST,
}
_WITHOUT_GDAP: Mapping[Right, str] = {
    Right.CONSENT: "by the application's consent",
    Right.CSP: "through CSP",
    Right.GUEST: "as a guest",
    Right.OWN_ACCOUNT: "with an account of the organization itself",
    Right.MANAGED_IDENTITY: "as a managed identity",
    Right.ACCESS_TOKEN: "with an access token that was handed in",
}


@dataclass(frozen=True, slots=True)
class WayIn:
    """The profile that applies, and the right by which its identity gets in."""

    profile: ConnectionProfile
    right: Right

    @property
    def identity(self) -> str:
        """Who signs in, as words that can begin a sentence."""
        return identity_of(self.profile)

    @property
    def is_personal(self) -> bool:
        """Whether each technician signs in as himself: what one account met says nothing of another."""
        return Method(self.profile.method).is_personal

    @property
    def beside_gdap(self) -> str:
        """What to know of this way where the chain of the service account through GDAP is shown, empty if nothing."""
        if self.right is not Right.GDAP:
            return f"The connection profile “{self.profile}” needs no GDAP: it gets in {_WITHOUT_GDAP[self.right]}."
        if self.is_personal:
            return (
                f"The connection profile “{self.profile}” uses the account of whoever launches: each of them has to "
                "belong to a security group, as the service account does."
            )
        return ""


def way_into(organization: Organization) -> WayIn | None:
    """Return the way into `organization` (its partner loaded) for Exchange Online; None where no profile applies."""
    applied = applied_profiles([organization], service=SERVICES[0]).get(organization.pk)
    return WayIn(applied.profile, _right(organization, applied.profile)) if applied else None


def _right(organization: Organization, profile: ConnectionProfile) -> Right:
    method = Method(profile.method)
    if method.is_by_certificate:
        return Right.CONSENT
    if method.is_managed_identity:
        return Right.MANAGED_IDENTITY
    if method is Method.ACCESS_TOKEN:
        return Right.ACCESS_TOKEN
    # The partner has no relationship with itself: there its accounts are at home.
    return Right.OWN_ACCOUNT if organization.is_partners_own else _OF_DELEGATION[Delegation(profile.delegation)]
