"""Organization variables: `{default_domain}` in a text stands for another value in each organization."""

import re
from collections.abc import Mapping

from jobs.catalogue.problems import BadValue

VARIABLES: Mapping[str, str] = {
    "default_domain": "the default domain",
    "initial_domain": "the domain under onmicrosoft.com",
    "name": "the name",
    "tenant_id": "the tenant id",
}
"""Every organization variable, with what it stands for; each is a field of an organization."""

VARIABLE = re.compile(rf"\{{({'|'.join(VARIABLES)})\}}")
"""A variable as it is written, with its name as the first group."""

# One word in braces: filters and GUIDs hold more than that, and \p{Lu} is a class of characters.
_WORD = re.compile(r"(?<!\\p)(?<!\\P)\{([A-Za-z_]+)\}")
_SAMPLES: Mapping[str, str] = {
    "default_domain": "contoso.com",
    "initial_domain": "contoso.onmicrosoft.com",
    "name": "Contoso",
    "tenant_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
}


def variables_in(value: object) -> set[str]:
    """Return the names of the variables that occur in a value, at any depth."""
    if isinstance(value, str):
        return set(VARIABLE.findall(value))
    if isinstance(value, dict):
        return variables_in([*value, *value.values()])
    return set().union(*map(variables_in, value)) if isinstance(value, list) else set()


def with_samples(text: str) -> str:
    """Return `text` with a plausible value for each variable."""
    return VARIABLE.sub(lambda found: _SAMPLES[found[1]], text)


def refuse_unknown(text: str) -> None:
    """Raise `BadValue` if a word in braces is no variable: sent as it stands, it would be the same everywhere."""
    for word in _WORD.findall(text):
        if word not in VARIABLES:
            known = ", ".join(f"{{{name}}}" for name in VARIABLES)
            meant = f"Write {{{word.lower()}}}." if word.lower() in VARIABLES else None
            raise BadValue(f"has {{{word}}}, which is no organization variable. There are {known}", meant)


def is_quoted(found: re.Match[str]) -> bool:
    """Whether a variable that was found stands in single quotes, as in a filter."""
    return found.string.count("'", 0, found.start()) % 2 == 1
