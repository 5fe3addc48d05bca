"""Text as every kind of value begins: without control characters, and how to tell a person what is expected."""

from jobs.catalogue.problems import BadValue

_LINE_BREAKING = frozenset("\t\r\n")


def describe(value: object) -> str:
    """Return what a value is in a person's words."""
    if value is None:
        return "nothing"
    words = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        dict: "a hashtable",
        list: "a list",
    }
    return words.get(type(value), type(value).__name__)


def text(value: object, *, lines: bool = False) -> str:
    """Return a string without control characters; whole numbers become text as PowerShell makes them."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64:
        return str(value)
    if not isinstance(value, str):
        raise BadValue(f"must be text, not {describe(value)}")
    for character in value:
        if (character < " " and not (lines and character in _LINE_BREAKING)) or character == "\x7f":
            raise BadValue(f"contains the control character U+{ord(character):04X}")
        if "\ud800" <= character <= "\udfff":
            raise BadValue(f"contains half of a character (U+{ord(character):04X})")
    return value


def filled(value: object) -> str:
    """Return a string without control characters that is not blank."""
    result = text(value)
    if not result.strip():
        raise BadValue("must not be empty")
    return result


def for_instance(example: str) -> str:
    """Return a suggestion that shows one value."""
    return f"For instance {example}."
