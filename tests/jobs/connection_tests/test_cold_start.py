"""Many organizations that nobody has connected to yet: one token request each, and one discovery each."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jobs.connection_tests.services import launch_connection_test
from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.start import start_run
from jobs.runs.models import Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState
from tenants.microsoft.http import LoginHttp, close_thread_connections
from tenants.organizations.models import Organization
from tests.engine import queued
from tests.factories import SYSTEM
from tests.live import Sandbox, settle

Bring = Callable[..., list[Organization]]
ORGANIZATIONS, THREADS = 60, 20
pytestmark = pytest.mark.django_db(transaction=True)


def carry_out_at_once(runs: list[Run]) -> None:
    for run in runs:
        start_run(run_id=run.pk)
    keys = [key for run in runs for key in queued(run)]
    with ThreadPoolExecutor(THREADS, initializer=lambda: None) as pool:
        list(pool.map(lambda _: attempt_next(), keys))
        list(pool.map(lambda _: close_thread_connections(), range(THREADS)))
    settle()


def test_each_service_costs_one_token_request_and_each_organization_one_discovery(
    sandbox: Sandbox, organizations_of: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    get = LoginHttp.get

    def counted(self: LoginHttp, url: str, *arguments: Any, **options: Any) -> Any:
        asked[url] += 1
        return get(self, url, *arguments, **options)

    monkeypatch.setattr(LoginHttp, "get", counted)
    organizations = organizations_of(ORGANIZATIONS)
    selection = Selection(organization_ids=[organization.pk for organization in organizations])
    for _ in range(2):  # the second time, everything is known already
        carry_out_at_once(launch_connection_test(actor=SYSTEM, selection=selection, service="both"))
    assert set(RunTarget.objects.values_list("state", flat=True)) == {TargetState.SUCCEEDED}
    wanted = {str(organization.tenant_id) for organization in organizations}
    tokens = Counter(entry["tenant"] for entry in sandbox.control("GET", "logins") if entry["tenant"] in wanted)
    assert tokens == dict.fromkeys(wanted, 2), "one for Exchange Online, one for Security & Compliance"
    assert sandbox.control("GET", "discoveries") == dict.fromkeys(wanted, 1)
    # msal reads the authority's OpenID configuration before the first token, once for both services: it documents no
    # way to spare that ("We always do a tenant discovery", exchange-protocol.md 2.8 item 7).
    assert set(asked.values()) == {1}
    assert len(asked) == ORGANIZATIONS
