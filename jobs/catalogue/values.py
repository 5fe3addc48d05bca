"""Check one parameter's whole value: a scalar, a list, a hashtable, or nothing."""

import math
from datetime import date, datetime

from jobs.catalogue.cmdlets import Parameter
from jobs.catalogue.kinds import Kind
from jobs.catalogue.problems import BadValue
from jobs.catalogue.scalars import SCALARS
from jobs.catalogue.secret_values import SecretValue
from jobs.catalogue.texts import describe, text
from jobs.catalogue.times import parse_datetime
from jobs.catalogue.variables import VARIABLES, holds_marks, with_samples, words_in

_MAX_DEPTH = 10  # the module serialises no deeper (exchange-protocol.md 3.4)
_CHANGE_KEYS = {"add": "Add", "remove": "Remove"}
# A list of these becomes one value of flags, or an element list that the documentation does not mark as such.
_LIST_TOLERANT = frozenset({Kind.ENUM, Kind.OTHER})
_NO_TEXT = frozenset({Kind.BOOL, Kind.BYTES, Kind.DATETIME, Kind.INT, Kind.NUMBER, Kind.SWITCH})


def typed_value(parameter: Parameter, value: object, *, reading: bool, required: bool) -> object:
    """Return `value` as the Python type that `parameter` takes.

    `reading` says that the cmdlet only reads, `required` that the parameter must be given: both make empty values
    pointless. Strings, numbers, booleans, UTC datetimes, bytes, lists and hashtables (dict) come back, or None for
    PowerShell's $null; a `SecretValue` of one of these for a secret parameter. Raises `BadValue`.
    """
    if isinstance(value, SecretValue):
        value = value.reveal()
    typed = _typed(parameter, value, reading=reading, required=required)
    return SecretValue(typed, is_protected=parameter.kind is Kind.SECRET) if parameter.secret and typed else typed


def _typed(parameter: Parameter, value: object, *, reading: bool, required: bool) -> object:
    if parameter.kind in (Kind.SECRET, Kind.CREDENTIAL, Kind.STREAM):
        return SCALARS[parameter.kind](parameter, value)
    if value is None:
        _refuse_null(parameter, reading=reading, required=required)
        return None
    if isinstance(value, str | list | tuple | dict) and not value:
        _refuse_empty(parameter, value, reading=reading, required=required)
    if isinstance(value, str) and required and not value.strip():
        raise BadValue("must not be empty")
    if parameter.kind is Kind.HASHTABLE:
        return _hashtables(parameter, value)
    if isinstance(value, dict):
        return _change(parameter, value)
    if parameter.multivalued:
        return _elements(parameter, value)
    if isinstance(value, list | tuple) and parameter.kind is not Kind.BYTES:
        return _unmarked_list(parameter, list(value))
    return _scalar(parameter, value)


def _scalar(parameter: Parameter, value: object) -> object:
    """Return a typed scalar; a text with organization variables keeps them, and is checked with plausible values.

    A text with variables that people set is checked when their values are filled in.
    """
    check = SCALARS[parameter.kind]
    if not isinstance(value, str) or parameter.secret or not holds_marks(value):
        return check(parameter, value)
    if words_in(value) - VARIABLES.keys():
        if parameter.kind in _NO_TEXT:
            raise BadValue(f"takes no text ({parameter.kind}), and an organization variable is one", "Type the value.")
        return value.strip()
    sample = with_samples(value)
    return value if check(parameter, sample) == sample else value.strip()


def _refuse_null(parameter: Parameter, *, reading: bool, required: bool) -> None:
    if required or reading or parameter.name == "Identity":
        raise BadValue("must have a value")
    if parameter.kind is Kind.SWITCH:
        raise BadValue("must be true or false, not nothing")


def _refuse_empty(parameter: Parameter, value: object, *, reading: bool, required: bool) -> None:
    if required or reading or parameter.name == "Identity":
        raise BadValue("must not be empty")
    if isinstance(value, list | tuple | dict) and not (parameter.multivalued or parameter.kind is Kind.HASHTABLE):
        raise BadValue(f"takes one value, not {describe(value)}")


