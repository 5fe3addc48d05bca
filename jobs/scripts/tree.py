"""The syntax tree of a script with its lines; nothing of it is executed."""

import time
from bisect import bisect_right
from dataclasses import dataclass, field

from tree_sitter import Node, Parser, Tree

from jobs.catalogue.powershell_commands import parser
from jobs.scripts.commas import eased
from jobs.scripts.source import spelt_plainly

LONGEST_PARSE = 20.0
"""Seconds after which a script that nobody wrote by hand is given up."""

_PIECE = 65536
_LONGEST_COMMAND = 8192
_LINE_END = 10


@dataclass
class Source:
    """The bytes of a script (UTF-8); what holds a secret is masked before anybody reads it, at the same length."""

    data: bytes
    hidden: list[tuple[int, int]] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        at = -1
        self._starts = [0]
        while (at := self.data.find(b"\n", at + 1)) >= 0:
            self._starts.append(at + 1)

    @property
    def lines(self) -> int:
        """The number of lines."""
        return len(self._starts)

    def line(self, byte: int) -> int:
        """Return the number of the line, from 1, in which `byte` stands."""
        return bisect_right(self._starts, byte)

    def text(self, start: int, end: int) -> str:
        """Return a piece of the script."""
        return self.data[start:end].decode(errors="replace")

    def end_of_command(self, byte: int) -> int:
        """Return where the command that begins at `byte` ends, by its brackets and quotes alone."""
        closers: list[int] = []
        quote = 0
        for at in range(byte, min(len(self.data), byte + _LONGEST_COMMAND)):
            character = self.data[at]
            if quote:
                quote = 0 if character == quote else quote
            elif character in b"'\"":
                quote = character
            elif character in b"({[":
                closers.append(character)
            elif character in b")}]":
                if not closers:
                    return at
                closers.pop()
            elif not closers and (character in b";|" or (character == _LINE_END and not self._continues(at))):
                return at
        return min(len(self.data), byte + _LONGEST_COMMAND)

    def _continues(self, line_end: int) -> bool:
        """Whether a backtick continues the line that ends here."""
        return self.data[max(0, line_end - 80) : line_end].rstrip(b" \t").endswith(b"`")

    def mask(self, ranges: list[tuple[int, int]]) -> None:
        """Put asterisks over secrets; line ends stay."""
        masked = bytearray(self.data)
        for start, end in ranges:
            masked[start:end] = bytes(10 if byte == 10 else 42 for byte in masked[start:end])
        self.data = bytes(masked)
        self.hidden = sorted(ranges)


def parse_script(text: str) -> tuple[Source, Tree | None]:
    """Return the bytes of a script and their tree; None when reading it takes too long."""
    source = Source(spelt_plainly(text).encode(errors="replace"))
    end = time.monotonic() + LONGEST_PARSE
    data = eased(source.data)
    try:
        # A parser of its own: one that was stopped goes on where it stopped, and others may parse meanwhile.
        tree = Parser(parser().language).parse(
            lambda offset, _point: data[offset : offset + _PIECE],
            progress_callback=lambda _offset, _has_error: time.monotonic() > end,
        )
    except ValueError:  # given up by the callback
        return source, None
    return source, tree


def is_false_alarm(node: Node) -> bool:
    """Whether a missing piece only says that the grammar knows no digits in the names of parameters."""
    redirection = node.parent.parent if node.parent else None
    before = redirection.prev_sibling if redirection else None
    return node.type == ">" and before is not None and before.type == "command_parameter"
