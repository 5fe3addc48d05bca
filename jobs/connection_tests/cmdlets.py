"""What a connection is tested with: per service one read that every accepted role has and that takes nothing."""

from collections.abc import Mapping

from jobs.catalogue.availability import SERVICE_NAMES

TEST_CMDLETS: Mapping[str, str] = {
    # The documented sign of being connected; its answer names the organization by its domains.
    "exo": "Get-AcceptedDomain",
    # Lists alert policies, no content of the customer; View-Only Manage Alerts is part of each of the five roles that
    # app-only access to Security & Compliance accepts (exchange-protocol.md 4.6).
    "scc": "Get-ProtectionAlert",
}
SERVICE_CHOICES: Mapping[str, str] = {
    **{service: SERVICE_NAMES[service] for service in TEST_CMDLETS},
    "both": "Both, in two runs",
}


def services_of(choice: str) -> tuple[str, ...]:
    """Return the services that a choice means; raises `KeyError` for none."""
    if choice == "both":
        return tuple(TEST_CMDLETS)
    return (choice,) if TEST_CMDLETS[choice] else ()
