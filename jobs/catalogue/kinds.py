"""What shape of value a parameter takes, derived from its documented .NET type name."""

from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """The shape of one element of a parameter's value; whether there may be many is a separate flag."""

    ADDRESS = "address"
    ADDRESS_RANGE = "address range"
    BOOL = "bool"
    BYTES = "bytes"
    CREDENTIAL = "credential"
    CULTURE = "culture"
    DATETIME = "datetime"
    DOMAIN = "domain"
    ENUM = "enum"
    GUID = "guid"
    HASHTABLE = "hashtable"
    IDENTITY = "identity"
    INT = "int"
    NUMBER = "number"
    OTHER = "other"
    PROXY_ADDRESS = "proxy address"
    SECRET = "secret"  # noqa: S105  a kind of value, not one
    SIZE = "size"
    STREAM = "stream"
    STRING = "string"
    SWITCH = "switch"
    TIMESPAN = "timespan"
    UNLIMITED = "unlimited"
    URI = "uri"


INTEGER_LIMITS = MappingProxyType(
    {
        "Int16": (-(2**15), 2**15 - 1),
        "UInt16": (0, 2**16 - 1),
        "Int32": (-(2**31), 2**31 - 1),
        "UInt32": (0, 2**32 - 1),
        "Int64": (-(2**63), 2**63 - 1),
        "UInt64": (0, 2**64 - 1),
    }
)
"""Smallest and largest value of each .NET integer type."""

COLLECTIONS = frozenset({"MultiValuedProperty", "ProxyAddressCollection", "ProxyAddressTemplateCollection"})
"""Types that take a whole list or a hashtable with the keys Add and Remove (exchange-protocol.md 3.4)."""

_BY_TYPE = {
    "CultureInfo": Kind.CULTURE,
    "EncryptionRightsDefinitionsParameter": Kind.OTHER,
    "ProxyAddress": Kind.PROXY_ADDRESS,
    "SclValue": Kind.INT,
    "UnlimitedInt": Kind.UNLIMITED,
}
_BY_DOCUMENTED_KIND = {"certificate": Kind.OTHER, "collection": Kind.STRING}


def element_kind(type_name: str, documented_kind: str, *, enumerated: bool) -> Kind:
    """Return the kind of one element of `type_name`.

    `documented_kind` is the data file's own classification ("identity[]", "collection" …); `enumerated` says that the
    documentation lists the tokens of this type.
    """
    bare = type_name.removesuffix("[]")
    if bare in _BY_TYPE:
        return _BY_TYPE[bare]
    kind = documented_kind.removesuffix("[]")
    if kind == "other" and enumerated:
        return Kind.ENUM
    return _BY_DOCUMENTED_KIND.get(kind) or Kind(kind)
