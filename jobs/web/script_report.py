"""The report on a script as its page shows it: rows, and the source with marks on its lines."""

from collections.abc import Iterator
from dataclasses import dataclass

from jobs.scripts.cmdlets import ScriptCmdlet
from jobs.scripts.connections import ScriptConnection
from jobs.scripts.report import Report
from jobs.scripts.signatures import VARIABLE
from jobs.scripts.verdict import way_in_words

MOST_LINES = 3_000
MOST_CMDLETS = 500
_SERVICES = {"exo": "Exchange Online", "scc": "Security & Compliance"}


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the source; `marks` are words on it, and `tone` the worst of them."""

    number: int
    text: str
    marks: tuple[str, ...]
    tone: str


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection, in words."""

    connection: ScriptConnection
    how: str
    service: str
    where: str
    identity: str
    is_legacy: bool


_TONES = (
    ("secret", "bad"),
    ("legacy", "bad"),
    ("problem", "bad"),
    ("uncertain", "partly"),
    ("connects", "busy"),
    ("cmdlet", "good"),
)


def connection_rows(report: Report) -> list[ConnectionRow]:
    """Return the connections as a table shows them."""
    legacy = {found.line for found in report.legacy}
    return [
        ConnectionRow(
            connection=connection,
            how=way_in_words(connection),
            service=_SERVICES[connection.service],
            where=_shown(connection.delegated_organization or connection.organization, "whose account signs in"),
            identity=_shown(connection.app_id or connection.user_principal_name, "asked for, or in a variable"),
            is_legacy=connection.line in legacy,
        )
        for connection in report.connections
    ]


def cmdlet_rows(report: Report) -> list[ScriptCmdlet]:
    """Return the cmdlets to show: all of them, or of very many those with problems first."""
    if len(report.cmdlets) <= MOST_CMDLETS:
        return report.cmdlets
    return sorted(report.cmdlets, key=lambda found: not found.problems)[:MOST_CMDLETS]


def source_lines(report: Report) -> Iterator[SourceLine]:
    """Yield the first lines of the source with their marks; secrets in it are masked."""
    marks: dict[int, list[str]] = {}
    for word, lines in (
        ("secret", report.secret_lines),
        ("legacy", [found.line for found in report.legacy]),
        ("problem", [found.line for found in report.cmdlets if found.problems]),
        ("uncertain", report.uncertain_lines),
        ("connects", [found.line for found in report.connections]),
        ("cmdlet", [found.line for found in report.cmdlets]),
    ):
        for line in lines:
            if word not in marks.setdefault(line, []):
                marks[line].append(word)
    for number, text in enumerate(report.text.split("\n")[:MOST_LINES], start=1):
        words = marks.get(number, [])
        tone = next((tone for word, tone in _TONES if word in words), "")
        yield SourceLine(number, text, tuple(words), tone)


def _shown(text: str | None, absent: str) -> str:
    if text == VARIABLE:
        return "in a variable"
    return text or absent
