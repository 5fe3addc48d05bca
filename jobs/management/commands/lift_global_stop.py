"""Lift the global stop from the command line: takes nothing but the database."""

from typing import Any

from jobs.command_line.doors import Door
from jobs.global_stop.services import lift_global_stop
from portal.core.actors import Actor
from portal.core.templatetags.presentation import utc


class Command(Door):
    help = "Lift the global stop: everything goes on where it stood."

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        stop = lift_global_stop(actor=actor)
        return f"The stop of {utc(stop.stopped_at)} ({stop.reason}) is lifted: everything goes on where it stood."
