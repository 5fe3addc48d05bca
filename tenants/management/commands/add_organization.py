"""Add organizations by domain or tenant id from the command line."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from portal.accounts.command_line import acting_person
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused
from tenants.clouds.adding import add_organization
from tenants.clouds.wanted import Wanted, read_wanted
from tenants.partner.selectors import partner_named


class Command(BaseCommand):
    help = "Add organizations that no list of the partner names, by domain or tenant id; each is looked up first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organizations", nargs="*", metavar="DOMAIN", help="a verified domain, or a tenant id")
        parser.add_argument("--file", type=Path, help="a CSV file: domain or tenant id, and a name if you like")
        parser.add_argument("--partner", default="", help="name, domain or tenant id of one of several partners")
        parser.add_argument("--as", dest="username", default="", metavar="NAME", help="act as this person")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            actor = acting_person(options["username"])
            partner = partner_named(options["partner"])
            wanted = _wanted(options["organizations"], options["file"])
        except (Refused, OSError) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(2)
        refused = 0
        for each in wanted:
            try:
                organization = add_organization(
                    actor=actor, partner=partner, domain_or_tenant_id=each.domain_or_tenant_id, title=each.title
                )
                self.stdout.write(f"{organization.name} ({organization.environment}) was added.")
            except (Refused, PermissionRefused) as refusal:
                refused += 1
                self.stderr.write(str(refusal))
        sys.exit(1 if refused else 0)


def _wanted(named: list[str], file: Path | None) -> list[Wanted]:
    listed = read_wanted(file.read_text(encoding="utf-8-sig", errors="replace")) if file else []
    wanted = [Wanted(name, "") for name in named] + listed
    if not wanted:
        raise Refused("Name at least one domain or tenant id, or a file with --file.")
    return wanted
