"""What is said beside a form field of a parameter."""

from datetime import datetime

from jobs.catalogue.cmdlets import Cmdlet, Parameter
from jobs.catalogue.kinds import Kind
from jobs.catalogue.problems import BadText
from jobs.catalogue.text_values import parse_text

_BY_KIND = {
    Kind.ADDRESS: "An e-mail address.",
    Kind.ADDRESS_RANGE: "An address, a range or a network: 192.168.1.1, 192.168.0.1-192.168.0.254, 192.168.3.0/24.",
    Kind.BYTES: "The content in Base64.",
    Kind.CULTURE: "A language and region, for example en-US.",
    Kind.DOMAIN: "A domain, for example contoso.com.",
    Kind.GUID: "A GUID.",
    Kind.IDENTITY: "A name, alias, e-mail address or GUID.",
    Kind.PROXY_ADDRESS: "An e-mail address, with or without smtp: before it.",
}
_BY_CONTROL = {
    "secret": "Sent once and never shown again; if the page comes back, type it again.",
    "table": "A key and its value in each row.",
}


def help_of(cmdlet: Cmdlet, parameter: Parameter, control: str) -> str:
    """Return what to know before typing a value, in short sentences."""
    told = _shape(parameter, control)
    if parameter.name == "WhatIf":
        told.append("A dry run: says what would happen and changes nothing.")
    if parameter.range:
        told.append(f"{parameter.range[0]:,} to {parameter.range[1]:,}.")
    if parameter.max_length:
        told.append(f"At most {parameter.max_length:,} characters.")
    if parameter.name in cmdlet.danger_parameters:
        told.append("Makes the change harder to undo or skips a safety question.")
    if parameter.deprecated:
        told.append("Deprecated." + (f" Use {parameter.replaced_by}." if parameter.replaced_by else ""))
    if parameter.discouraged:
        told.append("The documentation advises against it.")
    if parameter.default:
        told.append(f"Default: {parameter.default}.")
    return " ".join(told)


def in_words(parameter: Parameter, text: str) -> str:
    """Return a date as it is understood, in UTC; nothing for other kinds."""
    if parameter.kind is not Kind.DATETIME or not text:
        return ""
    try:
        moment = parse_text(parameter, text)
    except BadText:
        return ""
    return f"{moment:%A}, {moment.day} {moment:%B %Y, %H:%M} UTC" if isinstance(moment, datetime) else ""


def _shape(parameter: Parameter, control: str) -> list[str]:
    told = []
    if control in _BY_CONTROL:
        told.append(_BY_CONTROL[control])
    elif control == "text" and parameter.kind is Kind.UNLIMITED:
        told.append("A number, a size, a duration (days.hours:minutes:seconds), or Unlimited.")
    elif control == "prose" and parameter.kind is Kind.HASHTABLE:
        told.append("PowerShell hashtables between commas, for example @{Name='a'; minCount=1}.")
    if parameter.kind in _BY_KIND and control in ("text", "lines", "change", "guid", "prose"):
        told.append(_BY_KIND[parameter.kind])
    return told
