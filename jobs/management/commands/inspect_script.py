"""Say what PowerShell scripts do to Exchange Online, without running them."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from jobs.scripts.inspection import inspect
from jobs.scripts.report import Report
from jobs.scripts.source import MOST_BYTES, UnreadableScript, script_text
from jobs.scripts.verdict import verdict, way_in_words

_SUFFIXES = (".ps1", ".psm1")


class Command(BaseCommand):
    help = (
        "Say what PowerShell scripts do to Exchange Online, without running them: connections, whether they are "
        "closed, what is legacy, and every cmdlet checked against the catalogue. Of a folder, every .ps1 and .psm1 in "
        "it and below, and a summary. Exit status: 0 everything was read, 2 a file or folder cannot be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a script, or a folder of scripts")
        parser.add_argument("--json", action="store_true", help="one JSON object a script, on one line")

    def handle(self, *_args: Any, **options: Any) -> None:
        path = Path(options["file"])
        summary = _Summary()
        for file in _files(path):
            try:
                report = inspect(_read(file))
            except (OSError, UnreadableScript) as error:
                summary.unreadable += 1
                reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
                self.stderr.write(f"{file} cannot be read: {reason}")
                continue
            summary.add(report)
            self.show(report, str(file), as_json=options["json"])
        if path.is_dir():
            self.stdout.write(json.dumps(summary.as_json()) if options["json"] else summary.in_words())
        if summary.unreadable:
            sys.exit(2)

    def show(self, report: Report, file: str, *, as_json: bool) -> None:
        """Print the report on one script."""
        if as_json:
            self.stdout.write(json.dumps(report.as_json(file)))
        else:
            self.stdout.write("\n".join((f"{file}:", *(f"  {line}" for line in _lines(report)), "")))


class _Summary:
    def __init__(self) -> None:
        self.scripts = self.connecting = self.disconnecting = self.on_every_path = self.legacy = self.uncertain = 0
        self.unreadable = 0

    def add(self, report: Report) -> None:
        self.scripts += 1
        self.connecting += bool(report.connections)
        self.disconnecting += report.disconnects
        self.on_every_path += report.disconnects_on_every_path
        self.legacy += bool(report.legacy)
        self.uncertain += bool(report.uncertain_lines)

    def as_json(self) -> dict[str, dict[str, int]]:
        return {
            "summary": {
                "scripts": self.scripts,
                "connecting": self.connecting,
                "disconnects": self.disconnecting,
                "disconnects_on_every_path": self.on_every_path,
                "legacy": self.legacy,
                "uncertain": self.uncertain,
                "unreadable": self.unreadable,
            }
        }

    def in_words(self) -> str:
        return (
            f"{self.scripts:,} scripts: {self.connecting:,} connect, {self.disconnecting:,} disconnect, "
            f"{self.on_every_path:,} on every path; {self.legacy:,} hold something legacy, "
            f"{self.uncertain:,} have uncertain lines; {self.unreadable:,} more cannot be read."
        )


def _files(path: Path) -> Iterator[Path]:
    """Yield a file itself, or the scripts of a folder in order."""
    if not path.is_dir():
        yield path
        return
    yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and not file.is_dir())


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        return script_text(opened.read(MOST_BYTES + 1))


def _lines(report: Report) -> Iterator[str]:
    yield from verdict(report)
    for connection in report.connections:
        cloud = f"{connection.service}, {connection.environment}"
        yield f"line {connection.line}: {connection.command} {way_in_words(connection)} ({cloud})"
    for legacy in report.legacy:
        yield f"line {legacy.line}: {legacy.what}. {legacy.why}"
        yield f"    today: {legacy.modern}"
    for cmdlet in report.cmdlets:
        yield f"line {cmdlet.line}: {cmdlet.name} {' '.join(f'-{name}' for name in cmdlet.parameters)}".rstrip()
        yield from (f"    {problem}" for problem in cmdlet.problems)
    yield from report.notes
