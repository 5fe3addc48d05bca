"""Read a PowerShell literal: strings, numbers, $true, $false, $null, lists and hashtables.

Nothing is evaluated: variables and expressions are refused.
"""

from jobs.catalogue.problems import BadValue

_QUOTES = frozenset("'\u2018\u2019\u201a\u201b")
_DOUBLE_QUOTES = frozenset('"\u201c\u201d\u201e')
_DELIMITERS = frozenset(" \t\r\n,;(){}=@")
_VARIABLES = {"$true": True, "$false": False, "$null": None}
_MAX_DEPTH = 20


def parse_literal(text: str) -> object:
    """Return the value of one literal, or of several separated by commas as a list; raises `BadValue`."""
    reader = _Reader(text)
    value = reader.expression(0)
    reader.expect_end()
    return value


def is_literal(text: str) -> bool:
    """Whether `text` is a whole literal."""
    try:
        parse_literal(text)
    except BadValue:
        return False
    return True


class _Reader:
    """A recursive-descent reader over one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def expression(self, depth: int) -> object:
        """Read one value, or a list of values separated by commas."""
        if depth > _MAX_DEPTH:
            raise BadValue(f"is nested deeper than {_MAX_DEPTH} levels")
        values = [self.value(depth)]
        while self.skip(","):
            values.append(self.value(depth))
        return values if len(values) > 1 else values[0]

    def value(self, depth: int) -> object:
        self.blank()
        if self.skip("@{"):
            return self.hashtable(depth + 1)
        if self.skip("@("):
            return self.array(depth + 1)
        if self.skip("("):
            inner = self.expression(depth + 1)
            self.expect(")")
            return inner
        if self.at < len(self.text) and self.text[self.at] in _QUOTES:
            return self.string()
        if self.at < len(self.text) and self.text[self.at] in _DOUBLE_QUOTES:
            return self.expandable()
        return self.word()

    def array(self, depth: int) -> list[object]:
        if self.skip(")"):
            return []
        items: list[object] = []
        while True:
            inner = self.expression(depth)
            items.extend(inner if isinstance(inner, list) else [inner])
            if self.skip(")"):
                return items
            if not self.skip(";"):
                raise BadValue("has a list that is not closed; put the elements between @( and )")

    def hashtable(self, depth: int) -> dict[str, object]:
        table: dict[str, object] = {}
        while not self.skip("}"):
            key = str(self.value(depth))
            self.expect("=")
            if key.lower() in {known.lower() for known in table}:
                raise BadValue(f"has the key {key[:40]!r} twice")
            table[key] = self.expression(depth)
            if not self.separator():
                self.expect("}")
                break
        return table

    def separator(self) -> bool:
        """Pass a semicolon or a line break between two entries of a hashtable."""
        start = self.at
        self.blank()
        return self.skip(";") or "\n" in self.text[start : self.at]

    def string(self) -> str:
        """Read a single-quoted string, in which two quotes stand for one."""
        self.at += 1
        content: list[str] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in _QUOTES:
                if self.text[self.at + 1 : self.at + 2] not in _QUOTES:
                    self.at += 1
                    return "".join(content)
                self.at += 1
            content.append(character)
            self.at += 1
        raise BadValue("has a quoted text that is not closed")

    def expandable(self) -> str:
        """Read a double-quoted string; one that PowerShell would expand is refused."""
        self.at += 1
        start = self.at
        while self.at < len(self.text):
            if self.text[self.at] in _DOUBLE_QUOTES:
                self.at += 1
                return self.text[start : self.at - 1]
            if self.text[self.at] in "$`":
                raise BadValue("has a double-quoted text with $ or `; use single quotes")
            self.at += 1
        raise BadValue("has a quoted text that is not closed")

    def word(self) -> object:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _DELIMITERS:
            self.at += 1
        word = self.text[start : self.at]
        if not word:
            raise BadValue("cannot be read as a value")
        if word.lower() in _VARIABLES:
            return _VARIABLES[word.lower()]
        if word.startswith("$"):
            raise BadValue(f"names the variable {word[:40]}, which has no value here")
        for number in (int, float):
            try:
                return number(word) if word.isascii() and "_" not in word and word[-1].isdecimal() else word
            except ValueError:
                continue
        return word

    def blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def skip(self, mark: str) -> bool:
        """Pass `mark`, after blanks, if it comes next."""
        before = self.at
        self.blank()
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        self.at = before
        return False

    def expect(self, mark: str) -> None:
        if not self.skip(mark):
            raise BadValue(f"lacks a {mark} at character {self.at + 1}")

    def expect_end(self) -> None:
        self.blank()
        if self.at < len(self.text):
            raise BadValue(f"has something unexpected at character {self.at + 1}")
