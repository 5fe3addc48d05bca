"""Organization variables: `{default_domain}` in a parameter stands for another text in each organization."""

import re
from collections.abc import Mapping
from typing import Any

VARIABLES: Mapping[str, str] = {
    "default_domain": "the default domain",
    "initial_domain": "the domain under onmicrosoft.com",
    "name": "the name of the organization",
    "tenant_id": "the tenant id",
}
"""Every organization variable, with what it stands for; each is a field of an organization."""

_VARIABLE = re.compile(rf"\{{({'|'.join(VARIABLES)})\}}")


def fill_in(parameters: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return encoded `parameters` with each organization variable that `values` has replaced by its value.

    Other braces stay. Inside single quotes of a filter, a value's own quotes are doubled, so that they do not end the
    text there.
    """
    return {name: _filled(value, values, is_filter=name.endswith("Filter")) for name, value in parameters.items()}


def _filled(value: Any, values: Mapping[str, str], *, is_filter: bool = False) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, values, is_filter=is_filter), value)
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, dict):
        return {_filled(key, values): _filled(item, values) for key, item in value.items()}
    return value


def _value(found: re.Match[str], values: Mapping[str, str], *, is_filter: bool) -> str:
    value = values.get(found[1], found[0])
    is_quoted = is_filter and found.string.count("'", 0, found.start()) % 2 == 1
    return value.replace("'", "''") if is_quoted else value
