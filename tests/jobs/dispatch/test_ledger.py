"""What the ledger keeps of the connections of attempts."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import CloseKind, Connection, Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.factories import SYSTEM
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)


def test_every_opened_connection_is_closed_whatever_happened(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    good = organizations_of(1)
    bad = organizations_of(1, trouble="app_not_consented")
    carry_out(launch("Get-AcceptedDomain", [*good, *bad]))
    rows = Connection.objects.all()
    assert len(rows) == 2
    assert all(row.closed_at and row.closed_by and row.close_reason for row in rows)


def test_the_ledger_says_where_a_connection_led_what_was_sent_and_how_it_was_closed(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [good], [bad] = organizations_of(1), organizations_of(1, trouble="app_not_consented")
    run = launch("Get-AcceptedDomain", [good, bad])
    carry_out(run)
    used, refused = Connection.objects.get(organization=good), Connection.objects.get(organization=bad)

    assert {used.run_id, refused.run_id} == {run.pk}
    assert {used.requested_by, refused.requested_by} == {run.requested_by}
    assert {used.environment, refused.environment} == {"O365Default"}
    assert {used.host, refused.host} == {urlsplit(sandbox.clouds["O365Default"]["exchange_url"]).hostname}
    assert (used.close_kind, used.cmdlet_count) == (CloseKind.NORMAL, 1)
    assert (refused.close_kind, refused.cmdlet_count) == (CloseKind.ERROR, 0)
    assert used.closed_at
    assert used.duration == used.closed_at - used.opened_at


def test_the_ledger_lists_exchange_online_protection_with_exchange_online(
    organizations_of: Bring, carry_out: CarryOut
) -> None:
    selection = Selection(organization_ids=[each.pk for each in organizations_of(1)])
    draft = draft_run(actor=SYSTEM, request=RunRequest("Get-AcceptedDomain", {}, selection, service="eop"))
    [target] = carry_out(launch_run(actor=SYSTEM, run_id=draft.pk))
    assert (target.state, Connection.objects.get().service) == (TargetState.SUCCEEDED, "exo")


def test_a_connection_over_which_exchange_said_no_was_closed_after_an_error(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    carry_out(launch("Get-Mailbox", organizations_of(1), Identity="nobody@nowhere.example"))

    row = Connection.objects.get()
    assert (row.close_kind, row.close_reason, row.cmdlet_count) == (CloseKind.ERROR, "Object does not exist", 1)
