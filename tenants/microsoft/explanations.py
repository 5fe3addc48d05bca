"""What a partner API's refusal means for an MSP (exchange-protocol.md 5.2, F19-F26)."""

from portal.core.explanations import Explanation, Retry
from tenants.microsoft.errors import MicrosoftError

CONSENT_ALREADY_PRESENT = Explanation(
    "consent_already_present",
    "Consent is already there",
    "Partner Center already holds this consent for the organization. Nothing had to be changed.",
    "Nothing to do.",
    Retry.NEVER,
)
PARTNER_SIGN_IN_TOO_WEAK = Explanation(
    "partner_sign_in_too_weak",
    "Partner sign-in lacks MFA or AdminAgents",
    "The partner API accepts only a service account that is in the AdminAgents group and signed in with MFA.",
    "Add the service account to AdminAgents, sign in again with MFA and store the new partner sign-in.",
    Retry.AFTER_FIX,
)
MAPPED_GROUP_DELETED = Explanation(
    "mapped_group_deleted",
    "A mapped security group is gone",
    "An access assignment names a security group that no longer exists in the Partner's tenant.",
    "Assign the roles of the relationship to an existing security group.",
    Retry.AFTER_FIX,
)
CHANGED_MEANWHILE = Explanation(
    "changed_meanwhile",
    "The relationship changed meanwhile",
    "Somebody or something else changed the relationship after it was read, so Graph refused to overwrite it.",
    "Try again: what is stored at Microsoft changed meanwhile.",
    Retry.AUTOMATIC,
)
RELATIONSHIP_ENDED = Explanation(
    "relationship_ended",
    "The customer ended the relationship",
    "The relationship has expired or was terminated; the Partner has no rights in this organization through it.",
    "Send a new relationship request and have the customer's Global Administrator approve it.",
    Retry.NEVER,
)
GDAP_MAPPING_INCOMPLETE = Explanation(
    "gdap_mapping_incomplete",
    "GDAP role mapping is incomplete",
    "Graph could not work out any right of the service account in this organization.",
    "Check that the relationship's roles are assigned to a group and that the service account is a member of it.",
    Retry.AFTER_FIX,
)
PARTNER_API_BUSY = Explanation(
    "partner_api_busy",
    "The partner API is busy",
    "Graph or Partner Center asked us to wait. No data was lost.",
    "Nothing to do: it is asked again after the time that it named.",
    Retry.AUTOMATIC,
)
PARTNER_API_UNREACHABLE = Explanation(
    "partner_api_unreachable",
    "The partner API cannot be reached",
    "No connection to Graph or Partner Center could be made, or it broke.",
    "Check network, DNS and firewall between the portal and Microsoft; the next synchronization tries again.",
    Retry.AUTOMATIC,
)
PARTNER_API_DENIED = Explanation(
    "partner_api_denied",
    "The partner API denied access",
    "The token was accepted nowhere or lacks the permission that this call needs.",
    "Check the application's permissions and consent in that tenant, then store the partner sign-in again.",
    Retry.AFTER_FIX,
)
PARTNER_API_REFUSED = Explanation(
    "partner_api_refused",
    "The partner API refused the request",
    "Graph or Partner Center answered with an error that Signalbox does not know.",
    "Read Microsoft's own message; quote the request id to Microsoft support.",
    Retry.NEVER,
)

# F19-F26 carry no code of their own: Microsoft's English text is all there is to tell them apart.
_BY_TEXT = (
    ("permission entry already exists", CONSENT_ALREADY_PRESENT),
    ("mfa required", PARTNER_SIGN_IN_TOO_WEAK),
    ("does not have the required permissions", PARTNER_SIGN_IN_TOO_WEAK),
    ("access container does not exist", MAPPED_GROUP_DELETED),
    ("user was not found", RELATIONSHIP_ENDED),
    ("unable to initialize the authorization context", GDAP_MAPPING_INCOMPLETE),
)
_BY_STATUS = {
    412: CHANGED_MEANWHILE,
    429: PARTNER_API_BUSY,
    500: PARTNER_API_BUSY,
    502: PARTNER_API_BUSY,
    503: PARTNER_API_BUSY,
    504: PARTNER_API_BUSY,
    401: PARTNER_API_DENIED,
    403: PARTNER_API_DENIED,
    None: PARTNER_API_UNREACHABLE,
}


def explain(error: MicrosoftError) -> Explanation:
    """Return what `error` means and what to do about it."""
    text = error.message.lower()
    found = next((explanation for part, explanation in _BY_TEXT if part in text), None)
    return found or _BY_STATUS.get(error.status, PARTNER_API_REFUSED)
