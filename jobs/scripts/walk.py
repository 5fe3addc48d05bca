"""Walk over the tree of a script, without recursion: scripts are nested as deeply as somebody likes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tree_sitter import Node, Tree

from jobs.scripts.blocks import Block, BlockKind, Statement, kind_of
from jobs.scripts.found import Assignment, Call, Found, ScriptInput
from jobs.scripts.names import bare, is_known, is_loop, spelling, variable
from jobs.scripts.nodes import target_of, variables_in
from jobs.scripts.tree import Source, is_false_alarm

_INNER = frozenset(
    {
        *("parenthesized_expression", "sub_expression", "array_expression", "hash_entry", "argument_list"),
        *("while_condition", "switch_condition", "for_condition", "for_iterator", "for_initializer"),
    }
)
_TEXTS = frozenset(
    {
        *("expandable_string_literal", "verbatim_string_characters"),
        *("expandable_here_string_literal", "verbatim_here_string_characters"),
    }
)
_WORDS = frozenset({"simple_name", "generic_token", "path_command_name_token"})
_SAFE = frozenset({"write-host", "write-output", "write-verbose", "write-information", "write-debug"})
_RUN_HERE = frozenset({"&", ".", "begin", "process", "end", "clean"})
_NO_STATEMENT = frozenset({"empty_statement", "comment", ";"})
_MOST_DEEP = 2000
_MOST_GUESSES = 500


@dataclass(slots=True)
class _Frame:
    type: str
    start: int
    end: int
    block: Block
    statement: Statement | None
    name: str = ""
    places: int = 0
    call: Call | None = None


def walk(source: Source, tree: Tree) -> Found:
    """Return what stands in the script; also what stands where the grammar lost its thread."""
    walker = _Walker(source)
    cursor = tree.walk()
    while True:
        node = cursor.node
        if node is not None:
            walker.enter(node)
            if len(walker.path) >= _MOST_DEEP and node.child_count:
                walker.found.uncertain.add(walker.line(node))
            elif cursor.goto_first_child():
                continue
            walker.leave()
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                walker.found.calls.sort(key=lambda call: call.start)
                return walker.found
            walker.leave()


class _Walker:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.found = Found()
        self.path: list[_Frame] = []
        self.block = Block(BlockKind.SCRIPT)
        self.statement: Statement | None = None
        self.parameter: tuple[str, int] = ("", -1)
        self.words: list[tuple[str, int]] = []
        self.guessed = 0
        self.enters: Mapping[str, Callable[[Node], None]] = {
            "command": self.command,
            "command_parameter": self.command_parameter,
            "flow_control_statement": self.flow,
            "invokation_expression": self.invocation,
            "assignment_expression": self.assignment,
            "foreach_statement": self.foreach,
            "post_increment_expression": self.counted,
            "post_decrement_expression": self.counted,
            "pre_increment_expression": self.counted,
            "pre_decrement_expression": self.counted,
            "script_parameter": self.script_parameter,
            "hash_entry": self.entry,
            "function_name": self.function,
        }

    def text(self, node: Node) -> str:
        return self.source.text(node.start_byte, node.end_byte)

    def line(self, node: Node) -> int:
        return self.source.line(node.start_byte)

    def enter(self, node: Node) -> None:
        kind = node.type
        parent = self.path[-1] if self.path else None
        self.path.append(_Frame(kind, node.start_byte, node.end_byte, self.block, self.statement))
        if parent is not None and parent.type in ("statement_list", "ERROR") and kind not in _NO_STATEMENT:
            self.begin_statement(node, parent.type)
        if kind == "statement_list":
            self.begin_block()
        if node.is_error or (node.is_missing and not is_false_alarm(node)):
            self.found.uncertain.add(self.line(node))
        if parent is not None and parent.type == "ERROR":
            self.lost(node)
        if kind in _TEXTS:
            self.string(node)
        elif kind in self.enters:
            self.enters[kind](node)
        elif kind == "generic_token":
            self.token(node)

    def leave(self) -> None:
        frame = self.path.pop()
        self.block, self.statement = frame.block, frame.statement

    def begin_statement(self, node: Node, parent: str) -> None:
        if parent == "ERROR" and node.type != "pipeline" and not node.type.endswith("_statement"):
            return
        statement = Statement(node.type, node.start_byte, node.end_byte, self.block, len(self.block.statements))
        self.block.statements.append(statement)
        self.found.statements.append(statement)
        self.statement = statement

    def begin_block(self) -> None:
        kind, name = kind_of([frame.type for frame in self.path[-12:]]), ""
        if kind == BlockKind.FUNCTION:
            name = next((frame.name for frame in reversed(self.path) if frame.type == "function_statement"), "")
        elif kind == BlockKind.SCRIPT_BLOCK:
            name = self.runner()
            if name in _RUN_HERE:
                kind = BlockKind.EXPRESSION
            elif is_loop(name):
                kind = BlockKind.LOOP
        elif kind == BlockKind.SCRIPT and self.statement is None:
            return
        self.block = Block(kind, self.statement, name)
        self.statement = None

    def runner(self) -> str:
        """Return the name of the command to which the script block at the path's end is handed."""
        for frame in reversed(self.path):
            if frame.type == "command":
                return frame.name
            if frame.type in ("invokation_expression", "invokation_foreach_expression"):
                return "foreach-object"
            if frame.type in ("statement", "assignment_expression", "hash_entry"):
                return ""
        return ""

    def command(self, node: Node) -> None:
        operator = next((c for c in node.children[:2] if c.type == "command_invokation_operator"), None)
        name_node = node.child_by_field_name("command_name")
        written = self.text(name_node) if name_node else ""
        name = spelling(written)
        frame = self.path[-1]
        frame.name = self.text(operator).strip() if operator and written.startswith("{") else bare(name).lower()
        call = self.call(name, node.start_byte, name_node.end_byte if name_node else node.end_byte, node.end_byte)
        frame.call = call
        self.chained(call, node)
        if bare(name).lower() not in _SAFE and self.statement:
            self.statement.alarm()

    def call(self, name: str, start: int, rest: int, end: int) -> Call:
        call = Call(name, start, rest, end, self.source.line(start), self.block, self.statement)
        for frame in reversed(self.path[:-1]):
            if frame.type in _INNER or frame.type == "command":
                call.is_inner = True
            if frame.type == "assignment_expression" and not call.is_inner:
                call.assigned_to = frame.name
            if frame.type in ("statement_list", "ERROR"):
                break
        if self.statement is not None and self.statement.type not in ("pipeline", "flow_control_statement"):
            call.is_inner = True
        self.found.calls.append(call)
        return call

    def chained(self, call: Call, node: Node) -> None:
        chain = next((frame for frame in reversed(self.path[:-1]) if frame.type == "pipeline_chain"), None)
        if chain is None:
            return
        before = node.prev_sibling
        call.chain, call.place = chain.start, chain.places
        call.is_piped = before is not None and before.type == "|"
        if call.is_piped and call.place == 0:
            call.place = 1  # behind an expression
        chain.places = call.place + 1

    def command_parameter(self, node: Node) -> None:
        self.parameter = (self.text(node).lstrip("-").lower(), node.end_byte)

    def string(self, node: Node) -> None:
        self.found.texts.append((node.start_byte, node.end_byte))
        self.told(node)

    def token(self, node: Node) -> None:
        if not self.text(node).startswith("$"):
            self.told(node)

    def told(self, node: Node) -> None:
        """Remember a literal that stands right behind the name of a parameter."""
        name, end = self.parameter
        if 0 <= end <= node.start_byte and self.source.data[end : node.start_byte].strip() in (b"", b":"):
            self.found.told.append((name, node.start_byte, node.end_byte))

    def flow(self, node: Node) -> None:
        if self.statement is not None:
            self.found.leaves.append((self.text(node).split(None, 1)[0].lower(), self.statement))
            self.statement.alarm()

    def invocation(self, node: Node) -> None:
        self.found.invocations.append((node.start_byte, node.end_byte))
        if self.statement:
            self.statement.alarm()
        self.added(node)

    def added(self, node: Node) -> None:
        """Remember `$table.Add('key', value)`."""
        children = node.children
        if len(children) < 4 or children[0].type != "variable" or self.text(children[2]).lower() != "add":
            return
        listed = [c for part in children[3].named_children for c in part.named_children]
        if len(listed) == 2:
            key = spelling(self.text(listed[0]))
            self.write(variable(self.text(children[0])), key, "=", (listed[1].start_byte, listed[1].end_byte))

    def write(self, name: str, key: str | None, operator: str, written: tuple[int, int]) -> None:
        line = self.source.line(self.path[-1].start)
        self.found.assignments.append(Assignment(name, key, operator, *written, line, self.block))

    def assignment(self, node: Node) -> None:
        operator = next((c for c in node.children if c.type == "assignement_operator"), None)
        target = target_of(node.children[0])
        value = node.children[-1]
        span = (value.start_byte, value.end_byte)
        if operator is None:
            return
        if target.type == "variable":
            self.path[-1].name = variable(self.text(target))
            self.write(self.path[-1].name, None, self.text(operator), span)
        elif target.type in ("member_access", "element_access") and target.children[0].type == "variable":
            last = target.children[-1] if target.type == "member_access" else target.children[2]
            self.write(variable(self.text(target.children[0])), spelling(self.text(last)), "=", span)
        else:
            for name in variables_in(node.children[0]):
                self.write(variable(self.text(name)), None, "=", (0, 0))

    def foreach(self, node: Node) -> None:
        for child in node.children:
            if child.type == "variable":
                self.write(variable(self.text(child)), None, "=", (0, 0))
                return

    def counted(self, node: Node) -> None:
        for name in variables_in(node):
            self.write(variable(self.text(name)), None, "=", (0, 0))

    def script_parameter(self, node: Node) -> None:
        name = next((c for c in node.children if c.type == "variable"), None)
        if name is None:
            return
        types = [self.text(c) for c in node.children if c.type == "attribute_list"]
        default = next((self.text(c) for c in node.children if c.type == "script_parameter_default"), "")
        self.write(variable(self.text(name)), None, "=", (0, 0))
        if not any(frame.type in ("function_statement", "script_block_expression") for frame in self.path):
            kind = types[0].rpartition("[")[2].strip("] \n") if types else ""
            self.found.inputs.append(ScriptInput(self.text(name).lstrip("$"), kind, default.lstrip("= ").strip()))

    def entry(self, node: Node) -> None:
        key, value = node.children[0], next(c for c in reversed(node.children) if c.type not in _NO_STATEMENT)
        self.found.entries.append((spelling(self.text(key)).lower(), value.start_byte, value.end_byte))

    def function(self, node: Node) -> None:
        self.path[-2].name = self.text(node).lower()
        self.found.functions.add(self.text(node).lower())

    def lost(self, node: Node) -> None:
        """Look for commands among the loose pieces of what the grammar could not read."""
        if node.child_count == 0 and not node.is_extra:
            self.found.uncertain.add(self.line(node))
        if node.type == "command_name" and is_known(spelling(self.text(node))):
            self.loose(spelling(self.text(node)), node.start_byte)
            return
        written = self.text(node).strip() if node.child_count == 0 else ""
        if node.type in _WORDS and is_known(written):
            self.loose(written, node.start_byte)
        verb, dash = self.words[-2:] if len(self.words) > 1 else (("", 0), ("", 0))
        if node.type == "simple_name" and dash[0] == "-" and is_known(f"{verb[0]}-{written}"):
            self.loose(f"{verb[0]}-{written}", verb[1])
        self.words = [*self.words[-1:], (written, node.start_byte)]

    def loose(self, name: str, start: int) -> None:
        blank = len(self.source.data[start : start + 80]) - len(self.source.data[start : start + 80].lstrip())
        self.guessed += 1
        if self.guessed > _MOST_GUESSES:
            return
        begin = start + blank
        call = self.call(name, begin, begin + len(name.encode()), self.source.end_of_command(begin))
        call.is_unclear = True
