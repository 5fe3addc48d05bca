"""The services that a connection can be tested in."""

from collections.abc import Mapping

from jobs.catalogue.availability import SERVICE_NAMES
from tenants.profiles.powershell import TEST_CMDLETS

SERVICE_CHOICES: Mapping[str, str] = {
    **{service: SERVICE_NAMES[service] for service in TEST_CMDLETS},
    "both": "Both, in two runs",
}


def services_of(choice: str) -> tuple[str, ...]:
    """Return the services that a choice means; raises `KeyError` for none."""
    if choice == "both":
        return tuple(TEST_CMDLETS)
    return (choice,) if TEST_CMDLETS[choice] else ()
