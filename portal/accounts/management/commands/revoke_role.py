"""Take a role away from a person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal.accounts.command_line import acting_person
from portal.accounts.grants.services import revoke_grant
from portal.accounts.policy import Role
from portal.accounts.selectors import person_named
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused


class Command(BaseCommand):
    help = "Take a role away from a person, wherever it is held: what of their runs has not begun is denied."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="sign-in name of the person")
        parser.add_argument("role", choices=Role.values, help="the role")
        parser.add_argument("--reason", default="", help="why, for the audit trail")
        parser.add_argument("--as", dest="actor", default="", metavar="NAME", help="act as this person")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            number = self._revoke(options)
        except (Refused, PermissionRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        if not number:
            raise CommandError(f"{options['username']} does not hold the role {Role(options['role']).label}.")
        self.stdout.write(f"{options['username']} does not hold the role {Role(options['role']).label} any more.")

    @transaction.atomic
    def _revoke(self, options: dict[str, Any]) -> int:
        actor, person = acting_person(options["actor"]), person_named(options["username"])
        held = list(person.role_grants.filter(role=options["role"], revoked_at=None).order_by("pk"))
        for grant in held:
            revoke_grant(actor=actor, grant_id=grant.pk, reason=options["reason"])
        return len(held)
