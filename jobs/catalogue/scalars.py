"""Check one scalar against one parameter and turn it into its Python type.

Each function takes the parameter and a value from JSON (or already typed) and returns the typed value; it raises
`BadValue` with a sentence. Times without a zone are UTC.
"""

import base64
import binascii
import math
import re
import uuid
from collections.abc import Callable

from jobs.catalogue.addresses import address_range, domain, email_address, proxy_address, web_address
from jobs.catalogue.cmdlets import Parameter, nearest
from jobs.catalogue.corrections import MISPLACED_TOKENS
from jobs.catalogue.kinds import INTEGER_LIMITS, Kind
from jobs.catalogue.problems import BadValue
from jobs.catalogue.secret_values import LONGEST_BYTES
from jobs.catalogue.texts import describe, filled, for_instance, text
from jobs.catalogue.times import parse_datetime

_SIZE = re.compile(r"\d+(?:[.,]\d+)*\s*(?:[KMGT]?B)?(?:\s*\([\d,.]+ bytes\))?", re.IGNORECASE | re.ASCII)
_TIMESPAN = re.compile(r"-?(?:\d+\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d{1,7})?)?|-?\d+", re.ASCII)
_CULTURE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_MOST_COUNTED = 2**32 - 1  # the documentation calls these types Unlimited of UInt32


def _within(parameter: Parameter, number: float) -> None:
    if parameter.range and not parameter.range[0] <= number <= parameter.range[1]:
        low, high = parameter.range
        raise BadValue(f"must be between {low} and {high}, not {number}")


def _string(parameter: Parameter, value: object) -> object:
    result = text(value, lines=True)
    if parameter.max_length is not None and len(result) > parameter.max_length:
        raise BadValue(f"is {len(result)} characters long; at most {parameter.max_length} are allowed")
    if parameter.accepted_values:
        return _token(parameter, result)
    return result


def _identity(parameter: Parameter, value: object) -> object:
    result = filled(value)
    if parameter.max_length is not None and len(result) > parameter.max_length:
        raise BadValue(f"is {len(result)} characters long; at most {parameter.max_length} are allowed")
    return result


def _token(parameter: Parameter, word: str) -> str:
    """Return the documented spelling of one token. Exchange completes prefixes itself, so a near miss is refused."""
    allowed = parameter.enum_values
    for candidate in allowed:
        if candidate.lower() == word.strip().lower():
            return candidate
    near = nearest(word, allowed, limit=1)
    instead = MISPLACED_TOKENS.get((parameter.type, word.strip().lower()))
    suggestion = instead or (f"Did you mean {near[0]}?" if near else None)
    if len(allowed) == 1:
        raise BadValue(f"must be {allowed[0]}, not {word[:80]!r}", suggestion)
    shown = ", ".join(allowed[:25]) + (" …" if len(allowed) > 25 else "")
    raise BadValue(f"must be one of {shown}; {word[:80]!r} is none of them", suggestion)


def _enum(parameter: Parameter, value: object) -> object:
    if not isinstance(value, str):
        raise BadValue(f"must be one of {', '.join(parameter.enum_values[:25])}, not {describe(value)}")
    words = [word for word in filled(value).split(",") if word.strip()]
    return ", ".join(_token(parameter, word) for word in words or [value])


def _boolean(_parameter: Parameter, value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    word = value.strip().lower().removeprefix("$") if isinstance(value, str) else ""
    suggestion = f"Give {word}." if word in ("true", "false") else None
    raise BadValue(f"must be true or false, not {describe(value)}", suggestion)


def _integer(parameter: Parameter, value: object) -> object:
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number, not {describe(value)}")
    low, high = INTEGER_LIMITS.get(parameter.type, INTEGER_LIMITS["Int64"])
    if not low <= value <= high:
        raise BadValue(f"must be between {low} and {high}")
    _within(parameter, value)
    listed = [int(token) for token in parameter.values if _INTEGER.fullmatch(token)]
    if len(listed) > 1 and not parameter.values_open and value not in listed:
        raise BadValue(f"must be one of {', '.join(map(str, listed))}, not {value}")
    return value


def _number(parameter: Parameter, value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,20})?", value.strip(), re.ASCII):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadValue(f"must be a number, not {describe(value)}")
    _within(parameter, value)
    return value


