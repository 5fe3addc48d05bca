"""Stop a run from the command line."""

from typing import Any

from jobs.command_line.doors import RunDoor
from jobs.runs.services import cancel_run
from portal.core.actors import Actor


class Command(RunDoor):
    help = "Stop a run: no further cmdlet starts; what is in flight ends by itself."

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        return f"Stopping: {cancel_run(actor=actor, run_id=options['run'])}."
