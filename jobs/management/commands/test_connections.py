"""Test connections from the command line, through the same service as the page."""

import sys
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from jobs.command_line.output import print_json, print_summary
from jobs.command_line.progress import follow
from jobs.connection_tests.cmdlets import SERVICE_CHOICES
from jobs.connection_tests.services import launch_connection_test
from jobs.runs.selection import Selection
from jobs.runs.states import RunState
from portal.accounts.command_line import acting_person
from portal.core.actors import Actor
from portal.core.errors import DATABASE_AWAY
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused
from tenants.groups.names import group_named
from tenants.organizations.names import organization_named
from tenants.profiles.names import profile_named

ALL_REACHABLE, SOME_ARE_NOT, REFUSED = 0, 1, 2


class Command(BaseCommand):
    help = "Test connections. Exit status: 0 all reachable, 1 some are not, 2 refused before anything was opened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_argument_group("where, at least one of")
        where.add_argument("--all", action="store_true", help="every organization")
        where.add_argument("--group", action="append", default=[], metavar="NAME", help="an organization group")
        where.add_argument(
            "--organization", action="append", default=[], metavar="DOMAIN", help="domain, name or tenant id"
        )
        parser.add_argument("--service", choices=list(SERVICE_CHOICES), default="exo", help="default: exo")
        parser.add_argument("--profile", default="", metavar="[PARTNER/]NAME", help="with this connection profile")
        parser.add_argument("--as", dest="username", default="", metavar="NAME", help="act as this person")
        parser.add_argument("--json", action="store_true", help="print one JSON object per organization")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            actor = acting_person(options["username"])
            profile = profile_named(actor, options["profile"]) if options["profile"] else None
            runs = launch_connection_test(
                actor=actor,
                selection=_selection(actor, options),
                service=options["service"],
                profile_id=profile.pk if profile else None,
            )
        except (Refused, PermissionRefused, ValueError) as refusal:
            self._refuse(str(refusal))
        except DATABASE_AWAY:
            self._refuse("The database cannot be reached. Start it, or check DATABASE_URL.")
        ended = [follow(run) for run in runs]
        for run in ended:
            if options["json"]:
                print_json(actor, run)
            print_summary(run, to_stderr=options["json"])
        sys.exit(ALL_REACHABLE if all(run.state == RunState.SUCCEEDED for run in ended) else SOME_ARE_NOT)

    def _refuse(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        self.stderr.write("Nothing was opened.")
        sys.exit(REFUSED)


def _selection(actor: Actor, options: dict[str, Any]) -> Selection:
    return Selection(
        everywhere=options["all"],
        group_ids=[group_named(actor, name).pk for name in options["group"]],
        organization_ids=[organization_named(actor, name).pk for name in options["organization"]],
    )