def _elements(parameter: Parameter, value: object) -> list[object]:
    """Return a list of typed elements; one scalar is a list of one, as in PowerShell."""
    items = list(value) if isinstance(value, list | tuple) else [value]
    return [_element(parameter, item) for item in items]


def _element(parameter: Parameter, item: object) -> object:
    if item is None or item == "":
        raise BadValue("contains an empty element")
    if isinstance(item, list | tuple | dict):
        raise BadValue(f"contains {describe(item)} where one value is expected")
    return _scalar(parameter, item)


def _change(parameter: Parameter, value: dict[object, object]) -> dict[str, object]:
    """Return a partial change of a multivalued property, with the keys Add and Remove."""
    if parameter.kind is Kind.OTHER and not parameter.add_remove:
        return _hashtable(value, depth=1)
    if not parameter.add_remove:
        raise BadValue("does not take a hashtable", "Give a list of values." if parameter.multivalued else None)
    change: dict[str, object] = {}
    for key, items in value.items():
        canonical = _CHANGE_KEYS.get(str(key).lower())
        if canonical is None:
            raise BadValue(f"takes a hashtable with the keys Add and Remove; {str(key)[:40]!r} is neither")
        if canonical in change:
            raise BadValue(f"has the key {canonical} twice")
        elements = _elements(parameter, items)
        if not elements:
            raise BadValue(f"has nothing under the key {canonical}")
        change[canonical] = elements
    return change


def _unmarked_list(parameter: Parameter, items: list[object]) -> object:
    """A list for a parameter documented as single: flags of an enumeration are joined, undescribed types keep it."""
    if parameter.kind not in _LIST_TOLERANT and not (parameter.type_alt or "").endswith("[]"):
        if parameter.type_alt == "MultiValuedProperty":
            return [_element(parameter, item) for item in items]
        raise BadValue("takes one value, not a list")
    elements = [_element(parameter, item) for item in items]
    if parameter.kind is Kind.ENUM:
        return ", ".join(str(element) for element in elements)
    return elements


def _hashtables(parameter: Parameter, value: object) -> object:
    if parameter.multivalued:
        items = list(value) if isinstance(value, list | tuple) else [value]
        return [_hashtable(item, depth=1) for item in items]
    return _hashtable(value, depth=1)


def _hashtable(value: object, *, depth: int) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadValue(f"must be a hashtable of keys and values, not {describe(value)}")
    if depth > _MAX_DEPTH:
        raise BadValue(f"is nested deeper than {_MAX_DEPTH} levels")
    result: dict[str, object] = {}
    for key, item in value.items():
        name = text(key)
        if not name.strip():
            raise BadValue("has an empty key")
        if name.startswith("@") or "@odata." in name:
            raise BadValue(f"has the key {name[:40]!r}, which the protocol keeps for itself")
        if name.lower() in {known.lower() for known in result}:
            raise BadValue(f"has the key {name[:40]!r} twice")
        result[name] = _inner(item, depth=depth + 1)
    return result


def _inner(item: object, *, depth: int) -> object:
    if isinstance(item, dict):
        return _hashtable(item, depth=depth)
    if isinstance(item, list | tuple):
        if depth > _MAX_DEPTH:
            raise BadValue(f"is nested deeper than {_MAX_DEPTH} levels")
        return [_inner(element, depth=depth + 1) for element in item]
    if isinstance(item, str):
        return text(item, lines=True)
    if isinstance(item, datetime | date):
        return parse_datetime(item)
    if isinstance(item, float) and not math.isfinite(item):
        raise BadValue("contains a number that is not finite")
    if isinstance(item, int) and not -(2**63) <= item < 2**64:
        raise BadValue("contains a number that is too large")
    if item is None or isinstance(item, bool | int | float):
        return item
    raise BadValue(f"contains {describe(item)}, which cannot be sent")
