"""Whether a cmdlet or a parameter can be used at all, before any value is looked at."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from jobs.catalogue.cmdlets import Cmdlet, Parameter
from jobs.catalogue.problems import Problem

SERVICE_NAMES = MappingProxyType(
    {
        "exo": "Exchange Online",
        "scc": "Security & Compliance",
        "eop": "Exchange Online Protection",
    }
)
"""How the services of the catalogue are called in sentences."""

CLASSIC_CMDLETS = MappingProxyType(
    {
        "Get-EXOCasMailbox": "Get-CASMailbox",
        "Get-EXOMailbox": "Get-Mailbox",
        "Get-EXOMailboxFolderPermission": "Get-MailboxFolderPermission",
        "Get-EXOMailboxFolderStatistics": "Get-MailboxFolderStatistics",
        "Get-EXOMailboxPermission": "Get-MailboxPermission",
        "Get-EXOMailboxStatistics": "Get-MailboxStatistics",
        "Get-EXOMobileDeviceStatistics": "Get-MobileDeviceStatistics",
        "Get-EXORecipient": "Get-Recipient",
        "Get-EXORecipientPermission": "Get-RecipientPermission",
    }
)
"""The cmdlet that Signalbox sends for each of the nine Get-EXO* cmdlets (exchange-protocol.md 3.10)."""

_LIFECYCLE_WARNINGS = {
    "deprecated": "is deprecated",
    "deprecation_announced": "will be deprecated",
    "retirement_announced": "will be retired",
    "replaced": "has been replaced",
    "unsupported_in_cloud": "is documented as not supported in the cloud",
    "onprem_functional_only": "is documented as functional only in on-premises Exchange",
    "do_not_use": "is documented as not to be used",
}


def choose_service(cmdlet: Cmdlet, given: Collection[str]) -> str:
    """Return the service to run in when none is asked for: the first of the cmdlet's own that has what is given."""
    known = [cmdlet.parameters[name] for name in given if name in cmdlet.parameters]
    return max(cmdlet.services, key=lambda service: sum(service in p.services for p in known))


def cmdlet_problems(cmdlet: Cmdlet, service: str, *, app_only: bool) -> list[Problem]:
    """Return why `cmdlet` cannot be run in `service`; `app_only` says that no user is signed in."""
    if cmdlet.risk == "session":
        reason = f"{cmdlet.name} opens or closes a session, which Signalbox does itself for every organization."
        return [Problem(None, reason, "Choose a connection profile instead.")]
    problems = []
    if cmdlet.module_only and cmdlet.name not in CLASSIC_CMDLETS:
        reason = f"{cmdlet.name} runs only inside the PowerShell module, not over the REST connection."
        problems.append(Problem(None, reason))
    if "retired" in cmdlet.lifecycle:
        problems.append(Problem(None, f"{cmdlet.name} is retired.", _use_instead(cmdlet)))
    if cmdlet.reserved:
        problems.append(Problem(None, f"{cmdlet.name} is reserved for internal Microsoft use."))
    if service not in cmdlet.services:
        where = " and ".join(SERVICE_NAMES[s] for s in cmdlet.services)
        reason = f"{cmdlet.name} is not available in {SERVICE_NAMES.get(service, service)}; it belongs to {where}."
        problems.append(Problem(None, reason, f"Use a connection to {where}."))
    if app_only and cmdlet.app_only_excluded:
        reason = f"{cmdlet.name} is not available to an application; it needs a signed-in user."
        problems.append(Problem(None, reason, "Use a delegated connection profile."))
    return problems


def cmdlet_warnings(cmdlet: Cmdlet) -> list[str]:
    """Return what to know about a cmdlet that still runs."""
    instead = _use_instead(cmdlet)
    warnings = [
        f"{cmdlet.name} {_LIFECYCLE_WARNINGS[token]}." for token in cmdlet.lifecycle if token in _LIFECYCLE_WARNINGS
    ]
    if warnings and instead:
        warnings[-1] += f" {instead}"
    if cmdlet.preview:
        warnings.append(f"{cmdlet.name} is in preview.")
    if cmdlet.requires_role:
        roles = " or ".join(cmdlet.requires_role)
        warnings.append(f"{cmdlet.name} needs the role {roles}, which nobody has by default.")
    if cmdlet.name in CLASSIC_CMDLETS:
        warnings.append(f"Runs as {CLASSIC_CMDLETS[cmdlet.name]}, which returns the same objects over REST.")
    return warnings


def parameter_problem(cmdlet: Cmdlet, parameter: Parameter, service: str) -> Problem | None:
    """Return why `parameter` cannot be used in `service`, or None."""
    name = parameter.name
    if not parameter.services:
        return Problem(name, f"{name} is available only in on-premises Exchange.", _instead(parameter))
    if service in cmdlet.services and service not in parameter.services:
        where = " and ".join(SERVICE_NAMES[s] for s in parameter.services)
        return Problem(name, f"{name} is available only in {where}.", _instead(parameter))
    if parameter.reserved and not _reserved_but_needed(parameter):
        return Problem(name, f"{name} is reserved for internal Microsoft use.", f"Leave out {name}.")
    return None


def _reserved_but_needed(parameter: Parameter) -> bool:
    """Confirm and WhatIf are judged by their value, and what every set requires cannot be left out."""
    return parameter.name in ("Confirm", "WhatIf") or "*" in parameter.required_in_sets


def parameter_warnings(cmdlet: Cmdlet, values: Mapping[str, object], service: str) -> list[str]:
    """Return what to know about parameters that are given (`values` by canonical name) and still accepted."""
    warnings = []
    for name in values:
        parameter = cmdlet.parameters.get(name)
        if parameter is None:
            continue
        if name in cmdlet.danger_parameters and values[name] is not False:
            warnings.append(f"{name} makes this call harder to undo or skips a safety question.")
        if parameter.deprecated:
            warnings.append(f"{name} is deprecated." + (f" {_instead(parameter)}" if parameter.replaced_by else ""))
        if parameter.discouraged:
            warnings.append(f"The documentation advises against {name}.")
        if parameter.reserved and name not in ("Confirm", "WhatIf"):
            warnings.append(f"{name} is documented as reserved, although the cmdlet requires it.")
        if service in parameter.nonfunctional_in and name not in ("Confirm", "WhatIf"):
            warnings.append(f"{name} does nothing in {SERVICE_NAMES[service]}.")
    return warnings


def _use_instead(cmdlet: Cmdlet) -> str | None:
    return f"Use {' or '.join(cmdlet.replaced_by)}." if cmdlet.replaced_by else None


def _instead(parameter: Parameter) -> str | None:
    return f"Use {parameter.replaced_by}." if parameter.replaced_by else None
