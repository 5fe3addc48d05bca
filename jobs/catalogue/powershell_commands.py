"""The commands in a PowerShell source: what is called, with which arguments, and what stands around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from jobs.catalogue.powershell_source import canonical, restored
from jobs.catalogue.powershell_values import NotLiteral, shown, source, value

_STATEMENTS = {
    "do_statement": "`do` repeats commands: only the command itself is read.",
    "for_statement": "`for` repeats commands: only the command itself is read.",
    "foreach_statement": "`foreach` repeats commands: only the command itself is read.",
    "function_statement": "`function` only defines something: only the commands in it are read.",
    "if_statement": "`if` decides by a condition: only the commands in it are read.",
    "switch_statement": "`switch` decides by a condition: only the commands in it are read.",
    "try_statement": "`try` is not needed: every error is recorded. Only the commands in it are read.",
    "while_statement": "`while` repeats commands: only the command itself is read.",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter's name, with the value that a colon ties to it, or a value alone; `nodes` are the value's pieces."""

    name: str | None
    nodes: tuple[Node, ...]

    @property
    def text(self) -> str:
        """The value as it is written."""
        return "".join(source(node) for node in self.nodes)

    def value(self, variables: Mapping[str, object]) -> object:
        """Return what the value stands for; raises `NotLiteral`."""
        if len(self.nodes) != 1:
            raise NotLiteral(f"{shown(self.text)} is computed by PowerShell: type its value.")
        return value(self.nodes[0], variables)

    @property
    def splatted(self) -> str | None:
        """The lower-case name of the variable whose table holds parameters, if this is one (`@name`)."""
        return (
            self.text[1:].lower()
            if self.name is None and self.text[:1] == "@" and self.text[1:].isidentifier()
            else None
        )


@dataclass(frozen=True, slots=True)
class Command:
    """One command with its arguments in order; `line` is its source, `piped` says that something is piped into it."""

    name: str
    line: str
    arguments: tuple[Argument, ...]
    piped: bool = False


@dataclass
class Script:
    """Everything found in a source."""

    commands: list[Command] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    variables: dict[str, object] = field(default_factory=dict)


@cache
def parser() -> Parser:
    """Return the parser of PowerShell."""
    return Parser(Language(tree_sitter_powershell.language()))


def parse(text: str) -> Script:
    """Return the commands in `text`, the notes about what is no command, and the variables with a plain value."""
    script = Script()
    for node in parser().parse(canonical(text).encode()).root_node.children:
        _walk(node, script)
    return script


def _walk(node: Node, script: Script) -> None:
    if node.type in _STATEMENTS and _STATEMENTS[node.type] not in script.notes:
        script.notes.append(_STATEMENTS[node.type])
    if node.type == "command":
        script.commands.append(_command(node))
    elif node.type == "command_name":
        script.commands.append(Command(source(node), source(node), ()))
    elif node.type == "assignment_expression":
        _assign(node, script)
    else:
        for child in node.children:
            _walk(child, script)


def _assign(node: Node, script: Script) -> None:
    """Keep a variable with a plain value; the answer of a command is not kept, the command is read."""
    name = source(node.children[0]).lower().removeprefix("$")
    try:
        script.variables[name] = value(node.children[-1], script.variables)
    except NotLiteral:
        before = len(script.commands)
        _walk(node.children[-1], script)
        if len(script.commands) > before:
            script.notes.append(
                f"{shown(source(node.children[0]))} would keep the answer: Signalbox keeps every answer."
            )


def _command(node: Node) -> Command:
    name = node.child_by_field_name("command_name")
    elements = node.child_by_field_name("command_elements")
    return Command(
        name=source(name).strip("'\"") if name else "",
        line=restored(source(node)),
        arguments=tuple(_arguments(elements)) if elements else (),
        piped=node.prev_sibling is not None and source(node.prev_sibling) == "|",
    )


def _is_redirection(node: Node) -> bool:
    """Whether this sends an output elsewhere; the grammar takes `2>$null` for a word."""
    return node.type == "redirection" or (node.type == "generic_token" and source(node)[1:2] == ">")


def _arguments(elements: Node) -> Iterator[Argument]:
    """Yield names and values in order; what no blank separates belongs together, a colon ties a value to its name."""
    name: str | None = None
    nodes: list[Node] = []
    tied = False
    for node in elements.children:
        if _is_redirection(node):
            if nodes and source(nodes[-1]) == "'*'":
                nodes.pop()
            continue
        if node.type != "command_argument_sep" and node.type != "command_parameter":
            nodes.append(node)
            continue
        if node.type == "command_argument_sep" and ":" in source(node):
            tied = True
            continue
        if (nodes or name) and not (tied and not nodes and node.type == "command_argument_sep"):
            yield Argument(name, tuple(nodes))
            name, nodes, tied = None, [], False
        if node.type == "command_parameter":
            name = restored(source(node)[1:])
    if nodes or name:
        yield Argument(name, tuple(nodes))
