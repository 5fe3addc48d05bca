"""Stop a run from the command line."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from jobs.runs.models import Run
from jobs.runs.services import cancel_run
from portal.accounts.command_line import acting_person
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused


class Command(BaseCommand):
    help = "Stop a run: no further cmdlet starts; what is in flight ends by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=UUID, help="the run's id, as its address shows it")
        parser.add_argument("--as", dest="username", default="", metavar="NAME", help="act as this person")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = cancel_run(actor=acting_person(options["username"]), run_id=options["run"])
        except Run.DoesNotExist:
            self.stderr.write(f"There is no run {options['run']}.")
            sys.exit(2)
        except (Refused, PermissionRefused) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(2)
        self.stdout.write(f"Stopping: {run}.")
