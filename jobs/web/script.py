"""A run as a PowerShell script that does the same by hand: connect, send, always disconnect."""

from collections.abc import Mapping, Sequence

from jobs.catalogue.powershell import quoted
from jobs.runs.models import Run
from jobs.runs.places import Place, places_of
from portal.core.actors import Actor

_COMPLIANCE = "scc"


def script_of(actor: Actor, run: Run) -> str:
    """Return the script for every organization of `run`; one loop for each application, certificate and cloud."""
    ways: dict[Place, list[str]] = {}
    for place, domain in places_of(actor=actor, run=run):
        ways.setdefault(place, []).append(domain)
    return "\n\n".join(_loop(run, place, domains) for place, domains in ways.items())


def _loop(run: Run, place: Place, domains: Sequence[str]) -> str:
    listed = "\n".join(f"    {quoted(domain)}" for domain in domains)
    return f"""$organizations = @(
{listed}
)
foreach ($organization in $organizations) {{
    {_connect_line(run, place)}
    try {{
        {run.powershell}
    }}
    finally {{
        Disconnect-ExchangeOnline -Confirm:$false
    }}
}}"""


def _connect_line(run: Run, place: Place) -> str:
    values: Mapping[str, str] = {
        "AppId": quoted(place.application_id),
        "CertificateThumbprint": quoted(place.thumbprint),
        "Organization": "$organization",
    }
    cmdlet = "Connect-IPPSSession" if run.service == _COMPLIANCE else "Connect-ExchangeOnline"
    words = [cmdlet, *(f"-{name} {value}" for name, value in values.items() if value != quoted(""))]
    if place.environment != "O365Default" and run.service != _COMPLIANCE:
        words.append(f"-ExchangeEnvironmentName {place.environment}")
    return " ".join((*words, "-ShowBanner:$false"))
