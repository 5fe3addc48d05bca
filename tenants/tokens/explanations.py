"""What each refusal of the login host means for an MSP, by AADSTS code (exchange-protocol.md 2.9 and 5.1, F1-F18)."""

from collections.abc import Mapping

from portal.core.explanations import Explanation
from tenants.tokens.organization_explanations import ORGANIZATION
from tenants.tokens.sign_in_explanations import SIGN_IN

BY_CODE: Mapping[str, Explanation] = {
    code: explanation for codes, explanation in SIGN_IN + ORGANIZATION for code in codes
}

# Codes of the Partner's own credentials: they fail in every organization at once (F4, F10; exchange-protocol.md 6.3).
PARTNER_WIDE_CODES = frozenset(
    {"50053", "50055", "50057", "50126", "50132", "50133", "50173", "50194", "50196", "530034"}
    | {"54005", "70000", "70008", "70043", "700082", "700084"}
    | {"700025", "700027", "700030", "7000215", "7000218", "7000222"}
)
