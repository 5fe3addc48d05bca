"""What is found in a script before anything is resolved: commands, assignments, inputs, functions."""

from dataclasses import dataclass, field

from jobs.scripts.blocks import Block, Statement


@dataclass(eq=False)
class Call:
    """One command as it stands: its bytes, and where it stands; `rest` is the byte behind its name.

    `chain` is the first byte of its pipeline and `place` its place in it, from 0. `is_inner` says that its answer is
    used inside another expression; `assigned_to` is the variable that keeps its answer. `is_unclear` says that the
    grammar lost its thread here, so that the end of the command is a guess.
    """

    name: str
    start: int
    rest: int
    end: int
    line: int
    block: Block
    statement: Statement | None
    chain: int = -1
    place: int = 0
    is_piped: bool = False
    is_inner: bool = False
    is_unclear: bool = False
    assigned_to: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A write to a variable (lower case, without scope): of the whole, or of one `key` of a table.

    `start` and `end` are the bytes of what is written; empty for a write whose value is not looked at.
    """

    name: str
    key: str | None
    operator: str
    start: int
    end: int
    line: int
    block: Block

    @property
    def is_opaque(self) -> bool:
        """Whether nothing is known of the value."""
        return self.end <= self.start


@dataclass(frozen=True, slots=True)
class ScriptInput:
    """A parameter of the script itself; `default` is the source of its default value."""

    name: str
    type: str
    default: str


@dataclass
class Found:
    """Everything found in one script, in the order of the source. Ranges are bytes, half open."""

    calls: list[Call] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    inputs: list[ScriptInput] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    leaves: list[tuple[str, Statement]] = field(default_factory=list)
    texts: list[tuple[int, int]] = field(default_factory=list)
    entries: list[tuple[str, int, int]] = field(default_factory=list)
    told: list[tuple[str, int, int]] = field(default_factory=list)
    invocations: list[tuple[int, int]] = field(default_factory=list)
    uncertain: set[int] = field(default_factory=set)
    statements: list[Statement] = field(default_factory=list)
