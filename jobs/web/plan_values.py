"""From the parameters of a plan, as they are sent, back to what a person types for them (exchange-protocol.md 3.4)."""

from collections.abc import Mapping
from typing import Any

from jobs.catalogue.cmdlets import Cmdlet, Parameter
from jobs.catalogue.kinds import Kind
from jobs.catalogue.secret_values import HIDDEN
from jobs.catalogue.text_values import format_value

_TYPE = "@odata.type"


def typed_texts(cmdlet: Cmdlet, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return what to type for each parameter of a plan; without Confirm, which is always sent, and secrets."""
    return {
        name: _text(cmdlet.parameters[name], _plain(value))
        for name, value in parameters.items()
        if name in cmdlet.parameters and name != "Confirm" and value != HIDDEN
    }


def _plain(value: Any) -> Any:
    """Return an encoded value without the protocol's type annotations; content in Base64 stays text."""
    if isinstance(value, dict):
        inner = {key: _plain(item) for key, item in value.items() if key != _TYPE}
        return inner["Data"] if value.get(_TYPE, "").endswith("ByteArrayType") else inner
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _text(parameter: Parameter, value: Any) -> str:
    if isinstance(value, bool) and parameter.kind in (Kind.BOOL, Kind.SWITCH):
        return "yes" if value else "no"
    if isinstance(value, list) and value and all(_is_line(item) for item in value):
        return "\n".join(value)
    if isinstance(value, dict) and parameter.add_remove and _are_lines(value):
        signs = {"Add": "+", "Remove": "-"}
        return "\n".join(f"{signs[key]}{item}" for key, items in value.items() for item in items)
    if parameter.kind is Kind.DATETIME and isinstance(value, str):
        return value
    return format_value(parameter, value)


def _are_lines(change: Mapping[str, Any]) -> bool:
    return all(key in ("Add", "Remove") and all(_is_line(item) for item in items) for key, items in change.items())


def _is_line(item: object) -> bool:
    """Whether `item` can stand on a line of its own and be read back as it is."""
    return (
        isinstance(item, str) and item == item.strip() and item != "" and "\n" not in item and item[0] not in "+-@'\"("
    )
