"""Write a checked call as one line of PowerShell that does the same."""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from jobs.catalogue.kinds import Kind
from jobs.catalogue.secret_values import SecretValue
from jobs.catalogue.validation import ValidCall
from jobs.catalogue.variables import MARK, filled, is_quoted, powershell_name
from portal.core.powershell_text import quoted

# PowerShell ends a double-quoted string at any of these, and expands what follows a dollar.
_EXPANDED = re.compile('[`$"\u201c\u201d\u201e]')


def literal(value: object, write: Callable[[str], str] = quoted) -> str:
    """Return a typed value as a PowerShell expression that can stand as one argument; `write` is for texts."""
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
        return f"@({', '.join(literal(item, write) for item in value)})"
    if isinstance(value, dict):
        return f"@{{{'; '.join(f'{write(key)} = {literal(item, write)}' for key, item in value.items())}}}"
    return write(str(value))


def powershell_line(call: ValidCall) -> str:
    """Return the line of PowerShell for `call`, with the Confirm that is always sent.

    Times are written in UTC; secrets are asked for when the line runs. An organization variable is a variable of
    PowerShell with the same name, which has to be set before.
    """
    values = dict(call.parameters)
    confirm = call.cmdlet.parameters.get("Confirm")
    if confirm and call.service in confirm.services:
        values["Confirm"] = False
    return " ".join((call.cmdlet.name, *(_argument(call, name, value) for name, value in values.items())))


def _argument(call: ValidCall, name: str, value: object) -> str:
    if isinstance(value, SecretValue):
        how = "AsSecureString" if value.is_protected else "MaskInput"
        return f"-{name} (Read-Host -{how} -Prompt {quoted(name)})"
    parameter = call.cmdlet.parameters.get(name)
    switch = name in ("Verbose", "Debug") or (parameter is not None and parameter.kind is Kind.SWITCH)
    if switch and value is True:
        return f"-{name}"
    written = literal(value, partial(_expandable, is_filter=name.endswith("Filter")))
    return f"-{name}:{written}" if switch else f"-{name} {written}"


def _expandable(text: str, *, is_filter: bool) -> str:
    """Return a text with organization variables so that PowerShell expands them; any other in single quotes."""
    found = list(MARK.finditer(text))
    if not any(each["name"] for each in found):
        return quoted(filled(text, lambda each: each[0]))
    if found[0].group() == text:
        return f"${powershell_name(found[0]['name'])}"
    pieces, at = [], 0
    for each in found:
        pieces += [_escaped(text[at : each.start()]), _inserted(each, is_filter=is_filter)]
        at = each.end()
    return f'"{"".join(pieces)}{_escaped(text[at:])}"'


def _escaped(text: str) -> str:
    return _EXPANDED.sub(r"`\g<0>", text)


def _inserted(found: re.Match[str], *, is_filter: bool) -> str:
    if found["literal"]:
        return f"{{{found['literal']}}}"
    name = powershell_name(found["name"])
    return f'$(${name}.Replace("\'", "\'\'"))' if is_filter and is_quoted(found) else f"${{{name}}}"
