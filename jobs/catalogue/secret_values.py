"""Values that nobody may read again: passwords and keys among a cmdlet's parameters (exchange-protocol.md 3.4)."""

import re
from dataclasses import dataclass

HIDDEN = "(secret)"
"""What stands for a secret wherever parameters are shown, recorded or exported."""

NAMES = frozenset({"Etoken", "MRSContentFilterSasUri", "PasswordV2", "ServiceAccountKeyFileData"})
"""Parameters that hold a secret although their type does not say so: plain strings and bytes."""

_TELLS = re.compile("|".join(["password", "passwd", "securestring", "credential", *NAMES]), re.IGNORECASE)

LONGEST_BYTES = 245
"""The longest text that RSA of 2,048 bits encrypts with PKCS#1 v1.5."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret value, typed like any other; `is_protected` says that Exchange takes it encrypted only (SecureString).

    Its text and its representation never show it.
    """

    value: object
    is_protected: bool

    def __repr__(self) -> str:
        return HIDDEN


def may_hold_secret(source: str) -> bool:
    """Whether a piece of PowerShell speaks of a secret, so that it is not shown again."""
    return _TELLS.search(source) is not None
