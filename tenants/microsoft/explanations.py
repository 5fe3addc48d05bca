"""What a partner API's refusal means for an MSP (exchange-protocol.md 5.2, F19-F26)."""

from pathlib import Path

from portal.core.explanation_files import read_explanations
from portal.core.explanations import Explanation
from tenants.microsoft.errors import MicrosoftError

PARTNER_APIS = read_explanations(Path(__file__).with_name("failures.toml"))

_BY_STATUS = {
    412: "changed_meanwhile",
    429: "partner_api_busy",
    500: "partner_api_busy",
    502: "partner_api_busy",
    503: "partner_api_busy",
    504: "partner_api_busy",
    401: "partner_api_denied",
    403: "partner_api_denied",
    None: "partner_api_unreachable",
}


def explain(error: MicrosoftError) -> Explanation:
    """Return what `error` means and what to do about it.

    F19-F26 carry no code of their own: Microsoft's English text is all there is to tell them apart.
    """
    told = next((explanation for explanation in PARTNER_APIS.values() if explanation.is_told_by(error.message)), None)
    return told or PARTNER_APIS[_BY_STATUS.get(error.status, "partner_api_refused")]
