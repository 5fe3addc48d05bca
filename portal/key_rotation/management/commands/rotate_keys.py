"""Seal every stored secret anew with the current root key, or say which key each needs."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from portal.accounts.command_line import acting_person
from portal.core.errors import DATABASE_AWAY
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused
from portal.core.secrets.errors import RootKeysUnavailable
from portal.core.secrets.inventory import inventory
from portal.core.secrets.root_keys.key_ring import key_ring
from portal.key_rotation.services import Rotation, count_stale, rotate_keys

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Seal every stored secret anew with the current root key, while everything runs. May be interrupted and begun "
        "again. The exit status is 1 when secrets are left that another key sealed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", action="store_true", help="change nothing; say which root keys are needed")
        parser.add_argument("--as", dest="username", default="", metavar="NAME", help="act as this person")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            left = self._tell() if options["status"] else self._rotate(options["username"])
        except (Refused, PermissionRefused, ImproperlyConfigured, RootKeysUnavailable) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(REFUSED)
        except DATABASE_AWAY:
            self.stderr.write("The database cannot be reached. Start it, or check DATABASE_URL. Then begin again.")
            sys.exit(REFUSED)
        sys.exit(1 if left else 0)

    def _tell(self) -> int:
        current = key_ring().current()
        table = Table("Column", "Root key", "Secrets", "", box=None)
        left = 0
        for column in inventory():
            for key_id, number in column.secrets.items():
                left += number if key_id != current else 0
                mark = "current" if key_id == current else "to be rotated"
                table.add_row(f"{column.table}.{column.column}", key_id, str(number), mark)
        console = Console(width=140)
        with console.capture() as shown:
            console.print(table)
        self.stdout.write(shown.get())
        if left:
            self.stdout.write(
                f"{left} to be rotated to {current}: run `manage.py rotate_keys`. Keep every key named above."
            )
        else:
            self.stdout.write(
                f"Every secret is sealed with {current}. Earlier root keys open no stored secret any more."
            )
        return left

    def _rotate(self, username: str) -> int:
        actor = acting_person(username)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("Sealing anew", total=count_stale())
            rotation = rotate_keys(actor=actor, report=lambda number: progress.advance(bar, number))
        self._print(rotation)
        return sum(rotation.unreadable.values())

    def _print(self, rotation: Rotation) -> None:
        for column, number in rotation.resealed.items():
            self.stdout.write(f"{column}: {number} sealed anew")
        for column, number in rotation.unreadable.items():
            self.stderr.write(f"{column}: {number} do not open with any root key that is here, and stay as they are")
        self.stdout.write(
            f"The root key is {rotation.root_key}. `manage.py rotate_keys --status` says what needs earlier ones."
        )
