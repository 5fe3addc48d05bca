"""Sets of cmdlet names: cleaned, named by their content, and compared."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tenants.capabilities.models import CmdletSet

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9-]{1,98}")
MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Names:
    """Names of cmdlets in Exchange's spelling, sorted, no two of which differ in case only."""

    each: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Names":
        """Return what of `names` can be a cmdlet's name: they come over the wire."""
        by_lower = {name.lower(): name for name in sorted(names) if _NAME.fullmatch(name)}
        return cls(tuple(by_lower[key] for key in sorted(by_lower)[:MOST_NAMES]))

    @classmethod
    def of_set(cls, kept: CmdletSet) -> "Names":
        """Return the names of a stored set."""
        return cls(tuple(kept.names.split()))

    @property
    def key(self) -> str:
        """The SHA-256 that names the set."""
        return hashlib.sha256("\n".join(name.lower() for name in self.each).encode()).hexdigest()

    def as_set(self) -> CmdletSet:
        """Return the row that keeps these names."""
        return CmdletSet(id=self.key, number=len(self.each), names="\n".join(("", *self.each, "")))

    def beyond(self, other: "Names") -> list[str]:
        """Return the names that `other` lacks."""
        known = {name.lower() for name in other.each}
        return [name for name in self.each if name.lower() not in known]


@lru_cache(maxsize=128)
def lower_names(set_id: str) -> frozenset[str]:
    """Return the names of a stored set in lower case; kept by the process, because a set never changes."""
    return frozenset(CmdletSet.objects.get(pk=set_id).names.lower().split())


def enclosed(cmdlet: str) -> str:
    """Return how the text of a set holds one name."""
    return f"\n{cmdlet}\n"
