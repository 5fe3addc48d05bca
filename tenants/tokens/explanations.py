"""What each refusal of the login host means for an MSP (exchange-protocol.md 2.9 and 5.1, F1-F18)."""

from collections.abc import Mapping
from pathlib import Path

from portal.core.explanation_files import read_explanations
from portal.core.explanations import Explanation, by_code
from tenants.tokens.local_explanations import TOKENS

SIGN_IN = read_explanations(Path(__file__).with_name("sign_in.toml"))
ORGANIZATION = read_explanations(Path(__file__).with_name("organization.toml"))
EXPLANATIONS = (*SIGN_IN.values(), *ORGANIZATION.values(), *TOKENS.values())

BY_CODE: Mapping[str, Explanation] = by_code(EXPLANATIONS)
"""By AADSTS code ("AADSTS65001") or by the word of an `error` member ("slow_down")."""
