"""A run as a PowerShell script that does the same by hand: connect, send, always disconnect."""

from collections.abc import Sequence

from jobs.runs.models import Run
from jobs.runs.places import Place, places_of
from portal.core.actors import Actor
from portal.core.powershell_text import indented, quoted
from tenants.profiles.powershell import Target, connection, guarded


def script_of(actor: Actor, run: Run) -> str:
    """Return the script for every organization of `run`; one loop for each connection profile and cloud."""
    ways: dict[Place, list[str]] = {}
    for place, domain in places_of(actor=actor, run=run):
        ways.setdefault(place, []).append(domain)
    return "\n\n".join(_loop(run, place, domains) for place, domains in ways.items())


def _loop(run: Run, place: Place, domains: Sequence[str]) -> str:
    target = Target(run.service, place.environment, "$organization")
    before, connect = connection(place.profile, target)
    listed = "\n".join(f"    {quoted(domain)}" for domain in domains)
    body = indented(f"{connect}\n{guarded(run.powershell)}")
    organizations = f"$organizations = @(\n{listed}\n)"
    return "\n".join((*before, organizations, f"foreach ($organization in $organizations) {{\n{body}\n}}"))
