"""The invariants of what may happen when: limits, stops, waiting times (I5, I8, I10, I14)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.conf import settings

from tests.faults.complaint import TARGET_ENDED, Complaint, intents_of, name_of
from tests.faults.records import Records, Row

SECOND = timedelta(seconds=1)
CLOCK_STEP = timedelta(milliseconds=1)  # the ledger keeps milliseconds
UNDER_WAY = SECOND  # who was on the way already when Exchange asked to wait could not know
ENDS_OF_ATTEMPTS = frozenset(
    {TARGET_ENDED, "run_target.deferred", "run_target.released", "run_target.held", "late_answer.kept"}
)
HALTS = {"run.cancel_requested": "", "run.paused": "run.resumed", "global_stop.ordered": "global_stop.lifted"}


def limits_are_kept(records: Records) -> Iterator[Complaint]:
    """I5: never more in flight in one organization than its limits, by the commits of claims and ends."""
    effects = {run["id"]: run["effect"] for run in records.runs}
    moments: dict[tuple[Any, bool], list[tuple[datetime, int]]] = {}
    for target in records.targets:
        reads = effects[target["run_id"]] == "read"
        spans = moments.setdefault((target["organization_id"], reads), [])
        for claim, end in _in_flight(records.events_of[str(target["id"])]):
            spans += [(claim, 1), (end, -1)]
    for (organization, reads), changes in moments.items():
        limit = settings.ORGANIZATION_READS if reads else settings.ORGANIZATION_WRITES
        number = most = 0
        for _, change in sorted(changes):
            number += change
            most = max(most, number)
        if most > limit:
            yield Complaint("I5", f"{most} {'reads' if reads else 'changes'} at once in {organization}, not {limit}")


def _in_flight(events: Sequence[Row]) -> Iterator[tuple[datetime, datetime]]:
    ended: dict[int, datetime] = {}
    for event in events:
        if event["action"] in ENDS_OF_ATTEMPTS and "fence" in event["data"]:
            ended.setdefault(event["data"]["fence"], event["committed_at"])
    for event in events:
        if event["action"] == "run_target.claimed" and event["data"]["fence"] in ended:
            yield event["committed_at"], ended[event["data"]["fence"]]


def nothing_starts_after_a_stop(records: Records) -> Iterator[Complaint]:
    """I8, I14: no cmdlet reaches Exchange later than a second after a stop or pause was committed, until its end."""
    everywhere = list(_halts(records.stops))
    for run in records.runs:
        halts = [*_halts(records.events_of[str(run["id"])]), *everywhere]
        mine = [target for target in records.targets if target["run_id"] == run["id"]] if halts else []
        for target in mine:
            for sooner, later in _first_sent(records, target):
                broken = [name for name, begin, end in halts if begin + SECOND < sooner and not (end and later > end)]
                if broken:
                    yield Complaint("I8", f"{name_of(target)} began at {later}, in spite of {broken[0]}")


def _halts(events: Sequence[Row]) -> Iterator[tuple[str, datetime, datetime | None]]:
    for number, event in enumerate(events):
        if event["action"] in HALTS:
            ends = [e["committed_at"] for e in events[number:] if e["action"] == HALTS[event["action"]]]
            yield event["action"], event["committed_at"], ends[0] if ends else None


def _first_sent(records: Records, target: Row) -> Iterator[tuple[datetime, datetime]]:
    """Yield when each call of a target was announced, and when it began: not sooner and not later than that.

    Later pages and repetitions have the same id. A call may have been on its way for as long as the network held it.
    """
    for step in range(1, target["step_count"] + 1):
        first: dict[str, datetime] = {}
        for entry in records.calls(target, step):
            first.setdefault(entry["client_request_id"], entry["time"])
        yield from ((arrived - records.delay, arrived) for arrived in first.values())
        yield from ((intent["committed_at"], intent["committed_at"]) for intent in intents_of(records, target, step))


def waiting_times_are_kept(records: Records) -> Iterator[Complaint]:
    """I10: nobody calls an organization inside the time that Exchange asked it to wait."""
    if records.retry_after is None:
        return
    by_tenant: dict[str, list[Row]] = {}
    for entry in records.entries:
        by_tenant.setdefault(entry["tenant"], []).append(entry)
    window = timedelta(seconds=records.retry_after) - CLOCK_STEP
    for entries in by_tenant.values():
        for earlier, later in combinations(entries, 2):
            after = later["time"] - earlier["time"]
            if earlier["answered"] == "429" and UNDER_WAY < after < window:
                yield Complaint(
                    "I10", f"{later['cmdlet']} at {later['tenant']} inside Retry-After, {after} after a 429"
                )
