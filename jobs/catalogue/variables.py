"""Organization variables: `{default_domain}` in a text stands for another value in each organization."""

import re
from collections.abc import Callable, Collection, Mapping

from jobs.catalogue.problems import BadValue

VARIABLES: Mapping[str, str] = {
    "default_domain": "the default domain",
    "initial_domain": "the domain under onmicrosoft.com",
    "name": "the name",
    "tenant_id": "the tenant id",
}
"""The variables that every organization has by itself, with what each stands for; people set others."""

MARK = re.compile(r"(?<!\\[pP])(?:\{\{(?P<literal>[A-Za-z_]\w*)\}\}|\{(?P<name>[A-Za-z_]\w*)\})", re.ASCII)
"""A variable as it is written, `{name}`, or a literal word in braces, `{{literal}}`.

Filters and GUIDs in braces hold more than one word, and `\\p{Lu}` is a class of characters.
"""

_SAMPLES: Mapping[str, str] = {
    "default_domain": "contoso.com",
    "initial_domain": "contoso.onmicrosoft.com",
    "name": "Contoso",
    "tenant_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
}
# PowerShell keeps these for itself, or our scripts do; it does not tell cases apart.
_TAKEN = frozenset(
    {
        *("accesstoken", "args", "certificate", "credential", "domain", "error", "event", "executioncontext", "false"),
        *("foreach", "home", "host", "input", "lastexitcode", "matches", "myinvocation", "null", "organization"),
        *("organizations", "pid", "profile", "psboundparameters", "psdefaultparametervalues", "pshome", "psitem"),
        *("psversiontable", "pwd", "sender", "shellid", "stacktrace", "switch", "this", "true"),
    }
)


class Verbatim(str):
    """A text in which braces stand for themselves: what was filled in is not searched for variables again."""

    __slots__ = ()


def verbatim(value: object) -> object:
    """Return a value of any depth with each text as `Verbatim`."""
    return with_texts(value, Verbatim)


def with_texts(value: object, change: Callable[[str], str]) -> object:
    """Return a value of any depth with each text, keys as well, changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [with_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {with_texts(key, change): with_texts(item, change) for key, item in value.items()}
    return value


def words_in(value: object) -> set[str]:
    """Return the words that stand as variables in a value of any depth, whether there are such variables or not."""
    return {found["name"] for found in _marks(value) if found["name"]}


def holds_marks(value: object) -> bool:
    """Whether a value of any depth holds a variable or a literal word in braces."""
    return bool(_marks(value))


def filled(text: str, value_of: Callable[[re.Match[str]], str]) -> str:
    """Return `text` with `value_of` each variable that was found, and each `{{word}}` as `{word}`."""
    return MARK.sub(lambda found: f"{{{found['literal']}}}" if found["literal"] else value_of(found), text)


def with_samples(text: str) -> str:
    """Return `text` with a plausible value for each variable that every organization has."""
    return filled(text, lambda found: _SAMPLES.get(found["name"], found[0]))


def refuse_unknown(value: object, own: Collection[str]) -> None:
    """Raise `BadValue` if a word in braces is no variable, neither one of all nor one of `own`, which people set.

    Sent as it stands, it would be the same everywhere.
    """
    known = [*VARIABLES, *(name for name in sorted(own) if name not in VARIABLES)]
    for word in sorted(words_in(value) - set(known)):
        there_are = ", ".join(f"{{{name}}}" for name in known)
        meant = f"Write {{{word.lower()}}}. " if word.lower() in known else ""
        raise BadValue(
            f"has {{{word}}}, which is no organization variable. There are {there_are}",
            f"{meant}For the word in braces itself, write {{{{{word}}}}}.",
        )


def is_quoted(found: re.Match[str]) -> bool:
    """Whether a variable that was found stands in single quotes, as in a filter."""
    return found.string.count("'", 0, found.start()) % 2 == 1


def powershell_name(name: str) -> str:
    """Return the name of the variable of PowerShell that holds a variable's value."""
    return f"{name}_" if name in _TAKEN else name


def _marks(value: object) -> list[re.Match[str]]:
    if isinstance(value, Verbatim):
        return []
    if isinstance(value, str):
        return list(MARK.finditer(value))
    if isinstance(value, dict):
        return _marks([*value, *value.values()])
    return [found for item in value for found in _marks(item)] if isinstance(value, list | tuple) else []
