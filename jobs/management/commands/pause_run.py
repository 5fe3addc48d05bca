"""Pause a run from the command line."""

from argparse import ArgumentParser
from typing import Any

from jobs.command_line.doors import RunDoor
from jobs.runs.services import pause_run
from portal.core.actors import Actor


class Command(RunDoor):
    help = "Pause a run: no further cmdlet starts until it is resumed; what was sent ends by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--reason", default="", help="why, as the run's page shows it")

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        run = pause_run(actor=actor, run_id=options["run"], reason=options["reason"])
        return f"Paused: {run}. It goes on with: python manage.py resume_run {run.pk}"
