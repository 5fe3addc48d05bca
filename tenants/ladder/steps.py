"""One step of the ladder, and what the last attempt to get in shows of its rung."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.core.templatetags.presentation import relative
from tenants.ladder.rungs import TITLES, Rung, rung_of
from tenants.organizations.models import Organization, Reachability

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"
# Exchange is asked with a token, and a token is issued where there is consent.
_PROVES: Mapping[Rung, tuple[Rung, ...]] = {
    Rung.ROLE: (Rung.CONSENT, Rung.TOKEN),
    Rung.EXCHANGE: (Rung.CONSENT, Rung.TOKEN),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: `state` is "good", "bad" or "unknown"; `fact` says why, `fix` what to do when it is bad.

    `error_class` is the failure behind a bad one, empty where none is known.
    """

    rung: Rung
    state: str
    fact: str
    fix: str = ""
    error_class: str = ""

    @property
    def title(self) -> str:
        """The rung's name."""
        return TITLES[self.rung]


def is_reachable(organization: Organization) -> bool:
    """Whether the last attempt got in."""
    return organization.reachability == Reachability.REACHABLE


def fails_on(organization: Organization, rung: Rung) -> bool:
    """Whether the last attempt to get in failed on `rung`."""
    failed = organization.reachability == Reachability.UNREACHABLE
    return failed and rung_of(organization.reachability_class) is rung


def is_proven(organization: Organization, rung: Rung) -> bool:
    """Whether the last attempt to get in came beyond `rung`."""
    beyond = (proof for proof, proven in _PROVES.items() if rung in proven)
    return is_reachable(organization) or any(fails_on(organization, proof) for proof in beyond)


def broken(organization: Organization, rung: Rung, *, reason: str = "", fix: str = "") -> Step:
    """Return the step on which the last attempt failed; `reason` and `fix` replace those that were kept of it."""
    return Step(
        rung,
        BAD,
        f"{reason or organization.reachability_reason or 'Not reachable'}, {checked(organization)}.",
        fix or organization.reachability_fix,
        organization.reachability_class,
    )


def checked(organization: Organization) -> str:
    """Return when the last attempt to get in was, in words."""
    moment = organization.reachability_checked_at
    return relative(moment) if moment else "when last asked"
