"""Which variables of a script have a value that can be known without running it.

A variable is constant when it is assigned once, outside loops and conditions, before it is used; a table may be
completed key by key. Inputs of the script (`param`) are never constant.
"""

from collections.abc import Iterator, Mapping

from tree_sitter import Node

from jobs.catalogue.powershell_commands import parser
from jobs.catalogue.powershell_source import canonical
from jobs.catalogue.powershell_values import NotLiteral, OpenTable, Unread, key_text, source, value
from jobs.scripts.blocks import Block
from jobs.scripts.found import Assignment, Found
from jobs.scripts.secrets import is_hidden
from jobs.scripts.tree import Source

_LONGEST_VALUE = 20_000
_WRAPPERS = 40
_MOST_WRITES = 200


class Variables:
    """All variables of one script; `at` tells which are known where."""

    def __init__(self, script: Source, found: Found) -> None:
        self.script = script
        self.writes: dict[str, list[Assignment]] = {}
        for write in found.assignments:
            self.writes.setdefault(write.name, []).append(write)
        self.known: dict[tuple[str, int], object] = {}
        self.reading: set[str] = set()

    def at(self, byte: int, block: Block) -> "Known":
        """Return the variables that are known where a command begins."""
        return Known(self, byte, block)

    def read(self, name: str, byte: int, block: Block) -> object:
        """Return the value of a variable; raises `KeyError` when it is not known."""
        every = self.writes.get(name, [])
        if len(every) > _MOST_WRITES:
            raise KeyError(name)
        writes = [write for write in every if _reaches(write, byte, block)]
        whole = [write for write in every if write.key is None and write.operator == "="]
        if len(whole) != 1 or whole[0] not in writes or not writes:
            raise KeyError(name)
        key = (name, len(writes))
        if key not in self.known:
            if name in self.reading:
                raise KeyError(name)
            self.reading.add(name)
            try:
                self.known[key] = self._built(writes)
            finally:
                self.reading.discard(name)
        found = self.known[key]
        if isinstance(found, Unread):
            raise KeyError(name)
        return found

    def _built(self, writes: list[Assignment]) -> object:
        """Return the value after all these writes, the first of which is the whole variable."""
        first, *others = writes
        built = self._value(first) if first.block.is_straight() and first.key is None else Unread("")
        for write in others:
            if not isinstance(built, dict | OpenTable):
                return Unread("")
            table = built.entries if isinstance(built, OpenTable) else built
            if not write.block.is_straight():
                built = OpenTable(table)
                continue
            added = {write.key: self._value(write)} if write.key else self._value(write)
            if not isinstance(added, dict):
                built = OpenTable(table)
                continue
            lower = {key.lower(): key for key in table}
            table |= {lower.get(key.lower(), key): item for key, item in added.items()}
        return built

    def _value(self, write: Assignment) -> object:
        """Return the value that is written, or `Unread`."""
        text = self.script.text(write.start, write.end).strip()
        if write.is_opaque or len(text) > _LONGEST_VALUE:
            return Unread(text)
        known = self.at(write.start, write.block)
        try:
            node = parser().parse(canonical(f"$a = {text}").encode()).root_node
            table = _table_in(node)
            if table is not None:
                return table_of(table, known)
            if is_hidden(self.script, write.start, write.end):
                return Unread(text)
            found = _assigned(node)
            return value(found, known) if found is not None else Unread(text)
        except (NotLiteral, RecursionError):
            return Unread(text)


class Known(Mapping[str, object]):
    """The variables with a known value in one place, by lower-case name without the dollar."""

    def __init__(self, variables: Variables, byte: int, block: Block) -> None:
        self.variables, self.byte, self.block = variables, byte, block

    def __getitem__(self, name: str) -> object:
        found = self.variables.read(name.strip("${}").lower().rpartition(":")[2], self.byte, self.block)
        return dict(found) if isinstance(found, dict) else found

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables.writes)

    def __len__(self) -> int:
        return len(self.variables.writes)


def table_of(node: Node, known: Mapping[str, object]) -> dict[str, object]:
    """Return the entries of a table; those that have to be computed as `Unread`."""
    table: dict[str, object] = {}
    for body in node.named_children:
        for entry in body.named_children:
            if entry.type == "hash_entry" and entry.named_child_count == 2:
                key, content = entry.named_children
                try:
                    table[key_text(key, known)] = value(content, known)
                except NotLiteral:
                    table[source(key).strip("'\"")] = Unread(source(content))
    return table


def _reaches(write: Assignment, byte: int, block: Block) -> bool:
    """Whether a write may have happened when the command at `byte` runs."""
    own, other = write.block.function(), block.function()
    if own is not other:
        return own is None
    return write.start < byte


def _assigned(node: Node) -> Node | None:
    """Return what stands on the right of the only assignment inside."""
    for _ in range(_WRAPPERS):
        if node.type == "assignment_expression":
            return node.children[-1]
        if not node.named_children:
            return None
        node = node.named_children[0]
    return None


def _table_in(node: Node) -> Node | None:
    """Return the table that is assigned, also behind `[ordered]`."""
    found = _assigned(node)
    for _ in range(_WRAPPERS):
        if found is None or found.type == "hash_literal_expression":
            return found
        if found.type == "cast_expression":
            found = found.children[-1]
        elif found.named_child_count == 1:
            found = found.named_children[0]
        else:
            return None
    return None
