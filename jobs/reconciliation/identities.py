"""The many names of one object: name, address, GUID, distinguished name, canonical path."""

import re
from collections.abc import Mapping
from typing import Any

NAMING = (
    *("Identity", "Name", "Alias", "DisplayName", "PrimarySmtpAddress", "WindowsEmailAddress", "UserPrincipalName"),
    *("WindowsLiveID", "MicrosoftOnlineServicesID", "ExternalEmailAddress", "ExternalDirectoryObjectId", "Guid"),
    *("ExchangeGuid", "DistinguishedName", "Id", "DomainName", "SamAccountName", "LegacyExchangeDN", "User", "Trustee"),
    *("FilterName", "Delegate", "EmailAddresses"),
)
"""Properties by which an object can be named."""

_COMMON_NAME = re.compile(r"^cn=((?:\\.|[^,\\])*),", re.IGNORECASE)


def forms(text: str) -> set[str]:
    """Return every form in which `text` may name an object: as it is, and the last part of a path or a DN."""
    plain = text.strip().strip("{}").casefold()
    found = {plain, re.sub(r"^smtp:", "", plain)}
    if common := _COMMON_NAME.match(plain):
        found.add(common[1].replace("\\", ""))
    if "/" in plain and "://" not in plain:
        found.add(plain.rpartition("/")[2])
    return {each for each in found if each}


def names_of(row: Mapping[str, Any]) -> set[str]:
    """Return every name of the object that a row shows."""
    values = [row.get(name) for name in NAMING]
    texts = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return {form for text in texts if text for form in forms(str(text))}


def are_paths(first: str, second: str) -> bool:
    """Whether both are distinguished names, of which an object has one; an object has several addresses and GUIDs."""
    return _COMMON_NAME.match(first) is not None and _COMMON_NAME.match(second) is not None
