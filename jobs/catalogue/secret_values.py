"""Values that nobody may read again: passwords and keys among a cmdlet's parameters (exchange-protocol.md 3.4)."""

import re

from portal.core.secrets.secret import Secret

NAMES = frozenset({"Etoken", "MRSContentFilterSasUri", "PasswordV2", "ServiceAccountKeyFileData"})
"""Parameters that hold a secret although their type does not say so: plain strings and bytes."""

_TELLS = re.compile("|".join(["password", "passwd", "securestring", "credential", *NAMES]), re.IGNORECASE)

LONGEST_BYTES = 245
"""The longest text that RSA of 2,048 bits encrypts with PKCS#1 v1.5."""


class SecretValue(Secret[object]):
    """A secret value of a parameter; `is_protected` says that Exchange takes it encrypted only (SecureString)."""

    __slots__ = ("is_protected",)

    def __init__(self, value: object, is_protected: bool) -> None:
        super().__init__(value)
        self.is_protected = is_protected

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and super().__eq__(other) and self.is_protected is other.is_protected

    __hash__ = None  # as for any secret


def may_hold_secret(source: str) -> bool:
    """Whether a piece of PowerShell speaks of a secret, so that it is not shown again."""
    return _TELLS.search(source) is not None
