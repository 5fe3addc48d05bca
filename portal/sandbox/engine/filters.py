"""OPATH filters: -eq -ne -like -notlike -gt -lt -ge -le -and -or -not, parentheses, quotes, $true $false $null."""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from portal.sandbox.errors import CmdletError

Predicate = Callable[[Mapping[str, Any]], bool]

INVALID_FILTER = "System.Management.Automation.ParsingException"
_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<op>-[A-Za-z]+)|'(?P<single>(?:[^']|'')*)'|"(?P<double>[^"]*)"|\{(?P<block>[^{}]*)\}"""
    r"""|(?P<word>[^\s()'"]+))"""
)
_CONSTANTS: dict[str, Any] = {"$true": True, "$false": False, "$null": None}


def parse_filter(text: str) -> Predicate:
    """Parse a filter into a predicate over a row whose keys are lower case. Raises CmdletError if it is malformed."""
    tokens = _tokens(text.strip().removeprefix("{").removesuffix("}") if text.strip().startswith("{") else text)
    parser = _Parser(tokens, text)
    predicate = parser.disjunction()
    parser.expect_end()
    return predicate


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _malformed(text)
        kind = str(match.lastgroup)
        value = match.group(kind)
        found.append(("value", value.replace("''", "'")) if kind in {"single", "double"} else (kind, value))
        position = match.end()
    return found


def _malformed(text: str) -> CmdletError:
    return CmdletError(INVALID_FILTER, f'Invalid filter syntax. Cannot parse the filter "{text}".')


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._position = 0

    def disjunction(self) -> Predicate:
        terms = [self._conjunction()]
        while self._take_operator("-or"):
            terms.append(self._conjunction())
        return terms[0] if len(terms) == 1 else lambda row: any(term(row) for term in terms)

    def expect_end(self) -> None:
        if self._position != len(self._tokens):
            raise _malformed(self._text)

    def _conjunction(self) -> Predicate:
        terms = [self._term()]
        while self._take_operator("-and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda row: all(term(row) for term in terms)

    def _term(self) -> Predicate:
        if self._take_operator("-not"):
            negated = self._term()
            return lambda row: not negated(row)
        if self._peek() == ("paren", "("):
            self._position += 1
            inner = self.disjunction()
            if self._next() != ("paren", ")"):
                raise _malformed(self._text)
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        kind, name = self._next()
        operator_kind, operator = self._next()
        value_kind, value = self._next()
        compare = _COMPARISONS.get(operator.lower())
        if kind != "word" or operator_kind != "op" or compare is None or value_kind not in {"word", "value"}:
            raise _malformed(self._text)
        wanted = _CONSTANTS.get(value.lower(), value) if value_kind == "word" else value
        return lambda row: compare(row.get(name.lower()), wanted)

    def _take_operator(self, operator: str) -> bool:
        kind, value = self._peek()
        if kind == "op" and value.lower() == operator:
            self._position += 1
            return True
        return False

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._position] if self._position < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._position += 1
        return token


def _text_of(value: Any) -> str:
    return "" if value is None else str(value).lower()


def _equal(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, list):
        return any(_equal(element, wanted) for element in actual)
    return _text_of(actual) == _text_of(wanted)


def _like(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, list):
        return any(_like(element, wanted) for element in actual)
    return fnmatchcase(_text_of(actual), _text_of(wanted).replace("[", "[[]"))


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(actual: Any, wanted: Any) -> bool:
        if actual is None:
            return False
        try:
            return test(float(actual), float(wanted))
        except (TypeError, ValueError):
            return test(_text_of(actual), _text_of(wanted))

    return compare


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "-eq": _equal,
    "-ne": lambda actual, wanted: not _equal(actual, wanted),
    "-like": _like,
    "-notlike": lambda actual, wanted: not _like(actual, wanted),
    "-gt": _ordered(lambda a, b: a > b),
    "-lt": _ordered(lambda a, b: a < b),
    "-ge": _ordered(lambda a, b: a >= b),
    "-le": _ordered(lambda a, b: a <= b),
}
