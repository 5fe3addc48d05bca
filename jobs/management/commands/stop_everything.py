"""Stop everything from the command line: takes nothing but the database."""

from argparse import ArgumentParser
from typing import Any

from jobs.command_line.doors import Door
from jobs.global_stop.selectors import under_way
from jobs.global_stop.services import stop_everything
from portal.core.actors import Actor
from portal.core.templatetags.presentation import utc


class Command(Door):
    help = (
        "Stop everything: no cmdlet starts anywhere until the stop is lifted; what was sent ends by itself. "
        "Needs the database only, no web server, broker or worker."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--reason", required=True, help="why; every page shows it")

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        stop = stop_everything(actor=actor, reason=options["reason"])
        return (
            f"Everything is stopped since {utc(stop.stopped_at)}, by {stop.stopped_by}: {stop.reason}\n"
            f"{under_way(actor=actor).in_words}\nIt is lifted with: python manage.py lift_global_stop"
        )
