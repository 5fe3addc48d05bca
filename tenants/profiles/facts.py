"""What of a connection profile decides how it connects: frozen with a plan, compared again by the worker."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from tenants.profiles.certificates import choose_certificate
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.models import ConnectionProfile


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A connection profile as plain texts; what does not apply to its method is empty.

    `app_registration` is the key of the one that the profile names, empty for any of the partner's; `application_id` is
    its client id, or with `thumbprint` that of the certificate that was chosen when the plan was made. `token_ends_at`
    is ISO 8601, UTC.
    """

    id: str
    name: str
    method: str
    service: str = ""
    environment: str = ""
    delegation: str = ""
    app_registration: str = ""
    application_id: str = ""
    thumbprint: str = ""
    user_principal_name: str = ""
    managed_identity: str = ""
    token_ends_at: str = ""

    @property
    def way(self) -> Method:
        """The method, as the vocabulary knows it."""
        return Method(self.method)

    @property
    def through(self) -> Delegation:
        """The right by which an identity of another tenant gets in."""
        return Delegation(self.delegation)

    @property
    def identity(self) -> str:
        """What names who asks for tokens: application and person, or managed identity, or else the profile.

        An application that signs in itself is another one than an account that signs in through it.
        """
        names = [name for name in (self.application_id, self.user_principal_name, self.managed_identity) if name]
        if not names:
            return self.id
        return " ".join(names if self.way.is_by_certificate else [self.method, *names])[:200]

    def as_plan(self) -> dict[str, str]:
        """Return what a plan keeps: everything but what is empty."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of_plan(cls, kept: Mapping[str, Any]) -> "ProfileFacts":
        """Read what `as_plan` wrote."""
        return cls(**kept)

    def still_those_of(self, profile: ConnectionProfile) -> bool:
        """Whether `profile` would connect now as it was frozen; its name may have changed."""
        now = described(profile)
        chosen = {"name": self.name, "application_id": self.application_id}
        if not profile.thumbprint:  # the certificate was chosen for the plan, whichever it is today
            chosen["thumbprint"] = self.thumbprint
        return replace(now, **chosen) == self


def described(profile: ConnectionProfile) -> ProfileFacts:
    """Return the facts of a profile as it is stored; a certificate that is to be chosen is not chosen."""
    return ProfileFacts(
        id=str(profile.pk),
        name=profile.name,
        method=profile.method,
        service=profile.service,
        environment=profile.environment,
        delegation=profile.delegation,
        app_registration=str(profile.app_registration_id or ""),
        application_id=str(profile.app_registration.application_id) if profile.app_registration else "",
        thumbprint=profile.thumbprint,
        user_principal_name=profile.user_principal_name,
        managed_identity=profile.managed_identity,
        token_ends_at=profile.token_ends_at.isoformat() if profile.token_ends_at else "",
    )


def frozen(profile: ConnectionProfile, thumbprint: str = "") -> ProfileFacts:
    """Return the facts of a profile with its certificate chosen, or the one named; raises `NoUsableCertificate`."""
    facts = described(profile)
    if not facts.way.is_by_certificate:
        return facts
    certificate = choose_certificate(
        profile.partner, thumbprint or profile.thumbprint, app_registration=profile.app_registration
    )
    return replace(
        facts,
        thumbprint=certificate.thumbprint,
        application_id=str(certificate.app_registration.application_id),
    )
