"""Every changing cmdlet: is there a cmdlet that reads back what it changed, and can it be called?"""

from collections import Counter

import pytest

from jobs.catalogue.cmdlets import all_cmdlets, find
from jobs.catalogue.effects import Effect
from jobs.catalogue.read_backs import Proof, read_back_of, reading_of

CHANGING = [cmdlet for cmdlet in all_cmdlets() if cmdlet.risk in ("change", "destructive")]
RULE = {"Identity": "r", "Mailbox": "m"}
FOR_EVER = {"PermanentlyDelete": True}


def test_every_read_back_is_a_cmdlet_that_reads_with_parameters_that_exist() -> None:
    """Also prints how many of the changing cmdlets are read back, and what their reading can show."""
    proofs: Counter[str] = Counter()
    for cmdlet in CHANGING:
        read_back = read_back_of(cmdlet.name)
        proofs[read_back.proof.value if read_back else "no read-back"] += 1
        if read_back is None:
            continue
        reader = find(read_back.cmdlet)
        assert reader.effect is Effect.READ, cmdlet.name
        assert set(reader.services) & set(cmdlet.services), cmdlet.name
        for key, source in read_back.keys.items():
            assert reader.parameters[key].services, (cmdlet.name, key)
            assert source in cmdlet.parameters, (cmdlet.name, source)
        for name in read_back.scope:
            assert name in reader.parameters, (cmdlet.name, name)
            assert name in cmdlet.parameters, (cmdlet.name, name)
        if read_back.member:
            assert {read_back.member, f"{read_back.member}s"} & cmdlet.parameters.keys(), cmdlet.name
    shown = sum(number for proof, number in proofs.items() if proof not in ("no read-back", Proof.NOTHING.value))
    print(f"{shown} of {len(CHANGING)} changing cmdlets can be judged by a read-back: {dict(proofs)}")
    assert shown >= 500


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "reader", "sent", "proof"),
    [
        ("New-TransportRule", {"Name": "Block"}, "Get-TransportRule", {"Identity": "Block"}, Proof.CREATED),
        ("Set-Mailbox", {"Identity": "a", "MailTip": "b"}, "Get-Mailbox", {"Identity": "a"}, Proof.VALUES),
        ("Set-TransportConfig", {"ClearCategories": True}, "Get-TransportConfig", {}, Proof.VALUES),
        ("Remove-InboxRule", RULE, "Get-InboxRule", RULE, Proof.GONE),
        ("Remove-Mailbox", {"Identity": "a"}, "Get-Mailbox", {"Identity": "a"}, Proof.GONE),
        ("Remove-Mailbox", {"Identity": "a", **FOR_EVER}, "Get-Mailbox", {"Identity": "a"}, Proof.NOTHING),
        ("Enable-Mailbox", {"Identity": "a", "Archive": True}, "Get-Mailbox", {"Identity": "a"}, Proof.VALUES),
        ("Enable-Mailbox", {"Identity": "a"}, "Get-Mailbox", {"Identity": "a"}, Proof.NOTHING),
        ("Start-MigrationBatch", {"Identity": "a"}, "Get-MigrationBatch", {"Identity": "a"}, Proof.NOTHING),
        ("New-UnifiedGroup", {"DisplayName": "A", "Alias": "a"}, "Get-UnifiedGroup", {"Identity": "a"}, Proof.CREATED),
    ],
)  # fmt: skip
def test_a_call_is_read_back_by_its_own_identity(
    cmdlet: str, parameters: dict[str, object], reader: str, sent: dict[str, str], proof: Proof
) -> None:
    reading = reading_of(cmdlet, parameters)

    assert reading is not None
    assert (reading.cmdlet, reading.parameters, reading.proof) == (reader, sent, proof)


def test_the_server_is_asked_about_one_person_where_it_can_be() -> None:
    call = {"Identity": "a", "User": "b@c.example", "AccessRights": ["FullAccess"]}
    reading = reading_of("Add-MailboxPermission", call)

    assert reading is not None
    assert reading.parameters == {"Identity": "a", "User": "b@c.example", "ResultSize": "Unlimited"}
    assert (reading.members, reading.strangers) == (("b@c.example",), ())


def test_members_of_a_group_are_looked_up_since_the_group_may_call_them_otherwise() -> None:
    reading = reading_of("Update-DistributionGroupMember", {"Identity": "g", "Members": ["a", "b"]})

    assert reading is not None
    assert reading.parameters == {"Identity": "g", "ResultSize": "Unlimited"}
    assert reading.strangers == ("a", "b")


def test_a_call_without_a_name_or_a_reader_cannot_be_read_back() -> None:
    assert reading_of("Start-ManagedFolderAssistant", {"Identity": "a"}) is None
    assert reading_of("New-ManagementRoleAssignment", {"Role": "a"}) is None
    assert reading_of("Get-Mailbox", {"Identity": "a"}) is None
