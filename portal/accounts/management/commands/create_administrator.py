"""Create the first person who can sign in: there is no set-up page in the browser."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.factors.services import issue_enrolment_code
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.services import create_person
from portal.core.actors import Actor, Source


class Command(BaseCommand):
    help = "Create an administrator; the password is asked for, or read from a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="sign-in name")
        parser.add_argument("--name", default="", help="name for people to read")
        parser.add_argument("--password-file", type=Path, help="file that holds the password")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        if User.objects.filter(username=username).exists():
            raise CommandError(f"Somebody signs in as “{username}” already.")
        actor = Actor.system(f"shell account {getpass.getuser()}").through(Source.COMMAND_LINE)
        try:
            person = create_person(
                actor=actor,
                username=username,
                display_name=options["name"] or username,
                password=_password(options["password_file"]),
                roles=[Role.PLATFORM_ADMINISTRATOR],
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        code = issue_enrolment_code(actor=actor, person=person)
        self.stdout.write(f"{username} can sign in now, as administrator.")
        self.stdout.write(f"Enrolment code for the second factor, good once and for a day: {code}")


def _password(path: Path | None) -> str:
    if path:
        return path.read_text(encoding="utf-8").strip()
    if not sys.stdin.isatty():
        raise CommandError("Name a file with --password-file, or call this in a terminal.")
    return getpass.getpass("Password (15 characters or more): ")
