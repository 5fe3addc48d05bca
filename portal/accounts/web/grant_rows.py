"""One grant as pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.grants.models import GrantKind, RoleGrant
from portal.accounts.grants.selectors import holds
from portal.accounts.grants.words import how, limits_in_words, where


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant in words; `holds` is whether it is neither revoked nor over."""

    grant: RoleGrant
    how: str
    where: str
    limits: Sequence[str]
    holds: bool

    @property
    def is_eligible(self) -> bool:
        """Whether its person may elevate to it."""
        return self.holds and self.grant.kind == GrantKind.ELIGIBLE

    @property
    def is_elevation(self) -> bool:
        """Whether its person is elevated by it now."""
        return self.holds and self.grant.kind == GrantKind.ELEVATION


def grant_row(grant: RoleGrant, set_names: Mapping[int, str], now: datetime) -> GrantRow:
    """Return a grant as pages show it at `now`."""
    return GrantRow(grant, how(grant), where(grant), limits_in_words(grant.limits, set_names), holds(grant, now))
