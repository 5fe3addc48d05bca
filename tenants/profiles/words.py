"""Connection profiles in words for people."""

from collections.abc import Mapping
from dataclasses import dataclass

from tenants.profiles.methods import Delegation, Method, ProfileService
from tenants.profiles.models import ConnectionProfile

OWN_CLOUD = "each organization's own cloud"


@dataclass(frozen=True, slots=True)
class Kind:
    """Methods that have the same identity behind them; `is_legacy` ones are discouraged."""

    title: str
    meaning: str
    methods: tuple[Method, ...]
    is_recommended: bool = False
    is_legacy: bool = False


KINDS = (
    Kind(
        "App-only, with a certificate",
        "Your application signs in to each organization by itself: no person, no password, nothing to prompt for. It "
        "works while nobody is there, and with nearly every cmdlet.",
        (Method.APP_CERTIFICATE_THUMBPRINT, Method.APP_CERTIFICATE_FILE, Method.APP_CERTIFICATE_OBJECT),
        is_recommended=True,
    ),
    Kind(
        "Delegated",
        "The partner's service account reaches its customers through GDAP, through CSP or as a guest. For cmdlets that "
        "refuse applications.",
        (Method.DELEGATED,),
    ),
    Kind(
        "As yourself",
        "Each technician signs in with an own Microsoft account, with MFA. It is used for that person's runs only, and "
        "ends when the person signs out of Signalbox.",
        (Method.INTERACTIVE, Method.DEVICE),
    ),
    Kind(
        "The machine",
        "The Azure machine that runs Signalbox's workers signs in by its managed identity: there is no secret at all. "
        "It reaches the tenant of that machine only.",
        (Method.MANAGED_IDENTITY_SYSTEM, Method.MANAGED_IDENTITY_USER),
    ),
    Kind(
        "Handed in",
        "An access token that you got elsewhere. It is checked, never renewed, and good for one organization until it "
        "ends.",
        (Method.ACCESS_TOKEN,),
    ),
    Kind(
        "Legacy and discouraged",
        "User name and password cannot do MFA, and Microsoft is switching them off. The password is asked for, used "
        "once and never stored.",
        (Method.CREDENTIAL, Method.INLINE_CREDENTIAL),
        is_legacy=True,
    ),
)

METHOD_MEANINGS: Mapping[Method, str] = {
    Method.APP_CERTIFICATE_THUMBPRINT: "Names a certificate in Signalbox's own store, or takes the one in use.",
    Method.APP_CERTIFICATE_FILE: "A certificate of Signalbox's store, in PowerShell as a PFX file with its password.",
    Method.APP_CERTIFICATE_OBJECT: "A certificate of Signalbox's store, in PowerShell as a certificate object.",
    Method.DELEGATED: "One stored sign-in of the service account, redeemed in each organization.",
    Method.INTERACTIVE: "In the browser, with or without MFA.",
    Method.DEVICE: "A code typed on another device; often blocked by Conditional Access.",
    Method.MANAGED_IDENTITY_SYSTEM: "The identity that belongs to the machine itself.",
    Method.MANAGED_IDENTITY_USER: "An identity of its own, named by its client id.",
    Method.ACCESS_TOKEN: "Pasted here, kept encrypted, shown never.",
    Method.CREDENTIAL: "As Connect-ExchangeOnline -Credential.",
    Method.INLINE_CREDENTIAL: "As Connect-ExchangeOnline -InlineCredential.",
}

DELEGATION_MEANINGS: Mapping[Delegation, str] = {
    Delegation.NONE: "Not delegated: an account of the organization itself.",
    Delegation.GDAP: "GDAP: the customer approved roles for your security groups, until a day. The usual way.",
    Delegation.CSP: "CSP: as an admin agent of its reseller. The relationship alone grants nothing since GDAP.",
    Delegation.GUEST: "Guest: the account was invited into the customer's directory and given a role there.",
}


def identity_of(profile: ConnectionProfile) -> str:
    """Return who signs in, as words that can begin a sentence."""
    method = Method(profile.method)
    if method.is_by_certificate:
        application = f"The application {profile.app_registration}" if profile.app_registration else "The application"
        pinned = f"its certificate {profile.thumbprint[:8]}…" if profile.thumbprint else "its certificate in use"
        return f"{application} with {pinned}"
    if method is Method.DELEGATED:
        return "The partner's service account"
    if method.is_personal:
        return profile.user_principal_name or "Whoever launches the run"
    if method is Method.MANAGED_IDENTITY_USER:
        return f"The managed identity {profile.managed_identity}"
    if method is Method.MANAGED_IDENTITY_SYSTEM:
        return "The machine that runs the workers"
    return f"Whoever got the token for the tenant {profile.token_tenant_id}"


def cloud_of(profile: ConnectionProfile) -> str:
    """Return where a profile may be used, in words."""
    return profile.environment or OWN_CLOUD


def through_of(profile: ConnectionProfile) -> str:
    """Return by which right the identity gets in, empty where that is no question."""
    words = {Delegation.GDAP: "through GDAP", Delegation.CSP: "through CSP", Delegation.GUEST: "as a guest"}
    return words.get(Delegation(profile.delegation), "")


def sentence_of(profile: ConnectionProfile) -> str:
    """Return what a profile is, in one sentence."""
    through = f" {through_of(profile)}" if profile.delegation else ""
    service = ProfileService(profile.service).label
    return f"{identity_of(profile)} {_does(Method(profile.method))}{through}, in {cloud_of(profile)}, for {service}."


def _does(method: Method) -> str:
    if method.uses_password:
        return "signs in with user name and password"
    if method is Method.DEVICE:
        return "signs in with a device code"
    if method is Method.DELEGATED:
        return "signs in with its stored sign-in"
    if method is Method.INTERACTIVE:
        return "signs in with a browser"
    return "is let in by an access token that was handed in" if method is Method.ACCESS_TOKEN else "signs in by itself"
