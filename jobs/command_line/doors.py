"""Commands that do one thing as somebody: refusals on standard error, exit status 2."""

import sys
from abc import abstractmethod
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from jobs.runs.models import Run
from portal.accounts.command_line import acting_person
from portal.core.actors import Actor
from portal.core.errors import DATABASE_AWAY
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused

REFUSED = 2


class Door(BaseCommand):
    """A command that acts through one service; `act` returns what it prints."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who acts."""
        parser.add_argument("--as", dest="username", default="", metavar="NAME", help="act as this person")

    def handle(self, *args: Any, **options: Any) -> None:
        """Act, print what happened, or say why not."""
        try:
            self.stdout.write(self.act(acting_person(options["username"]), options))
        except Run.DoesNotExist:
            self._refuse(f"There is no run {options['run']}.")
        except (Refused, PermissionRefused) as refusal:
            self._refuse(str(refusal))
        except DATABASE_AWAY:
            self._refuse("The database cannot be reached. Start it, or check DATABASE_URL.")

    @abstractmethod
    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        """Do it, and return what happened; raises `Refused`."""

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(sentence)
        sys.exit(REFUSED)


class RunDoor(Door):
    """A command that does something to one run, named by its id."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the run."""
        parser.add_argument("run", type=UUID, help="the run's id, as its address shows it")
        super().add_arguments(parser)
