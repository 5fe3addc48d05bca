"""Two worker processes, many runs over the same organizations: the limits of an organization hold over all of them."""

from collections.abc import Callable, Iterable
from datetime import datetime

import pytest

from jobs.runs.models import Connection, Run
from jobs.runs.states import RunState, is_open
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.live import Processes, Sandbox, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
Span = tuple[datetime, datetime]


def most_at_once(spans: Iterable[Span]) -> int:
    """How many of the spans overlap at most."""
    moments = sorted((moment, step) for begun, over in spans for moment, step in ((begun, 1), (over, -1)))
    now = most = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return most


def test_three_reads_and_one_change_at_most_are_in_flight_in_an_organization(
    sandbox: Sandbox, organizations_of: Callable[..., list[Organization]], launch: Launch, processes: Processes
) -> None:
    places = organizations_of(8)
    sandbox.control("POST", "latency", json={"ms": 60})
    for _ in range(2):
        processes.worker(WORKER_THREADS="8")
    reads = [launch("Get-AcceptedDomain", places) for _ in range(6)]
    changes = [launch("New-DistributionGroup", places, Name=f"Crew {number}") for number in range(3)]
    runs = Run.objects.filter(pk__in=[run.pk for run in (*reads, *changes)])
    wait_for(lambda: not any(is_open(state) for state in runs.values_list("state", flat=True)), what="all runs")
    assert set(runs.values_list("state", flat=True)) == {RunState.SUCCEEDED}

    reached = set()
    for place in places:
        rows = Connection.objects.filter(organization=place).values_list("run__effect", "opened_at", "closed_at")
        spans: dict[str, list[Span]] = {}
        for effect, begun, over in rows:
            assert over
            spans.setdefault(effect, []).append((begun, over))
        most = {effect: most_at_once(found) for effect, found in spans.items()}
        assert most["read"] <= 3
        assert most["create"] == 1
        reached.add(most["read"])
    assert max(reached) == 3, "the limit was never reached, so that it was not tested"
    assert Connection.objects.values("opened_by").distinct().count() == 2
    assert len(sandbox.executions("New-DistributionGroup")) == 3 * len(places)
