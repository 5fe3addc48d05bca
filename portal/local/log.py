"""One log of all processes on the terminal, and a file for each."""

import os
import re
import sys
import threading
from pathlib import Path
from typing import IO

GENERATIONS = 3
NAME_WIDTH = 13
COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
PROBLEM = re.compile(r"\b(error|critical|fatal|panic|exception|traceback)\b", re.IGNORECASE)
WARNING = re.compile(r"\bwarning\b", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Log:
    """Writes lines of named processes to `folder/<name>.log` and, prefixed, to the terminal.

    Safe for use by many threads. While `quiet` is true the terminal shows only warnings, errors and `say`, so that a
    progress bar keeps its line. Colours only on a terminal and without NO_COLOR.
    """

    def __init__(self, folder: Path, terminal: IO[str] | None = None) -> None:
        self.quiet = False
        self._reader_gone = False
        self._closed = False
        self._folder = folder
        self._terminal = sys.stdout if terminal is None else terminal
        self._coloured = self._terminal.isatty() and not os.environ.get("NO_COLOR")
        self._files: dict[str, IO[str]] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, line: str, *, only_problems: bool = False) -> None:
        """Take one line of the process `name`; with `only_problems` the terminal shows it only if it is an error."""
        line = CONTROL.sub("", line.rstrip())
        with self._lock:
            if self._closed:
                return
            file = self._file(name)
            file.write(line + "\n")
            file.flush()
            notable = not only_problems and (not self.quiet or WARNING.search(line))
            if notable or PROBLEM.search(line):
                self._show(name, line)

    def say(self, text: str) -> None:
        """Show lines of our own, whatever else is hidden."""
        with self._lock:
            for line in text.splitlines():
                self._show("signalbox", line)

    def path(self, name: str) -> Path:
        """The file that holds the lines of the process `name`."""
        return self._folder / f"{name}.log"

    def close(self) -> None:
        """Close the files; what comes later is lost."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._closed = True

    def _file(self, name: str) -> IO[str]:
        if name not in self._files:
            path = self.path(name)
            _rotate(path)
            self._files[name] = path.open("w", encoding="utf-8")
        return self._files[name]

    def _show(self, name: str, line: str) -> None:
        prefix = f"{name:<{NAME_WIDTH}}| "
        if self._coloured:
            # The start of the line is cleared first: a progress bar may stand there.
            colour = COLOURS[sum(name.encode()) % len(COLOURS)]
            prefix = f"\r\x1b[2K\x1b[{colour}m{prefix}\x1b[0m"
        if self._reader_gone:
            return
        try:
            print(f"{prefix}{line}", file=self._terminal, flush=True)
        except OSError:
            self._reader_gone = True  # the files still take every line


def _rotate(path: Path) -> None:
    for number in range(GENERATIONS, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)
