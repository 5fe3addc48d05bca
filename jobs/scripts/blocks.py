"""How a script is nested: blocks of statements, and what each block is for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class BlockKind(StrEnum):
    """What stands around a list of statements."""

    SCRIPT = "script"
    FUNCTION = "function"
    LOOP = "loop"
    BRANCH = "condition"
    TRY = "try"
    CATCH = "catch"
    FINALLY = "finally"
    TRAP = "trap"
    SCRIPT_BLOCK = "script block"
    EXPRESSION = "expression"
    UNCLEAR = "unclear"


_STATEMENT_BLOCKS = {
    "if_statement": BlockKind.BRANCH,
    "elseif_clause": BlockKind.BRANCH,
    "else_clause": BlockKind.BRANCH,
    "switch_clause": BlockKind.BRANCH,
    "switch_statement": BlockKind.BRANCH,
    "foreach_statement": BlockKind.LOOP,
    "for_statement": BlockKind.LOOP,
    "while_statement": BlockKind.LOOP,
    "do_statement": BlockKind.LOOP,
    "try_statement": BlockKind.TRY,
    "catch_clause": BlockKind.CATCH,
    "finally_clause": BlockKind.FINALLY,
    "trap_statement": BlockKind.TRAP,
    "function_statement": BlockKind.FUNCTION,
    "class_method_definition": BlockKind.FUNCTION,
    "script_block_expression": BlockKind.SCRIPT_BLOCK,
    "parenthesized_expression": BlockKind.EXPRESSION,
    "sub_expression": BlockKind.EXPRESSION,
    "array_expression": BlockKind.EXPRESSION,
    "data_statement": BlockKind.SCRIPT_BLOCK,
    "inlinescript_statement": BlockKind.SCRIPT_BLOCK,
    "parallel_statement": BlockKind.SCRIPT_BLOCK,
    "sequence_statement": BlockKind.SCRIPT_BLOCK,
    "program": BlockKind.SCRIPT,
    "ERROR": BlockKind.UNCLEAR,
}


@dataclass(eq=False)
class Block:
    """Statements in order; `name` is the function's, or the command's that the script block is handed to."""

    kind: BlockKind
    owner: "Statement | None" = None
    name: str = ""
    statements: list["Statement"] = field(default_factory=list, repr=False)

    def around(self) -> Iterator["Block"]:
        """Yield this block and those around it, the innermost first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.owner.block if block.owner else None

    def function(self) -> "Block | None":
        """Return the function, or the script block that runs by itself, in which this stands."""
        apart = (BlockKind.FUNCTION, BlockKind.SCRIPT_BLOCK)
        return next((block for block in self.around() if block.kind in apart), None)

    def is_straight(self) -> bool:
        """Whether it is run exactly once when the script, or its function, runs without an error."""
        certain = (BlockKind.SCRIPT, BlockKind.TRY, BlockKind.FINALLY, BlockKind.EXPRESSION)
        for block in self.around():
            if block.kind == BlockKind.FUNCTION:
                return True
            if block.kind not in certain:
                return False
        return True


@dataclass(eq=False)
class Statement:
    """One statement; `start` and `end` are bytes, `is_harmless` says that nothing in it can fail or leave."""

    type: str
    start: int
    end: int
    block: Block = field(repr=False)
    index: int
    is_harmless: bool = True

    def alarm(self) -> None:
        """Say that something in this statement can fail or leave, and so in all around it."""
        statement: Statement | None = self
        while statement is not None and statement.is_harmless:
            statement.is_harmless = False
            statement = statement.block.owner


def kind_of(path: Sequence[str]) -> BlockKind:
    """Return what a list of statements is for whose ancestors have the types `path`, the outermost first."""
    return next((_STATEMENT_BLOCKS[node] for node in reversed(path) if node in _STATEMENT_BLOCKS), BlockKind.SCRIPT)
