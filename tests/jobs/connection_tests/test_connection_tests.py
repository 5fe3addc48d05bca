from collections.abc import Callable
from typing import Any

import pytest

from jobs.connection_tests.services import launch_connection_test
from jobs.results.bodies import unpack_exchanges
from jobs.results.selectors import latest_result
from jobs.runs.models import Connection, Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState
from portal.audit.models import AuditEvent
from tenants.capabilities.models import Capabilities, CmdletSet
from tenants.capabilities.sets import Names
from tenants.organizations.models import Organization, Reachability
from tests.engine import Launch
from tests.factories import SYSTEM, assign, make_app_registration, make_profile
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)

ANOTHER = {"value": [{"DomainName": "somebody-else.onmicrosoft.com", "Name": "x"}]}


def run_of(organizations: list[Organization], *, service: str = "exo", profile: Any = None) -> list[Run]:
    return launch_connection_test(
        actor=SYSTEM,
        selection=Selection(organization_ids=[organization.pk for organization in organizations]),
        service=service,
        profile_id=profile.pk if profile else None,
    )


def test_reads_the_accepted_domains_and_every_cmdlet_and_closes(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    organizations = organizations_of(3)
    [run] = run_of(organizations)
    targets = carry_out(run)
    assert [target.state for target in targets] == ["succeeded"] * 3
    assert str(run) == "Connection test in 3 organizations"
    kept = Capabilities.objects.select_related("cmdlets")
    assert {row.organization_id for row in kept} == {organization.pk for organization in organizations}
    for row in kept:
        names = Names.of_set(row.cmdlets).each
        assert len(names) == row.cmdlets.number > 500
        assert {"Get-AcceptedDomain", "Set-Mailbox"} <= set(names)
        assert (row.run_id, row.service) == (run.pk, "exo")
        assert "application" in row.identity
    assert CmdletSet.objects.count() == 1, "equal lists are kept once"
    assert all(row.closed_at for row in Connection.objects.all())


def test_both_services_are_two_runs_each_with_its_own_capabilities(
    organizations_of: Bring, carry_out: CarryOut
) -> None:
    runs = run_of(organizations_of(1), service="both")
    for run in runs:
        [target] = carry_out(run)
        assert target.state == TargetState.SUCCEEDED, target.error_detail
    assert sorted(Capabilities.objects.values_list("service", flat=True)) == ["exo", "scc"]


def test_an_unchanged_list_is_no_event_and_a_changed_one_says_what(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    organizations = organizations_of(1)
    for _ in range(2):
        [run] = run_of(organizations)
        carry_out(run)
    changes = AuditEvent.objects.filter(action="organization.capabilities_changed")
    assert changes.count() == 1
    fewer = Names.of(["Get-AcceptedDomain", "Get-Forgotten"]).as_set()
    fewer.save()
    Capabilities.objects.update(cmdlets=fewer)
    [run] = run_of(organizations)
    carry_out(run)
    newest = changes.order_by("-id")[0]
    assert newest.data["before"] == "2 cmdlets"
    assert newest.data["lost"] == ["Get-Forgotten"]
    assert newest.data["gained_number"] > 500


def test_another_profile_is_tried_without_being_assigned(organizations_of: Bring, carry_out: CarryOut) -> None:
    [organization] = organizations_of(1)
    other = make_profile(organization.partner, name="Next year's certificate")
    [run] = run_of([organization], profile=other)
    [target] = carry_out(run)
    assert target.state == TargetState.SUCCEEDED
    assert Capabilities.objects.get().profile == other
    assert not other.assignments.exists()


def test_security_and_compliance_tells_of_reachability_only_where_exchange_was_never_tried(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    tried, untried = organizations_of(2)
    carry_out(run_of([tried])[0])
    sandbox.control("POST", "faults", json={"match": {"path": "EXOBanner"}, "action": {"type": "nul403"}})
    [run] = run_of([tried, untried], service="scc")
    assert {target.error_class for target in carry_out(run)} == {"role_missing"}
    tried.refresh_from_db()
    untried.refresh_from_db()
    assert (tried.reachability, untried.reachability) == (Reachability.REACHABLE, Reachability.UNREACHABLE)


def test_a_profile_that_is_only_tried_out_tells_nothing_of_how_one_gets_in_otherwise(
    organizations_of: Bring, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1)
    unknown_to_microsoft = make_app_registration(organization.partner)
    bad = make_profile(organization.partner, app_registration=unknown_to_microsoft)
    carry_out(run_of([organization])[0])
    [target] = carry_out(run_of([organization], profile=bad)[0])
    assert target.state == TargetState.ERRORED
    organization.refresh_from_db()
    assert organization.reachability == Reachability.REACHABLE
    assign(bad, organization=organization)
    carry_out(run_of([organization], profile=bad)[0])
    organization.refresh_from_db()
    assert organization.reachability == Reachability.UNREACHABLE


def test_an_answer_of_another_organization_fails_hard_and_keeps_nothing_of_it(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1)
    sandbox.control(
        "POST",
        "faults",
        json={"match": {"cmdlet": "Get-AcceptedDomain"}, "action": {"type": "status", "code": 200, "body": ANOTHER}},
    )
    [run] = run_of([organization])
    [target] = carry_out(run)
    organization.refresh_from_db()
    assert (target.state, target.error_class) == (TargetState.FAILED, "wrong_organization_answered")
    assert target.not_before is None, "it is not tried again"
    assert organization.reachability == Reachability.UNREACHABLE
    assert not Capabilities.objects.exists()
    alarm = AuditEvent.objects.get(action="connection.answered_by_another")
    assert alarm.data["domains"] == ["somebody-else.onmicrosoft.com"]
    assert alarm.organization_id == organization.pk
    kept = latest_result(target)
    assert kept
    assert kept.row_count == 0
    assert "somebody" not in str(unpack_exchanges(bytes(kept.exchanges)))


def test_an_ordinary_run_that_is_told_otherwise_makes_capabilities_outdated(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    organizations = organizations_of(1)
    [run] = run_of(organizations)
    carry_out(run)
    carry_out(launch("Get-Mailbox", organizations))
    assert Capabilities.objects.get().outdated_at is None
    fewer = Names.of(["Get-AcceptedDomain"]).as_set()
    fewer.save()
    Capabilities.objects.update(cmdlets=fewer)
    carry_out(launch("Get-Mailbox", organizations))
    kept = Capabilities.objects.get()
    assert kept.outdated_at
    assert kept.outdated_by == "Get-Mailbox"
    [run] = run_of(organizations)
    carry_out(run)
    assert Capabilities.objects.get().outdated_at is None


def test_an_organization_without_consent_is_not_reachable_and_has_no_capabilities(
    organizations_of: Bring, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1, trouble="app_not_consented")
    [run] = run_of([organization])
    [target] = carry_out(run)
    assert target.state == TargetState.ERRORED
    assert not Capabilities.objects.exists()


def test_a_role_that_lacks_the_cmdlet_of_the_test_still_tells_what_it_offers(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    [organization] = organizations_of(1)
    monkeypatch.setattr("jobs.exchange.capabilities.exported_cmdlets", lambda body: frozenset({"Get-Mailbox"}))
    [run] = run_of([organization])
    [target] = carry_out(run)
    organization.refresh_from_db()
    assert (target.state, target.error_class) == (TargetState.FAILED, "cmdlet_absent")
    assert organization.reachability == Reachability.REACHABLE
    assert Capabilities.objects.get().cmdlets.names.split() == ["Get-Mailbox"]


def test_a_test_asks_for_every_cmdlet_and_an_ordinary_run_for_its_own(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    organizations = organizations_of(1)
    [run] = run_of(organizations)
    [target] = carry_out(run)
    assert [header_of(target)] == ["*"]
    [target] = carry_out(launch("Get-Mailbox", organizations))
    assert [header_of(target)] == ["Get-Mailbox"]


def header_of(target: RunTarget) -> str:
    result = latest_result(target)
    assert result
    [opening] = [each for each in unpack_exchanges(bytes(result.exchanges)) if "EXOModuleFile" in each["url"]]
    return str(opening["request_headers"]["CommandName"])
