import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.catalogue import cmdlets, search
from jobs.catalogue.cmdlets import UnknownCmdlet, all_cmdlets, catalogue_version, find
from jobs.catalogue.effects import Effect
from jobs.catalogue.kinds import Kind

DATA = Path(cmdlets.__file__).parent / "data"


def test_holds_every_documented_cmdlet() -> None:
    assert len(all_cmdlets()) == 941
    assert sum(len(c.parameters) for c in all_cmdlets()) == 10377
    assert sum(len(c.parameter_sets) for c in all_cmdlets()) == 1309


def test_finds_in_any_case_and_names_the_nearest() -> None:
    assert find("get-MAILBOX").name == "Get-Mailbox"
    with pytest.raises(UnknownCmdlet) as caught:
        find("Get-Mailbx")
    assert caught.value.nearest[0] == "Get-Mailbox"


def test_version_is_that_of_the_data() -> None:
    assert hashlib.sha256((DATA / "cmdlets.json").read_bytes()).hexdigest().startswith(catalogue_version())


def test_data_is_one_cmdlet_a_line_and_carries_its_credit() -> None:
    lines = (DATA / "cmdlets.json").read_text().splitlines()
    assert sum(line.startswith('"') and '"verb":' in line for line in lines) == 941
    assert "derived from MicrosoftDocs/office-docs-powershell (CC BY 4.0), modified" in (DATA / "NOTICE").read_text()


def test_parameter_facts() -> None:
    rights = find("Add-MailboxPermission").parameters["AccessRights"]
    assert (rights.kind, rights.multivalued, rights.conflicts_with) == (Kind.ENUM, True, ("Owner",))
    assert find("Get-Mailbox").parameters["Database"].services == ()
    assert find("New-Mailbox").parameters["Password"].secret
    assert find("Set-Mailbox").parameters["EmailAddresses"].add_remove


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("Get-Mailbox", Effect.READ),
        ("Set-Mailbox", Effect.ABSOLUTE_SET),
        ("Enable-InboxRule", Effect.ABSOLUTE_SET),
        ("Enable-Mailbox", Effect.RELATIVE),
        ("New-Mailbox", Effect.CREATE),
        ("Add-MailboxPermission", Effect.RELATIVE),
        ("Remove-Mailbox", Effect.RELATIVE),
        ("Start-HistoricalSearch", Effect.RELATIVE),
        ("Test-Message", Effect.RELATIVE),
        ("Test-OAuthConnectivity", Effect.RELATIVE),
        ("Test-IRMConfiguration", Effect.READ),
        ("Update-RoleGroupMember", Effect.ABSOLUTE_SET),
        ("Invoke-HoldRemovalAction", Effect.RELATIVE),
        ("Clear-MobileDevice", Effect.RELATIVE),
    ],
)
def test_effect(name: str, effect: Effect) -> None:
    assert find(name).effect is effect


def test_only_reads_and_sets_are_harmless() -> None:
    for cmdlet in all_cmdlets():
        if cmdlet.effect.harmless_to_repeat:
            assert cmdlet.risk == "read" or cmdlet.verb in ("Set", "Enable", "Disable", "Update")


def test_loads_quickly() -> None:
    script = (
        "import time; t = time.process_time()\n"
        "from jobs.catalogue import cmdlets, search\n"
        "cmdlets.find('Get-Mailbox'); search.search('mailbox')\n"
        "print(time.process_time() - t)"
    )
    root = Path(cmdlets.__file__).parents[2]
    runs = [
        float(subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    print(f"load with index, fresh process: {min(runs) * 1000:.0f} ms (limit 150 ms of its own)")
    assert min(runs) < 0.6  # generous: other work shares the machine


def test_search_tolerates_typing() -> None:
    assert "Add-MailboxPermission" in [m.cmdlet.name for m in search.search("mbx perm")[:3]]
    assert search.search("acepted domian")[0].cmdlet.name == "Get-AcceptedDomain"
    assert search.search("set mailbox")[0].cmdlet.name == "Set-Mailbox"
    assert search.search("Get-AcceptedDomain")[0].cmdlet.name == "Get-AcceptedDomain"
    assert search.search("zzzqqq") == []
    assert search.search("???") == []


def test_search_finds_by_parameter_and_says_which() -> None:
    found = {m.cmdlet.name: m for m in search.search("DeliverToMailboxAndForward")}
    assert "DeliverToMailboxAndForward" in found["Set-Mailbox"].matched


def test_search_filters() -> None:
    assert {m.cmdlet.verb for m in search.find_cmdlets("mailbox", {"verb": "Set"}).matches} == {"Set"}
    assert all("scc" in m.cmdlet.services for m in search.find_cmdlets("policy", {"service": "scc"}).matches)
    assert {m.cmdlet.risk for m in search.find_cmdlets("mailbox", {"risk": "destructive"}).matches} == {"destructive"}
    assert all(m.cmdlet.whatif_in for m in search.find_cmdlets("", {"dry_run": "yes"}, number=1000).matches)
    assert len(search.search("", limit=1000)) == 941


def test_search_is_quick() -> None:
    search.search("warm up")
    spent = []
    for text in ("mbx perm", "acepted domian", "forwarding address set mailbox", "quarantine release message"):
        start = time.process_time()
        search.search(text)
        spent.append(time.process_time() - start)
    print(f"search: {max(spent) * 1000:.0f} ms at most")
    assert max(spent) < 0.1


def test_facets_count_everything() -> None:
    counts = search.find_cmdlets("", {}).counts
    assert sum(counts["verb"].values()) == sum(counts["effect"].values()) == 941
    assert counts["service"] == {"exo": 730, "eop": 290, "scc": 275}
    assert counts["risk"] == {"change": 401, "read": 353, "destructive": 184, "session": 3}
