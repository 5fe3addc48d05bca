"""Let a paused run go on, from the command line."""

from typing import Any

from jobs.command_line.doors import RunDoor
from jobs.runs.services import resume_run
from portal.core.actors import Actor


class Command(RunDoor):
    help = "Let a paused run go on where it stood."

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        return f"Goes on: {resume_run(actor=actor, run_id=options['run'])}."
