"""In which cloud an organization is, in words, and what is wrong when it is entered in another one."""

from collections.abc import Mapping
from dataclasses import dataclass

from tenants.organizations.models import Organization

CLOUD_NAMES: Mapping[str, str] = {
    "O365Default": "the worldwide cloud",
    "O365USGovGCCHigh": "GCC High (USGov)",
    "O365USGovDoD": "DoD (USGov)",
    "O365China": "China (21Vianet)",
    "O365GermanyCloud": "Germany (closed)",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, and what to do."""

    fact: str
    fix: str

    def __str__(self) -> str:
        return f"{self.fact} {self.fix}"


def wrong_cloud(name: str, *, detected: str, entered: str) -> Diagnosis | None:
    """Return what is wrong when the organization `name`, detected in one environment, is entered in another one.

    None when it is not known where the organization is (`detected` is empty), or when both agree.
    """
    if not detected or detected == entered:
        return None
    return Diagnosis(
        f"{name} is in {CLOUD_NAMES[detected]}, but it is entered in {entered}.",
        f"Choose a partner and a connection profile of {detected}: an application exists in its own cloud only.",
    )


def wrong_cloud_of(organization: Organization) -> Diagnosis | None:
    """Return what is wrong with the environment of a stored organization."""
    return wrong_cloud(organization.name, detected=organization.detected_environment, entered=organization.environment)
