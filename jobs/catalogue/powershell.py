"""Write a checked call as one line of PowerShell that does the same."""

import base64
from datetime import datetime

from jobs.catalogue.kinds import Kind
from jobs.catalogue.secret_values import Secret
from jobs.catalogue.validation import ValidCall
from portal.core.powershell_text import quoted


def literal(value: object) -> str:
    """Return a typed value as a PowerShell expression that can stand as one argument."""
    if value is None:
        return "$null"
    if isinstance(value, bool):
        return "$true" if value else "$false"
    if isinstance(value, int | float):
        return str(value) if value >= 0 else f"({value})"
    if isinstance(value, datetime):
        return quoted(value.replace(microsecond=0, tzinfo=None).isoformat() + "Z")
    if isinstance(value, bytes):
        return f"([Convert]::FromBase64String('{base64.b64encode(value).decode()}'))"
    if isinstance(value, list):
        return f"@({', '.join(literal(item) for item in value)})"
    if isinstance(value, dict):
        return f"@{{{'; '.join(f'{quoted(key)} = {literal(item)}' for key, item in value.items())}}}"
    return quoted(str(value))


def powershell_line(call: ValidCall) -> str:
    """Return the line of PowerShell for `call`, with the Confirm that is always sent.

    Times are written in UTC; secrets are asked for when the line runs.
    """
    values = dict(call.parameters)
    confirm = call.cmdlet.parameters.get("Confirm")
    if confirm and call.service in confirm.services:
        values["Confirm"] = False
    return " ".join((call.cmdlet.name, *(_argument(call, name, value) for name, value in values.items())))


def _argument(call: ValidCall, name: str, value: object) -> str:
    if isinstance(value, Secret):
        how = "AsSecureString" if value.is_protected else "MaskInput"
        return f"-{name} (Read-Host -{how} -Prompt {quoted(name)})"
    parameter = call.cmdlet.parameters.get(name)
    switch = name in ("Verbose", "Debug") or (parameter is not None and parameter.kind is Kind.SWITCH)
    if switch and value is True:
        return f"-{name}"
    return f"-{name}:{literal(value)}" if switch else f"-{name} {literal(value)}"
