"""Giving and taking roles on the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.accounts.grants.models import RoleGrant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.core.permissions import Permission
from tests.factories import make_group, make_organizations, make_person

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_role_is_given_over_everything_or_a_part_and_taken_away() -> None:
    (place,) = make_organizations(1)
    make_group("Gold", [place])
    make_person(None, username="nora")
    assert (
        run("grant_role", "nora", "auditor", "--reason", "New") == "nora holds the role Auditor over everything now.\n"
    )
    assert "over Gold now" in run("grant_role", "nora", "technician", "--group", "gold", "--until", "2999-01-01")
    assert f"over {place.name} now" in run("grant_role", "nora", "approver", "--organization", place.default_domain)
    scopes = {grant.role: grant.scope.id for grant in User.objects.get(username="nora").grants}
    assert scopes == {"Auditor": None, "Technician": place.groups.get().pk, "Approver": place.pk}
    assert AuditEvent.objects.get(action="role.granted", data__role="auditor").data["reason"] == "New"
    assert "does not hold the role Auditor any more" in run("revoke_role", "nora", "auditor")
    assert not User.objects.get(username="nora").as_actor(Source.WEB).has(Permission.EXPORT_READ_ALL)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("grant_role", "nobody", "auditor"), "Nobody can sign in as"),
        (("grant_role", "nora", "auditor", "--group", "Lead"), "no organization group called"),
        (("grant_role", "nora", "auditor", "--organization", "x"), "no organization"),
        (("grant_role", "nora", "auditor", "--until", "2001-01-01"), "past already"),
        (("grant_role", "nora", "auditor", "--as", "tess"), "accounts:grant:manage"),
        (("revoke_role", "nora", "auditor"), "does not hold"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(arguments: tuple[str, ...], said: str) -> None:
    make_person(None, username="nora")
    make_person(Role.SENIOR_TECHNICIAN, username="tess")
    with pytest.raises(CommandError, match=said):
        run(*arguments)
    assert not AuditEvent.objects.exists()


def test_a_role_is_given_to_be_elevated_to_over_a_partner_and_within_limits() -> None:
    (place,) = make_organizations(1)
    make_person(None, username="nora")
    limits = ("--risks", "read", "--verbs", "Get, Test", "--forbidden-parameters", "Anr", "--spares-partners-own")
    said = run("grant_role", "nora", "technician", "--partner", place.partner.name, "--eligible", *limits)
    assert said == f"nora may elevate to the role Technician over {place.partner.name} now.\n"
    made = RoleGrant.objects.get()
    assert made.limits == {
        "risks": ["read"],
        "verbs": ["Get", "Test"],
        "forbidden_parameters": ["Anr"],
        "spares_partners_own": True,
    }
    assert not User.objects.get(username="nora").grants
