"""Give a person a role, over everything or over a part."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.command_line import acting_person
from portal.accounts.grants.models import GrantKind
from portal.accounts.grants.services import GrantRequest, grant_role
from portal.accounts.policy import Role
from portal.accounts.selectors import person_named
from portal.core.actors import Actor
from portal.core.authority import ScopeKind
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused
from tenants.groups.names import group_named
from tenants.organizations.names import organization_named
from tenants.partner.selectors import partner_named

LIMITS = ("cmdlets", "verbs", "risks", "parameters", "forbidden_parameters")


class Command(BaseCommand):
    help = "Give a person a role; revoke_role takes it away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="sign-in name of the person")
        parser.add_argument("role", choices=Role.values, help="the role")
        over = parser.add_mutually_exclusive_group()
        over.add_argument("--group", default="", help="only in the organizations of this organization group")
        over.add_argument("--partner", default="", help="only in the organizations of this partner: name or tenant id")
        over.add_argument("--organization", default="", help="only in this organization: domain, name or tenant id")
        parser.add_argument("--eligible", action="store_true", help="the person may elevate to it, for up to 8 hours")
        for name in LIMITS:
            help_text = f"limit: {name.replace('_', ' ')}, apart by commas"
            parser.add_argument(f"--{name.replace('_', '-')}", default="", metavar="NAMES", help=help_text)
        parser.add_argument(
            "--spares-partners-own", action="store_true", help="never in the partner's own organization"
        )
        parser.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="ends when this day begins (UTC)")
        parser.add_argument("--reason", default="", help="why, for the audit trail")
        parser.add_argument("--as", dest="actor", default="", metavar="NAME", help="act as this person")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            actor = acting_person(options["actor"])
            request = GrantRequest(
                Role(options["role"]),
                **_scope(actor, options),
                kind=GrantKind.ELIGIBLE if options["eligible"] else GrantKind.STANDING,
                limits=_limits(options),
                until=options["until"],
                reason=options["reason"],
            )
            grant = grant_role(actor=actor, person=person_named(options["username"]), request=request)
        except (Refused, PermissionRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        where = f"over {grant.scope_name}" if grant.scope_name else "over everything"
        holds = "may elevate to" if options["eligible"] else "holds"
        self.stdout.write(f"{options['username']} {holds} the role {grant.role_name} {where} now.")


def _scope(actor: Actor, options: dict[str, Any]) -> dict[str, Any]:
    if options["group"]:
        group = group_named(actor, options["group"])
        return {"scope_kind": ScopeKind.GROUP, "scope_id": group.pk, "scope_name": group.name}
    if options["partner"]:
        partner = partner_named(options["partner"])
        return {"scope_kind": ScopeKind.PARTNER, "scope_id": partner.pk, "scope_name": partner.name}
    if options["organization"]:
        organization = organization_named(actor, options["organization"])
        return {"scope_kind": ScopeKind.ORGANIZATION, "scope_id": organization.pk, "scope_name": organization.name}
    return {}


def _limits(options: dict[str, Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {
        name: [each.strip() for each in options[name].split(",") if each.strip()] for name in LIMITS if options[name]
    }
    return limits | ({"spares_partners_own": True} if options["spares_partners_own"] else {})


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
