"""The values that literals of a parsed PowerShell source stand for. Nothing is evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass

from tree_sitter import Node

from jobs.catalogue.powershell_source import unescaped

_CONSTANTS: Mapping[str, object] = {"$true": True, "$false": False, "$null": None}
_HARMLESS_CASTS = frozenset(
    {"string", "int", "int32", "int64", "long", "bool", "datetime", "guid", "timespan", "array"}
)
_MOST_SHOWN = 60


class NotLiteral(ValueError):
    """A piece of the source has to be computed; the message says what it is and what to do."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry of a table whose value has to be computed; `text` is its source."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table that may hold more than `entries`: some are written where it depends on a condition."""

    entries: dict[str, object]


def shown(text: str) -> str:
    """Return a piece of source on one line, in backticks, shortened."""
    line = " ".join(text.split())
    return f"`{line[: _MOST_SHOWN - 1]}…`" if len(line) > _MOST_SHOWN else f"`{line}`"


def source(node: Node) -> str:
    """Return the text of a node."""
    return (node.text or b"").decode()


def value(node: Node, variables: Mapping[str, object]) -> object:
    """Return what `node` stands for: text, number, boolean, None, list or dict; raises `NotLiteral`.

    `variables` are those with a known value, by lower-case name without the dollar.
    """
    node = _innermost(node)
    reader = _READERS.get(node.type)
    if reader is None or node.is_error:
        raise NotLiteral(f"{shown(source(node))} is computed by PowerShell: type its value.")
    return reader(node, variables)


def _innermost(node: Node) -> Node:
    """Return the first node inside that says more than that it holds another."""
    while node.type not in _READERS and node.named_child_count == 1 and node.child_count == 1:
        node = node.named_children[0]
    return node


def _list(node: Node, variables: Mapping[str, object]) -> object:
    if node.has_error:
        raise NotLiteral(f"{shown(source(node))} cannot be read: type its value.")
    if node.child_count == 1:
        return value(node.children[0], variables)
    return [value(child, variables) for child in node.named_children]


def _array(node: Node, variables: Mapping[str, object]) -> object:
    """Return what stands in `@( … )`, in one list."""
    items: list[object] = []
    for statements in node.named_children:
        for statement in statements.named_children:
            if statement.type == "empty_statement":
                continue
            found = value(statement, variables)
            items.extend(found if isinstance(found, list) else [found])
    return items


def _bracketed(node: Node, variables: Mapping[str, object]) -> object:
    if node.named_child_count != 1:
        raise NotLiteral(f"{shown(source(node))} is computed by PowerShell: type its value.")
    return value(node.named_children[0], variables)


def _text(node: Node, variables: Mapping[str, object]) -> object:
    return value(node.children[0], variables)


def _verbatim(node: Node, _variables: Mapping[str, object]) -> object:
    return source(node)[1:-1].replace("''", "'")


def _expandable(node: Node, variables: Mapping[str, object]) -> object:
    """Return a double-quoted text with the variables in it put in, as far as they are known."""
    content, start, parts = node.text or b"", node.start_byte, []
    at = 1
    for child in node.named_children:
        if child.type not in ("variable", "sub_expression"):
            continue
        parts.append(content[at : child.start_byte - start].decode())
        inserted = value(child, variables) if child.type == "variable" else [source(child)]
        if isinstance(inserted, list | dict):
            raise NotLiteral(f"{shown(source(node))} is computed by PowerShell: type its value.")
        parts.append("" if inserted is None else str(inserted).replace("`", "``"))
        at = child.end_byte - start
    parts.append(content[at:-1].decode())
    return unescaped("".join(parts).replace('""', '"'))


def _number(node: Node, _variables: Mapping[str, object]) -> object:
    """Return a number; one that is written in another way than it would be shown stays as it is written."""
    written = source(node)
    for number in (int, float):
        try:
            if str(number(written)) == written:
                return number(written)
        except ValueError:
            continue
    return written


def _variable(node: Node, variables: Mapping[str, object]) -> object:
    name = source(node).lower()
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    if name[1:] in variables:
        return variables[name[1:]]
    raise NotLiteral(f"{shown(source(node))} is a variable: type its value.")


def _signed(node: Node, variables: Mapping[str, object]) -> object:
    """Return a number with its sign, or what a cast to a simple type is given."""
    child = node.named_children[-1] if node.named_child_count else node
    if node.child_count == 2 and source(node.children[0]) in ("-", "+"):
        number = value(child, variables)
        if isinstance(number, int | float) and not isinstance(number, bool):
            return -number if source(node.children[0]) == "-" else number
    if node.child_count == 1 and child.type == "cast_expression":
        return value(child, variables)
    raise NotLiteral(f"{shown(source(node))} is computed by PowerShell: type its value.")


def _sum(node: Node, variables: Mapping[str, object]) -> object:
    """Return texts put together with plus signs."""
    if node.child_count == 1:
        return value(node.children[0], variables)
    first, *others = (value(child, variables) for child in node.named_children)
    signs = {source(child) for child in node.children if not child.is_named}
    if signs != {"+"} or not isinstance(first, str) or any(isinstance(o, list | dict) for o in others):
        raise NotLiteral(f"{shown(source(node))} is computed by PowerShell: type its value.")
    return first + "".join("" if other is None else str(other) for other in others)


def _cast(node: Node, variables: Mapping[str, object]) -> object:
    type_name = source(node.children[0]).strip("[]").lower().removeprefix("system.").removesuffix("[]")
    if type_name not in _HARMLESS_CASTS:
        raise NotLiteral(f"{shown(source(node))} is computed by PowerShell: type its value.")
    return value(node.children[-1], variables)


def _table(node: Node, variables: Mapping[str, object]) -> object:
    table: dict[str, object] = {}
    for body in node.named_children:
        for entry in body.named_children:
            if entry.type != "hash_entry" or entry.named_child_count != 2:
                raise NotLiteral(f"{shown(source(node))} is not a plain table: type its value.")
            key, content = entry.named_children
            table[key_text(key, variables)] = value(content, variables)
    return table


def key_text(node: Node, variables: Mapping[str, object]) -> str:
    """Return the key of an entry of a table; raises `NotLiteral`."""
    inner = _innermost(node)
    return source(inner) if inner.type not in _READERS else str(value(inner, variables))


def _script(node: Node, _variables: Mapping[str, object]) -> object:
    """Return the inside of `{ … }`, which filters take as text."""
    return source(node)[1:-1].strip()


def _call(node: Node, variables: Mapping[str, object]) -> object:
    """Return the Base64 that `[Convert]::FromBase64String('…')` is given: content stays in Base64."""
    called = source(node).replace(" ", "").lower().removeprefix("[system.").removeprefix("[")
    inner = node.named_children[-1]
    if not called.startswith("convert]::frombase64string(") or inner.named_child_count != 1:
        raise NotLiteral(f"{shown(source(node))} is computed by PowerShell: type its value.")
    argument = inner.named_children[0]
    while argument.type != "string_literal" and argument.named_child_count == 1:
        argument = argument.named_children[0]
    return value(argument, variables)


_READERS = {
    "additive_expression": _sum,
    "additive_argument_expression": _sum,
    "array_expression": _array,
    "array_literal_expression": _list,
    "cast_expression": _cast,
    "decimal_integer_literal": _number,
    "expandable_string_literal": _expandable,
    "expression_with_unary_operator": _signed,
    "hash_literal_expression": _table,
    "hexadecimal_integer_literal": _number,
    "invokation_expression": _call,
    "parenthesized_expression": _bracketed,
    "real_literal": _number,
    "script_block_expression": _script,
    "string_literal": _text,
    "variable": _variable,
    "verbatim_string_characters": _verbatim,
}
