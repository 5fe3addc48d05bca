"""Print what runs and what does not."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from jobs.liveness.findings import Finding, Level
from jobs.liveness.status import present_status
from jobs.liveness.workers import Seen
from portal.core.errors import DATABASE_AWAY
from portal.core.templatetags.presentation import counted
from portal.core.templatetags.states import look


class Command(BaseCommand):
    help = "Say whether everything that should run, runs; the exit status is 1 when something does not."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            present = present_status()
        except DATABASE_AWAY as error:
            self.stderr.write(f"The database cannot be reached, so nothing runs: {error}")
            sys.exit(1)
        for group in present.groups:
            self.stdout.write(f"\n{group.title}")
            for finding in group.findings:
                self._print(finding)
        self.stdout.write("\nProcesses seen lately")
        for worker in present.workers:
            self.stdout.write(f"  {_in_a_line(worker)}")
        sys.exit(1 if present.level is Level.FAILS else 0)

    def _print(self, finding: Finding) -> None:
        styles = {
            Level.WORKS: self.style.SUCCESS,
            Level.WATCH: self.style.WARNING,
            Level.FAILS: self.style.ERROR,
        }
        level = styles[finding.level](f"{look(finding.level).label:<14}")
        self.stdout.write(f"  {level} {finding.title:<24} {finding.fact}")
        if finding.fix:
            self.stdout.write(f"{'':17}What to do: {finding.fix}")


def _in_a_line(worker: Seen) -> str:
    return f"{worker.name}  {', '.join(worker.queues)}  {worker.version}  {counted(worker.leases, 'lease')}"
