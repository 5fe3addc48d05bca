"""The ways to connect that Exchange Online PowerShell documents, and what tells them apart."""

from django.db.models import TextChoices


class Method(TextChoices):
    """How a connection is authenticated (exchange-protocol.md 2.2)."""

    APP_CERTIFICATE_THUMBPRINT = "app_certificate_thumbprint", "App-only: certificate thumbprint"
    APP_CERTIFICATE_FILE = "app_certificate_file", "App-only: certificate file and password"
    APP_CERTIFICATE_OBJECT = "app_certificate_object", "App-only: certificate object"
    DELEGATED = "delegated", "Delegated: the partner's service account"
    INTERACTIVE = "interactive", "Interactive sign-in"
    DEVICE = "device", "Device code"
    CREDENTIAL = "credential", "User name and password (Credential)"
    INLINE_CREDENTIAL = "inline_credential", "User name and password (InlineCredential)"
    MANAGED_IDENTITY_SYSTEM = "managed_identity_system", "Managed identity, system-assigned"
    MANAGED_IDENTITY_USER = "managed_identity_user", "Managed identity, user-assigned"
    ACCESS_TOKEN = "access_token", "Access token handed in"

    @property
    def is_by_certificate(self) -> bool:
        """Whether an application signs in with one of our certificates."""
        return self in BY_CERTIFICATE

    @property
    def is_managed_identity(self) -> bool:
        """Whether the machine that the worker runs on signs in."""
        return self in MANAGED_IDENTITIES

    @property
    def is_personal(self) -> bool:
        """Whether each technician signs in as himself."""
        return self in PERSONAL

    @property
    def uses_password(self) -> bool:
        """Whether a password is typed into Signalbox: legacy, off by default."""
        return self in BY_PASSWORD

    @property
    def may_be_delegated(self) -> bool:
        """Whether the identity may reach an organization through GDAP, through CSP or as a guest."""
        return self in PERSONAL or self is Method.DELEGATED


BY_CERTIFICATE = frozenset(
    {Method.APP_CERTIFICATE_THUMBPRINT, Method.APP_CERTIFICATE_FILE, Method.APP_CERTIFICATE_OBJECT}
)
MANAGED_IDENTITIES = frozenset({Method.MANAGED_IDENTITY_SYSTEM, Method.MANAGED_IDENTITY_USER})
BY_PASSWORD = frozenset({Method.CREDENTIAL, Method.INLINE_CREDENTIAL})
PERSONAL = BY_PASSWORD | {Method.INTERACTIVE, Method.DEVICE}


class Delegation(TextChoices):
    """Through which right an identity of another tenant reaches an organization; all three connect alike."""

    NONE = "", "Not delegated: an account of the organization itself"
    GDAP = "gdap", "GDAP"
    CSP = "csp", "CSP"
    GUEST = "guest", "Guest"


class ProfileService(TextChoices):
    """The services that a connection profile opens."""

    BOTH = "both", "Exchange Online and Security & Compliance"
    EXCHANGE = "exo", "Exchange Online"
    COMPLIANCE = "scc", "Security & Compliance"

    def covers(self, service: str) -> bool:
        """Whether the profile may be used for `service`, "exo" or "scc"."""
        return self in (ProfileService.BOTH, service)


def reached_through(service: str) -> str:
    """Return the service that is opened for `service`: Protection ("eop") is reached through Exchange Online."""
    return "scc" if service == "scc" else "exo"
