"""What people call things that cmdlets and parameters call otherwise."""

import re
from collections.abc import Mapping
from types import MappingProxyType

STOP_WORDS = frozenset({"a", "an", "can", "do", "for", "has", "have", "how", "i", "in", "is", "of", "the", "to", "who"})
"""Words that tell nothing about which cmdlet is meant."""

PHRASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "add alias": ("set mailbox emailaddresses",),
        "allow list": ("tenant allow block list items", "hosted connection filter policy ipallowlist"),
        "automatic reply": ("mailbox auto reply configuration",),
        "block sender": ("tenant allow block list items",),
        "calendar permission": ("mailbox folder permission",),
        "delegate": ("add mailbox permission", "add recipient permission"),
        "distribution list": ("distribution group",),
        "email alias": ("set mailbox emailaddresses",),
        "forward": ("set mailbox forwardingsmtpaddress",),
        "forwarding": ("set mailbox forwardingsmtpaddress",),
        "full access": ("add mailbox permission",),
        "has access": ("get mailbox permission",),
        "junk": ("mailbox junk email configuration",),
        "legal hold": ("set mailbox litigationholdenabled",),
        "litigation": ("set mailbox litigationholdenabled",),
        "litigation hold": ("set mailbox litigationholdenabled",),
        "mail flow rule": ("transport rule",),
        "mailbox size": ("get mailbox statistics",),
        "message trace": ("get messagetracev2",),
        "oof": ("mailbox auto reply configuration",),
        "ooo": ("mailbox auto reply configuration",),
        "out of office": ("mailbox auto reply configuration",),
        "proxy address": ("set mailbox emailaddresses",),
        "send as": ("add recipient permission",),
        "send on behalf": ("set mailbox grantsendonbehalfto",),
        "shared mailbox": ("new mailbox shared", "set mailbox type"),
        "spam": ("hosted content filter policy",),
        "vacation": ("mailbox auto reply configuration",),
    }
)
"""Cmdlet and parameter words by phrase, all in lower case; a phrase may be read in several ways."""

_PHRASE = re.compile(rf"\b(?:{'|'.join(sorted(PHRASES, key=len, reverse=True))})\b")


def readings(text: str) -> list[str]:
    """Return `text` (lower case, words separated by one space) as it stands and with its phrases put otherwise."""
    most = max((len(PHRASES[phrase]) for phrase in _PHRASE.findall(text)), default=0)
    return [text, *(_put_otherwise(text, number) for number in range(most))]


def _put_otherwise(text: str, number: int) -> str:
    """Return `text` with the alternative of this number for each phrase, or its last one."""
    return _PHRASE.sub(lambda found: (PHRASES[found.group()][: number + 1])[-1], text)
