"""Which control asks for a parameter: decided by the shape of its value alone."""

import re

from jobs.catalogue.cmdlets import Cmdlet, Parameter
from jobs.catalogue.kinds import Kind

FEW = 3
"""Up to so many choices stand side by side instead of in a list."""

SIZE_UNITS = ("B", "KB", "MB", "GB", "TB")
UNLIMITED = "Unlimited"

_MOST_CHECKS = 12
_COUNTED = re.compile(r"(?:Limits|Limit|Attempts|Syncs|Migrations|ResultSize)$")
_MEASURED = re.compile(r"(?:Size|Quota)$")
_PROSE = re.compile(r"(?:Message|Text|Body|Comment|Description|Notes|Html|MailTip|Tip|Filter|Query|Disclaimer)$")
_BY_KIND = {
    Kind.BOOL: "tristate",
    Kind.BYTES: "prose",
    Kind.DATETIME: "datetime",
    Kind.GUID: "guid",
    Kind.INT: "number",
    Kind.NUMBER: "number",
    Kind.SIZE: "size",
    Kind.SWITCH: "tristate",
    Kind.TIMESPAN: "duration",
}


def control_of(cmdlet: Cmdlet, parameter: Parameter) -> str:
    """Return the control, by which the page and the reading of what it posts agree.

    One of tristate, radio, select, checks, lines, change, datetime, size, count, duration, table, secret, number, guid,
    prose and text.
    """
    if parameter.secret:
        return "secret"
    if parameter.kind is Kind.HASHTABLE:
        return "prose" if parameter.multivalued else "table"
    if parameter.add_remove and cmdlet.risk != "read":
        return "change"
    if parameter.multivalued or parameter.add_remove:
        return "checks" if 0 < len(_closed(parameter)) <= _MOST_CHECKS else "lines"
    if closed := _closed(parameter):
        return "radio" if len(closed) <= FEW else "select"
    if parameter.kind is Kind.UNLIMITED:
        return _limit(parameter)
    if parameter.kind in _BY_KIND:
        return _BY_KIND[parameter.kind]
    return "prose" if _PROSE.search(parameter.name) and not parameter.values else "text"


def choices_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the values to choose from, or, where the list may be incomplete, to suggest."""
    if parameter.kind is Kind.UNLIMITED:
        return (UNLIMITED,)
    return parameter.enum_values or parameter.values


def units_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the units in which a size is given."""
    return (*SIZE_UNITS, UNLIMITED) if parameter.kind is Kind.UNLIMITED else SIZE_UNITS


def is_nullable(cmdlet: Cmdlet, parameter: Parameter, *, required: bool) -> bool:
    """Whether the value may be emptied with $null: a setting that is there already, and is no name or switch."""
    is_setting = cmdlet.verb == "Set" and not required
    return is_setting and parameter.name != "Identity" and parameter.kind is not Kind.SWITCH


def _closed(parameter: Parameter) -> tuple[str, ...]:
    """Return the values of an enumeration whose list is whole."""
    is_whole = parameter.kind is Kind.ENUM and not parameter.values_open
    return parameter.enum_values if is_whole else parameter.accepted_values


def _limit(parameter: Parameter) -> str:
    if _COUNTED.search(parameter.name):
        return "count"
    return "size" if _MEASURED.search(parameter.name) else "text"
