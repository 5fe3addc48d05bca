"""A run as PowerShell that does the same by hand: connect, send, always disconnect."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from jobs.catalogue.variables import powershell_name
from jobs.runs.models import Run
from jobs.runs.places import Place, places_of
from jobs.runs.steps import OnFailure
from jobs.runs.variables import session_values
from portal.core.actors import Actor
from portal.core.powershell_text import indented, quoted
from tenants.profiles.powershell import Target, connection, guarded

_STOP = "$PSDefaultParameterValues = @{ '*:ErrorAction' = 'Stop' }"


def lines_of(run: Run) -> str:
    """Return what is sent to one organization, to be run where it is connected; variables are looked up there."""
    return "\n".join((*session_values(_variables(run), service=run.service), run.powershell))


def lines_for(run: Run, tenant_id: str) -> str:
    """Return what was sent to one organization, with the frozen values of its variables."""
    values = run.plan.get("variables", {}).get(tenant_id, {})
    return "\n".join(
        (*(f"${powershell_name(name)} = {quoted(value)}" for name, value in values.items()), run.powershell)
    )


def script_of(actor: Actor, run: Run) -> str:
    """Return the script for every organization of `run`; one loop for each connection profile and cloud."""
    ways: dict[Place, list[tuple[str, UUID]]] = {}
    for place, domain, tenant_id in places_of(actor=actor, run=run):
        ways.setdefault(place, []).append((domain, tenant_id))
    loops = [_loop(run, place, organizations) for place, organizations in ways.items()]
    return "\n\n".join([_STOP, *loops] if _stops(run) and loops else loops)


def _loop(run: Run, place: Place, organizations: Sequence[tuple[str, UUID]]) -> str:
    variables = _variables(run)
    frozen: Mapping[str, Mapping[str, str]] = run.plan.get("variables", {})
    domain = "$organization.Domain" if variables else "$organization"
    before, connect = connection(place.profile, Target(run.service, place.environment, domain))
    listed = "\n".join(
        f"    {_table({'Domain': each, **_named(frozen[str(tenant_id)])}) if variables else quoted(each)}"
        for each, tenant_id in organizations
    )
    sent = guarded(run.powershell, on_error=f'Write-Warning "$({domain}): $_"' if _stops(run) else "")
    body = indented(
        "\n".join((*(f"${name} = $organization.{name}" for name in map(powershell_name, variables)), connect, sent))
    )
    return "\n".join(
        (*before, f"$organizations = @(\n{listed}\n)", f"foreach ($organization in $organizations) {{\n{body}\n}}")
    )


def _stops(run: Run) -> bool:
    return run.step_count > 1 and run.plan["on_failure"] == OnFailure.STOP


def _table(values: Mapping[str, str]) -> str:
    return f"@{{ {'; '.join(f'{name} = {quoted(value)}' for name, value in values.items())} }}"


def _named(values: Mapping[str, str]) -> dict[str, str]:
    return {powershell_name(name): value for name, value in values.items()}


def _variables(run: Run) -> list[str]:
    """Return the organization variables that occur in a run."""
    return sorted(next(iter(run.plan.get("variables", {}).values()), {}))
