"""Retry a run from the command line."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from jobs.command_line.doors import RunDoor
from jobs.command_line.output import print_summary
from jobs.command_line.progress import follow
from jobs.launch import launch_run
from jobs.retry.candidates import candidates
from jobs.retry.services import retriable_run, retry_run, secrets_of
from jobs.runs.models import Run
from jobs.runs.states import RunState
from portal.core.actors import Actor


class Command(RunDoor):
    help = (
        "Retry a run where it failed, errored or was not started, as a new run of the same plan, and follow it. "
        "Unknown outcomes are left out. Exit status: 0 all succeeded, 1 some did not, 2 refused before dispatch."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--cause", default="", metavar="CLASS", help="only where it ended with this error class")
        parser.add_argument("--no-follow", action="store_true", help="launch it and leave")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if self.retry is None or options["no_follow"]:
            return
        run = follow(self.retry)
        print_summary(run, to_stderr=False)
        sys.exit(0 if run.state == RunState.SUCCEEDED else 1)

    retry: Run | None = None

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        run = retriable_run(actor=actor, run_id=options["run"])
        typed = {(step, name): self._ask(run, step, name) for step, name in secrets_of(run)}
        draft = retry_run(actor=actor, run_id=run.pk, error_class=options["cause"], secrets=typed)
        left_out = candidates(actor=actor, run=run, error_class=options["cause"]).left_out_words
        self.retry = launch_run(actor=actor, run_id=draft.pk)
        left = "".join(f"\nLeft out: {words}" for words in left_out)
        return f"Run {draft.pk} retries {run.pk}: {draft}.{left}"

    def _ask(self, run: Run, step: int, name: str) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        return getpass(f"{run.steps[step - 1].cmdlet} -{name}: ")