def _unlimited(parameter: Parameter, value: object) -> object:
    if isinstance(value, str) and value.strip().lower() == "unlimited":
        return "Unlimited"
    wanted = "a whole number or Unlimited" if parameter.name.endswith("ResultSize") else "a number or Unlimited"
    suggestion = for_instance("Unlimited")
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        most = _most(parameter)
        if not 0 <= value <= most:
            raise BadValue(f"must be {wanted}, from 0 to {most}", suggestion)
        _within(parameter, value)
        return value
    if isinstance(value, str) and parameter.name != "ResultSize":
        for other in (_size, _timespan):
            try:
                return other(parameter, value)
            except BadValue:
                continue
    raise BadValue(f"must be {wanted}, not {describe(value)}", suggestion)


def _most(parameter: Parameter) -> int:
    """Return the largest number: counts are UInt32, sizes are bytes."""
    is_size = parameter.name.endswith(("Size", "Quota")) and not parameter.name.endswith("ResultSize")
    return 2**63 - 1 if is_size else _MOST_COUNTED


def _size(_parameter: Parameter, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return str(value)
    if isinstance(value, str) and _SIZE.fullmatch(value.strip()):
        return value.strip()
    raise BadValue(f"must be a size such as 10MB or 49.5 GB, not {describe(value)}", for_instance("10MB"))


def _datetime(_parameter: Parameter, value: object) -> object:
    return parse_datetime(value)


def _timespan(_parameter: Parameter, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = _TIMESPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise BadValue(
            f"must be a duration such as 1.00:00:00 (one day), not {describe(value)}", for_instance("1.00:00:00")
        )
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        raise BadValue("must be a duration written days.hours:minutes:seconds", for_instance("1.00:00:00"))
    return found.group()


def _guid(_parameter: Parameter, value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    stripped = value.strip().removeprefix("{").removesuffix("}") if isinstance(value, str) else ""
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}", stripped):
        raise BadValue("must be a GUID such as 3f2504e0-4f89-11d3-9a0c-0305e82c3301")
    return str(uuid.UUID(stripped))


def _culture(_parameter: Parameter, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**16:
        return str(value)
    if isinstance(value, str) and (_CULTURE.fullmatch(value.strip()) or re.fullmatch(r"\d{1,5}", value, re.ASCII)):
        return value.strip()
    raise BadValue("must be a culture code", for_instance("en-US"))


def _bytes(_parameter: Parameter, value: object) -> object:
    if isinstance(value, bytes):
        return value
    if isinstance(value, list) and all(isinstance(b, int) and not isinstance(b, bool) and 0 <= b < 256 for b in value):
        return bytes(value)
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise BadValue("must be the content of a file, in base64") from None


def _other(parameter: Parameter, value: object) -> object:
    """A type that the documentation names but does not describe: anything that JSON can hold, within its range."""
    if isinstance(value, int | float):
        if not abs(value) < 2**64:
            raise BadValue("must be a number that fits into 64 bits")
        _within(parameter, value)
        return value
    return filled(value)


def _secret(_parameter: Parameter, value: object) -> object:
    if not isinstance(value, str) or not value:
        raise BadValue("must be a password, as text")
    if "\0" in value:
        raise BadValue("contains a NUL character, which no password holds")
    if len(value.encode(errors="replace")) > LONGEST_BYTES:
        raise BadValue(f"must have at most {LONGEST_BYTES} bytes: Exchange takes it encrypted with a key of that size")
    return value


def _credential(_parameter: Parameter, _value: object) -> object:
    raise BadValue("is a credential, and Signalbox does not send credentials to Exchange")


def _stream(_parameter: Parameter, _value: object) -> object:
    raise BadValue("is a data stream, which cannot be sent over the REST connection")


SCALARS: dict[Kind, Callable[[Parameter, object], object]] = {
    Kind.ADDRESS: email_address,
    Kind.ADDRESS_RANGE: address_range,
    Kind.BOOL: _boolean,
    Kind.BYTES: _bytes,
    Kind.CREDENTIAL: _credential,
    Kind.CULTURE: _culture,
    Kind.DATETIME: _datetime,
    Kind.DOMAIN: domain,
    Kind.ENUM: _enum,
    Kind.GUID: _guid,
    Kind.IDENTITY: _identity,
    Kind.INT: _integer,
    Kind.NUMBER: _number,
    Kind.OTHER: _other,
    Kind.PROXY_ADDRESS: proxy_address,
    Kind.SECRET: _secret,
    Kind.SIZE: _size,
    Kind.STREAM: _stream,
    Kind.STRING: _string,
    Kind.SWITCH: _boolean,
    Kind.TIMESPAN: _timespan,
    Kind.UNLIMITED: _unlimited,
    Kind.URI: web_address,
}
"""The check of each kind of scalar; hashtables are checked in `values`."""
