"""Check calls against the catalogue without running them: one JSON object a line."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand

from jobs.catalogue.call_lines import check_lines


class Command(BaseCommand):
    help = (
        "Check calls against the catalogue without running them. Each line is "
        '{"cmdlet": …, "parameters": {name: value}} or {"cmdlet": …, "parameters": [name, …]}, optionally with '
        '"service" (exo, scc or eop; without it the cmdlet decides) and, for names alone, "piped": true if the object '
        "comes through the pipeline. Exit status: 0 all ok, 1 some are not, 2 the file cannot be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="JSON lines in UTF-8, or - for standard input")
        parser.add_argument("--app-only", action="store_true", help="also refuse cmdlets that need a signed-in user")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with _opened(options["file"]) as lines:
                total, good = self._check(lines, app_only=options["app_only"])
        except OSError as error:
            self.stderr.write(f"{options['file']} cannot be read: {error.strerror or error}")
            sys.exit(2)
        self.stderr.write(f"{total} calls: {good} ok, {total - good} with problems")
        if good < total:
            sys.exit(1)

    def _check(self, lines: Iterable[bytes], *, app_only: bool) -> tuple[int, int]:
        total = good = 0
        for verdict in check_lines(lines, app_only=app_only):
            self.stdout.write(verdict.as_json())
            total += 1
            good += verdict.ok
        return total, good


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb")
