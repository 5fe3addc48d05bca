"""Everything that is said of one script, without running it."""

from dataclasses import dataclass, field

from jobs.scripts.cmdlets import ScriptCmdlet
from jobs.scripts.connections import ScriptConnection
from jobs.scripts.found import Found, ScriptInput
from jobs.scripts.legacy import Legacy
from jobs.scripts.tree import Source


@dataclass
class Report:
    """What stands in a script. `source` shows no secrets; lines count from 1; `notes` are sentences.

    `is_given_up` says that reading it took too long, so that nothing of it is known.
    """

    source: Source = field(repr=False)
    found: Found = field(repr=False)
    connections: list[ScriptConnection] = field(default_factory=list)
    disconnects: bool = False
    disconnects_on_every_path: bool = False
    legacy: list[Legacy] = field(default_factory=list)
    cmdlets: list[ScriptCmdlet] = field(default_factory=list)
    uncertain_lines: list[int] = field(default_factory=list)
    secret_lines: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_given_up: bool = False

    @property
    def inputs(self) -> list[ScriptInput]:
        """The parameters of the script itself."""
        return self.found.inputs

    @property
    def text(self) -> str:
        """The script with its secrets masked; nothing of one that was given up, as nobody knows where they stand."""
        return "" if self.is_given_up else self.source.data.decode(errors="replace")

    def as_json(self, file: str) -> dict[str, object]:
        """Return what the command line prints for one file."""
        return {
            "file": file,
            "connections": [connection.as_json() for connection in self.connections],
            "disconnects": self.disconnects,
            "disconnects_on_every_path": self.disconnects_on_every_path,
            "legacy": [legacy.as_json() for legacy in self.legacy],
            "cmdlets": [cmdlet.as_json() for cmdlet in self.cmdlets],
            "uncertain_lines": self.uncertain_lines,
        }
