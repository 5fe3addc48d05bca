"""Whether a script closes what it opens, and whether it does so on every path.

On every path means: however the script goes on after the connection (an error, `return`, `exit`, `throw`), a command
that closes it is run. That is so only when the connection stands in the `try` of a statement whose `finally` closes it,
or when that statement follows it with nothing in between that could fail or leave. A command at the end of a
straight script is not on every path, because an error before it ends the script. A connection made in a function is
judged where the function is called. In `finally`, the command may stand under a condition only when the condition asks
for the connection itself. No script closes anything when its process is killed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jobs.scripts.blocks import Block, BlockKind, Statement
from jobs.scripts.connections import ScriptConnection
from jobs.scripts.found import Call, Found
from jobs.scripts.names import bare
from jobs.scripts.tree import Source

_MOST_HOPS = 5
_ASKS = ("get-connectioninformation", "get-pssession", "session", "connected", "connection")


@dataclass(frozen=True)
class Disconnects:
    """`any` says that something closes one of the connections, `on_every_path` that all are closed however it goes."""

    any: bool
    on_every_path: bool


@dataclass(frozen=True)
class Closing:
    """The commands of a script that close connections, by what they close."""

    modern: list[Call]
    sessions: list[Call]

    def of(self, connection: ScriptConnection) -> list[Call]:
        """Return the commands that close a connection of this kind.

        Remove-PSSession closes a remote PowerShell session and nothing else; Disconnect-ExchangeOnline closes what the
        module opened, which New-PSSession did not.
        """
        if not connection.is_session:
            return self.modern
        return self.sessions if connection.command == "New-PSSession" else [*self.sessions, *self.modern]


def judge(source: Source, found: Found, connections: list[ScriptConnection], closing: Closing) -> Disconnects:
    """Return whether these connections are closed."""
    if not connections:
        return Disconnects(bool(closing.modern or closing.sessions), False)
    paths = _Paths(source, found)
    every = all(paths.covered(connection.call, closing.of(connection)) for connection in connections)
    return Disconnects(any(closing.of(connection) for connection in connections), every)


class _Paths:
    def __init__(self, source: Source, found: Found) -> None:
        self.source = source
        self.calls: dict[str, list[Call]] = {}
        for call in found.calls:
            self.calls.setdefault(bare(call.name).lower(), []).append(call)
        self.finals: dict[Statement, Block] = {}
        for statement in found.statements:
            if statement.block.kind == BlockKind.FINALLY and statement.block.owner:
                self.finals[statement.block.owner] = statement.block
        self.leaves = [statement for _, statement in found.leaves]

    def covered(self, call: Call, closers: list[Call], hops: int = _MOST_HOPS) -> bool:
        """Whether a `finally` closes what `call` opens."""
        closed = self._closing_blocks(closers)
        for statement, in_try in _outwards(call):
            if in_try and self.finals.get(statement) in closed:
                return True
        if self._followed(call, closed):
            return True
        function = next((block for block in call.block.around() if block.kind == BlockKind.FUNCTION), None)
        if function is None or not function.name or hops == 0:
            return False
        sites = [site for site in self.calls.get(function.name, []) if site is not call]
        return bool(sites) and all(self.covered(site, closers, hops - 1) for site in sites)

    def _closing_blocks(self, closers: list[Call]) -> set[Block]:
        """Return the `finally` blocks that are certain to close."""
        sites = list(closers)
        for _ in range(_MOST_HOPS):
            names = {
                block.name
                for site in sites
                for block in [site.block]
                if block.kind == BlockKind.FUNCTION and not self._left_before(site)
            }
            more = [site for name in names for site in self.calls.get(name, []) if site not in sites]
            if not more:
                break
            sites += more
        return {block for site in sites if (block := self._finally_of(site)) is not None}

    def _finally_of(self, site: Call) -> Block | None:
        """Return the `finally` in which a command is certain to run, or None."""
        block = site.block
        for _ in range(_MOST_HOPS):
            if block.kind == BlockKind.FINALLY:
                return None if self._left_before(site) else block
            owner = block.owner
            passes = block.kind == BlockKind.TRY or (block.kind == BlockKind.BRANCH and self._asks(owner, block))
            loops = block.kind == BlockKind.LOOP and site.is_piped
            if owner is None or not (passes or loops):
                return None
            block = owner.block
        return None

    def _asks(self, owner: Statement | None, block: Block) -> bool:
        """Whether a condition asks for the connection itself, and not for anything else."""
        if owner is None or not block.statements:
            return False
        condition = self.source.text(owner.start, block.statements[0].start).lower()
        return len(condition) < 200 and any(word in condition for word in _ASKS)

    def _left_before(self, site: Call) -> bool:
        """Whether `return`, `exit` or `throw` stands before a command in its own block."""
        return any(leave.block is site.block and leave.end <= site.start for leave in self.leaves)

    def _followed(self, call: Call, closed: set[Block]) -> bool:
        """Whether a statement whose `finally` closes follows with nothing risky in between."""
        statement = call.statement
        while statement is not None:
            for after in statement.block.statements[statement.index + 1 :]:
                if self.finals.get(after) in closed and closed:
                    return True
                if not after.is_harmless:
                    return False
            if statement.block.kind not in (BlockKind.TRY, BlockKind.BRANCH):
                return False
            statement = statement.block.owner
        return False


def _outwards(call: Call) -> Iterator[tuple[Statement, bool]]:
    """Yield the statements around a command up to its function, and whether it stands in their `try`."""
    block = call.block
    while block.owner is not None:
        yield block.owner, block.kind == BlockKind.TRY
        if block.kind in (BlockKind.FUNCTION, BlockKind.SCRIPT_BLOCK):
            return
        block = block.owner.block
