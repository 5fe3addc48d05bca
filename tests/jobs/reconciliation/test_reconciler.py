"""Unknown outcomes in the simulated cloud: for every effect class, carried out and not carried out are told apart."""

from typing import Any

import pytest

from jobs.global_stop.services import lift_global_stop, stop_everything
from jobs.runs.states import TargetState, Verdict
from tests.factories import SYSTEM
from tests.jobs.reconciliation.conftest import Done, Look, Lose, There

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("soon")]

Parameters = dict[str, Any]
Call = tuple[str, Parameters]
RULE = {"Name": "Outside", "PrependSubject": "[EXTERNAL] ", "FromScope": "NotInOrganization"}
CONTACT = {"Name": "Jane Roe", "ExternalEmailAddress": "jane@fabrikam.example"}


@pytest.fixture
def world(there: There) -> dict[str, str]:
    """Names of objects that are there since long: a rule, two mailboxes, a group, one of its members and one not."""
    mailboxes, [group, *_] = there("Get-Mailbox"), there("Get-DistributionGroup")
    addresses = [row["PrimarySmtpAddress"] for row in mailboxes]
    members = {row["PrimarySmtpAddress"] for row in there("Get-DistributionGroupMember", Identity=group["Name"])}
    return {
        "rule": there("Get-TransportRule")[0]["Name"],
        "mailbox": mailboxes[0]["Alias"],
        "colleague": addresses[1],
        "group": group["Name"],
        "member": min(members),
        "stranger": next(each for each in addresses if each not in members),
    }


RIGHT = {"Identity": "{mailbox}", "User": "{colleague}", "AccessRights": ["FullAccess"]}
CASES: dict[str, tuple[list[Call], Call]] = {
    "a create": ([], ("New-TransportRule", RULE)),
    "a create of a recipient": ([], ("New-MailContact", CONTACT)),
    "an absolute set": ([], ("Set-Mailbox", {"Identity": "{mailbox}", "CustomAttribute1": "moved"})),
    "a set of the organization": ([], ("Set-TransportConfig", {"MaxRecipientEnvelopeLimit": "77"})),
    "a partial set": (
        [],
        ("Set-Mailbox", {"Identity": "{mailbox}", "EmailAddresses": {"Add": ["smtp:second@fabrikam.example"]}}),
    ),
    "a disable": (
        [("Enable-TransportRule", {"Identity": "{rule}"})],
        ("Disable-TransportRule", {"Identity": "{rule}"}),
    ),
    "an enable": (
        [("Disable-TransportRule", {"Identity": "{rule}"})],
        ("Enable-TransportRule", {"Identity": "{rule}"}),
    ),
    "a remove": ([], ("Remove-TransportRule", {"Identity": "{rule}"})),
    "an added right": ([], ("Add-MailboxPermission", RIGHT)),
    "a removed right": ([("Add-MailboxPermission", RIGHT)], ("Remove-MailboxPermission", RIGHT)),
    "an added member": ([], ("Add-DistributionGroupMember", {"Identity": "{group}", "Member": "{stranger}"})),
    "a removed member": ([], ("Remove-DistributionGroupMember", {"Identity": "{group}", "Member": "{member}"})),
    "replaced members": ([], ("Update-DistributionGroupMember", {"Identity": "{group}", "Members": ["{stranger}"]})),
}


def named(call: Call, world: dict[str, str]) -> Call:
    return call[0], {key: _filled(value, world) for key, value in call[1].items()}


def _filled(value: Any, world: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, world) for item in value]
    return value.format(**world) if isinstance(value, str) else value


@pytest.mark.parametrize("carried_out", [True, False], ids=["carried out", "not carried out"])
@pytest.mark.parametrize("case", CASES)
def test_whether_it_was_carried_out_is_found_out(
    case: str, *, carried_out: bool, world: dict[str, str], done: Done, lose: Lose, look: Look
) -> None:
    before, call = CASES[case]
    for each in before:
        name, parameters = named(each, world)
        done(name, **parameters)
    name, parameters = named(call, world)
    target = lose(name, carried_out=carried_out, **parameters)

    [found] = look()

    target.refresh_from_db()
    wanted = Verdict.APPLIED if carried_out else Verdict.NOT_APPLIED
    assert (found.verdict, found.detail) == (wanted, found.detail)
    assert target.verdict == wanted
    assert target.state == TargetState.UNKNOWN


def test_nothing_is_looked_up_while_everything_is_stopped(done: Done, lose: Lose, look: Look) -> None:
    lose("New-TransportRule", carried_out=True, **RULE)
    stop_everything(actor=SYSTEM, reason="odd deletions")
    assert look() == []
    lift_global_stop(actor=SYSTEM)
    assert len(look()) == 1
