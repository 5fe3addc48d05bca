"""Values of parameters: conversion, enumerations and their prefix match (exchange-protocol.md 3.4, 7.3 item 5)."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.sandbox.engine.catalogue import Parameter
from portal.sandbox.errors import TRANSFORMATION, VALIDATION, CmdletError

HASHTABLE_TAG = "#Exchange.GenericHashTable"
TAG = "@odata.type"
TRUE, FALSE = frozenset({"true", "$true", "1"}), frozenset({"false", "$false", "0"})


def convert(parameter: Parameter, value: Any, collection_tag: str = "") -> Any:
    """Return the value that a parameter takes.

    A tagged hashtable with Add/Remove stays a dict for a multivalued parameter. Raises CmdletError: F37 for values that
    do not fit the type, F38 for untagged hashtables.
    """
    if isinstance(value, dict):
        return _hashtable(parameter, value)
    if isinstance(value, list):
        if not parameter.multivalued and parameter.kind not in {"collection", "bytes", "other"}:
            raise _refusal(parameter, value, f'Cannot convert "System.Object[]" to type "{parameter.type}".')
        return [_element(parameter, element, collection_tag) for element in value]
    if value is None:
        return [] if parameter.multivalued else None
    converted = _scalar(parameter, value)
    return [converted] if parameter.multivalued else converted


def _element(parameter: Parameter, element: Any, collection_tag: str) -> Any:
    if isinstance(element, dict):
        if "GenericHashTable" in collection_tag:
            element = {TAG: HASHTABLE_TAG, **element}
        return _hashtable(parameter, element)
    return _scalar(parameter, element)


def _hashtable(parameter: Parameter, value: dict[str, Any]) -> Any:
    tag = value.get(TAG, "")
    if "ByteArrayType" in tag:
        return value.get("Data")
    if "GenericHashTable" not in tag:
        raise _refusal(
            parameter,
            value,
            'Cannot convert the "Newtonsoft.Json.Linq.JObject" value of type "Newtonsoft.Json.Linq.JObject" to type '
            '"Microsoft.Exchange.Configuration.Tasks.PswsHashtable".',
        )
    content: dict[str, Any] = {}
    for key, entry in value.items():
        if key.endswith(TAG):
            continue
        content[key] = _hashtable(parameter, entry) if isinstance(entry, dict) else entry
    if parameter.multivalued and {key.lower() for key in content} <= {"add", "remove"}:
        return {key.lower(): [_scalar(parameter, item) for item in _as_list(entry)] for key, entry in content.items()}
    return content


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _scalar(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, dict):
        return _hashtable(parameter, value)
    if value is None:
        return None
    if parameter.strict:
        return _enumeration(parameter, value)
    kind = "bool" if parameter.switch else parameter.kind.removesuffix("[]")
    converter = _CONVERTERS.get(kind)
    converted = converter(parameter, value) if converter else value
    if parameter.max_length and isinstance(converted, str) and len(converted) > parameter.max_length:
        raise CmdletError(
            VALIDATION,
            f'The property {parameter.name} value "{converted[:40]}" is too long. The maximum length allowed is '
            f"{parameter.max_length}.",
        )
    return converted


def _enumeration(parameter: Parameter, value: Any) -> Any:
    """An enumerated value; a unique prefix is accepted, as the service does (3.4)."""
    names = [part.strip() for part in str(value).split(",")]
    matched = [_enumerated(parameter, name) for name in names]
    return ", ".join(matched) if len(matched) > 1 else matched[0]


def _enumerated(parameter: Parameter, name: str) -> str:
    wanted = name.lower()
    exact = [known for known in parameter.values if known.lower() == wanted]
    prefixed = exact or [known for known in parameter.values if wanted and known.lower().startswith(wanted)]
    if len(prefixed) == 1:
        return prefixed[0]
    known_names = ", ".join(parameter.values)
    raise _refusal(
        parameter,
        name,
        f'Error: "Unable to match the identifier name {name} to a valid enumerator name. Specify one of the following '
        f'enumerator names and try again: {known_names}"',
    )


def _boolean(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise _refusal(parameter, value, f'Cannot convert value "{value}" to type "System.Boolean".')


def _number(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, str) and parameter.type == "UnlimitedInt" and value.lower() == "unlimited":
        return "Unlimited"
    try:
        number = float(value) if parameter.kind == "number" else int(value)
    except (TypeError, ValueError):
        raise _refusal(parameter, value, "Input string was not in a correct format.") from None
    if parameter.range and not parameter.range[0] <= number <= parameter.range[1]:
        raise CmdletError(
            VALIDATION,
            f"The value {number} of parameter {parameter.name} must be between {parameter.range[0]} and "
            f"{parameter.range[1]}.",
        )
    return number


def _guid(parameter: Parameter, value: Any) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise _refusal(parameter, value, "Guid should contain 32 digits with 4 dashes.") from None


def _date(parameter: Parameter, value: Any) -> str:
    text = str(value).strip()
    for parse in (datetime.fromisoformat, *(_with(form) for form in ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%d %B %Y"))):
        try:
            parse(text)
        except ValueError:
            continue
        return text
    raise _refusal(parameter, value, "The string was not recognized as a valid DateTime.")


def _with(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 - only the shape is checked


def _unlimited(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, str) and value.lower() == "unlimited":
        return "Unlimited"
    if isinstance(value, str) and not value.isdigit():
        if any(unit in value.upper() for unit in ("B", "KB", "MB", "GB", "TB", ".", ":")):
            return value
        raise _refusal(parameter, value, f'Cannot convert value "{value}" to type "{parameter.type}".')
    return int(value)


def _text(parameter: Parameter, value: Any) -> str:
    if isinstance(value, bool):
        raise _refusal(parameter, value, f'Cannot convert value "{value}" to type "{parameter.type}".')
    return str(value)


_CONVERTERS: dict[str, Callable[[Parameter, Any], Any]] = {
    "bool": _boolean,
    "switch": _boolean,
    "int": _number,
    "number": _number,
    "guid": _guid,
    "datetime": _date,
    "unlimited": _unlimited,
    "string": _text,
    "identity": _text,
    "address": _text,
    "domain": _text,
}


def _refusal(parameter: Parameter, value: Any, reason: str) -> CmdletError:
    shown = "System.Collections.Hashtable" if isinstance(value, dict) else value
    return CmdletError(
        TRANSFORMATION,
        f"Cannot process argument transformation on parameter '{parameter.name}'. Cannot convert value \"{shown}\" to "
        f'type "{parameter.type}". {reason}',
    )
