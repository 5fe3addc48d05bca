"""The invariants, judged by joining the three records; never by what the product logs (I1 to I14)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES
from tests.faults.records import REFUSED_BEFORE_IT_RAN, Records, Row

SECOND = timedelta(seconds=1)
CLOCK_STEP = timedelta(milliseconds=1)  # the ledger keeps milliseconds
UNDER_WAY = SECOND  # who was on the way already when Exchange asked to wait could not know
CLOSED_WITHIN = timedelta(seconds=60)
IS_OVER = "run.finished"
MASK = "(secret)"  # in the trail in place of a secret
SAID_NO = frozenset({"failed", "errored", "denied", "cancelled", "skipped"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """An invariant that does not hold, and what shows it."""

    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


Checker = Callable[[Records], Iterator[Complaint]]


def complaints(records: Records) -> list[Complaint]:
    """Return everything that is wrong with the runs of these records, which have had their time to end."""
    return [complaint for check in CHECKERS for complaint in check(records)]


def every_target_ends_once(records: Records) -> Iterator[Complaint]:
    """I1: exactly one terminal outcome for each organization, and the run's end tells the same."""
    by_run: dict[Any, Counter[str]] = {run["id"]: Counter() for run in records.runs}
    for target in records.targets:
        by_run[target["run_id"]][target["state"]] += 1
        ended = [e for e in records.events_of[str(target["id"])] if e["action"] == "run_target.ended"]
        if target["state"] in OPEN_TARGET_STATES:
            yield Complaint("I1", f"lost: {_name(target)} is still {target['state']}")
        elif len(ended) > 1:
            yield Complaint("I1", f"ended {len(ended)} times: {_name(target)}")
        elif ended and ended[0]["data"]["state"] != target["state"]:
            yield Complaint("I1", f"{_name(target)} is {target['state']}, its event says {ended[0]['data']['state']}")
    for run in records.runs:
        yield from _run_ends_once(records, run, by_run[run["id"]])


def _run_ends_once(records: Records, run: Row, states: Counter[str]) -> Iterator[Complaint]:
    ends = [event for event in records.events_of[str(run["id"])] if event["action"] == IS_OVER]
    if run["state"] in OPEN_RUN_STATES:
        yield Complaint("I1", f"the run {run['id']} ({run['cmdlet']}) is still {run['state']}")
        return
    if len(ends) != 1:
        yield Complaint("I1", f"the run {run['id']} ended {len(ends)} times")
    if sum(states.values()) != run["target_count"]:
        yield Complaint("I1", f"{run['target_count']} organizations were wanted, {sum(states.values())} are there")
    if dict(states) != run["counts"]:
        yield Complaint("I1", f"the run {run['id']} counts {run['counts']}, its organizations are {dict(states)}")
    late = [t for t in records.targets if t["run_id"] == run["id"] and ends and _ended_after(t, ends[0])]
    if late:
        yield Complaint("I1", f"the run {run['id']} ended before {len(late)} of its organizations")


def _ended_after(target: Row, end: Row) -> bool:
    return bool(target["finished_at"] is None or target["committed_at"] > end["committed_at"])


def a_change_runs_at_most_once(records: Records) -> Iterator[Complaint]:
    """I2: what is not harmless to repeat is not sent again once it may have run."""
    for target in records.targets:
        if target["effect"] not in {"create", "relative"}:
            continue
        entries = records.entries_of_target(target)
        executed = [entry for entry in entries if entry["executed"]]
        may_have_run = [entry for entry in entries if entry["answered"] not in REFUSED_BEFORE_IT_RAN]
        if len(executed) > 1:
            yield Complaint("I2", f"executed {len(executed)} times: {_name(target)}")
        elif len(may_have_run) > 1:
            yield Complaint("I2", f"sent again after it may have run: {_name(target)}: {_answers(entries)}")


def whatever_ran_was_announced(records: Records) -> Iterator[Complaint]:
    """I3: before each call that reached Exchange its intent was committed, for that organization and that plan."""
    intents = {e["data"]["client_request_id"]: e for e in records.events if e["action"] == "cmdlet.intended"}
    probes = {e["data"]["client_request_id"] for e in records.events if e["action"] == "connection.probed"}
    tenants = {str(target["id"]): str(target["tenant_id"]) for target in records.targets}
    runs = {run["id"]: run for run in records.runs}
    approved = {e["run_id"]: e["data"] for e in records.events if e["action"] == "run.launched"}
    for entry in records.entries:
        if entry["client_request_id"] in probes:
            continue
        intent = intents.get(entry["client_request_id"])
        if intent is None:
            yield Complaint("I3", f"no intent: {entry['cmdlet']} at {entry['tenant']} ({entry['answered']})")
            continue
        run, plan = runs[intent["run_id"]], approved[intent["run_id"]]
        if intent["committed_at"] > entry["time"] + CLOCK_STEP:
            yield Complaint("I3", f"sent before its intent was committed: {entry['cmdlet']} at {entry['tenant']}")
        if tenants[intent["target_id"]] != entry["tenant"]:
            yield Complaint("I3", f"meant for {tenants[intent['target_id']]}, sent to {entry['tenant']}")
        if intent["data"]["plan_hash"] != plan["plan_hash"]:
            yield Complaint("I3", f"the plan of {run['id']} was changed after it was launched")
        yield from _as_approved(entry, plan)


def _as_approved(entry: Row, plan: Row) -> Iterator[Complaint]:
    wanted = {name: value for name, value in plan["parameters"].items() if value != MASK}
    sent = {name: value for name, value in entry["parameters"].items() if name in wanted}
    if entry["cmdlet"] != plan["cmdlet"] or sent != wanted:
        yield Complaint("I3", f"{entry['cmdlet']} was sent with {sent}, launched was {plan['cmdlet']} with {wanted}")


def outcomes_are_true(records: Records) -> Iterator[Complaint]:
    """I4: succeeded means that it ran, failed and errored that it did not, unknown that a change was announced."""
    for target in records.targets:
        ran = any(entry["executed"] for entry in records.entries_of_target(target))
        state, reads = target["state"], target["effect"] == "read"
        if state == "succeeded" and not ran and target["error_class"] != "no_change_needed":
            yield Complaint("I4", f"called succeeded, and it never ran: {_name(target)}")
        if state in SAID_NO and ran and not reads:
            yield Complaint("I4", f"called {state} ({target['error_class']}), and it ran: {_name(target)}")
        if state == "unknown" and (reads or not any(a["intended_at"] for a in records.attempts_of[target["id"]])):
            yield Complaint("I4", f"called unknown, and nothing was announced: {_name(target)}")


def connections_are_closed(records: Records) -> Iterator[Complaint]:
    """I5: closed by whoever opened them, or within a minute of his death by the sweeper."""
    for row in records.connections:
        if row["closed_at"] is None:
            yield Complaint("I5", f"the connection {row['id']} of {row['opened_by']} is open ({row['outcome']})")
        elif row["close_kind"] == "reaper" and row["outcome"] != "lost":
            yield Complaint("I5", f"the connection {row['id']} was left to the sweeper by a worker that was alive")
        elif row["ended_at"] and row["closed_at"] - row["ended_at"] > CLOSED_WITHIN:
            yield Complaint("I5", f"the connection {row['id']} was closed {row['closed_at'] - row['ended_at']} later")


def changes_have_their_events(records: Records) -> Iterator[Complaint]:
    """I6: the end of a target is committed together with its event, and so are claims and intents."""
    claimed = Counter(e["target_id"] for e in records.events if e["action"] == "run_target.claimed")
    intended = {e["data"]["client_request_id"] for e in records.events if e["action"] == "cmdlet.intended"}
    for target in records.targets:
        key = str(target["id"])
        if claimed[key] != len(records.attempts_of[target["id"]]):
            yield Complaint("I6", f"{claimed[key]} claims in the trail, others in the database: {_name(target)}")
        for attempt in records.attempts_of[target["id"]]:
            if attempt["intended_at"] and attempt["client_request_id"] not in intended:
                yield Complaint("I6", f"an intent without its event: {_name(target)}")
        if target["state"] in OPEN_TARGET_STATES:
            continue
        ends = [e for e in records.events_of[key] if e["action"] == "run_target.ended"]
        if not ends:
            yield Complaint("I6", f"no event says that {_name(target)} ended")
        elif target["committed_at"] not in {end["committed_at"] for end in ends}:
            yield Complaint("I6", f"the end of {_name(target)} was not committed together with its event")


def nothing_starts_after_a_stop(records: Records) -> Iterator[Complaint]:
    """I8: no cmdlet reaches Exchange later than a second after the stop was committed."""
    for run in records.runs:
        stops = [e for e in records.events_of[str(run["id"])] if e["action"] == "run.cancel_requested"]
        if not stops:
            continue
        for target in records.targets:
            if target["run_id"] != run["id"]:
                continue
            first: dict[str, Row] = {}
            for entry in records.entries_of_target(target):
                first.setdefault(entry["client_request_id"], entry)
            late = [entry for entry in first.values() if entry["time"] > stops[0]["committed_at"] + SECOND]
            if late:
                after = late[0]["time"] - stops[0]["committed_at"]
                yield Complaint("I8", f"{_name(target)} began {after} after the stop")


def waiting_times_are_kept(records: Records) -> Iterator[Complaint]:
    """I10: nobody calls an organization inside the time that Exchange asked it to wait."""
    by_tenant: dict[str, list[Row]] = {}
    for entry in records.entries:
        by_tenant.setdefault(entry["tenant"], []).append(entry)
    if records.retry_after is None:
        return
    window = timedelta(seconds=records.retry_after) - CLOCK_STEP
    for entries in by_tenant.values():
        for earlier, later in pairwise(entries):
            after = later["time"] - earlier["time"]
            if earlier["answered"] == "429" and UNDER_WAY < after < window:
                yield Complaint(
                    "I10", f"{later['cmdlet']} at {later['tenant']} {after} after a 429, inside Retry-After"
                )


def _name(target: Row) -> str:
    return f"{target['cmdlet']} in {target['organization_name']} ({target['id']})"


def _answers(entries: list[Row]) -> str:
    return ", ".join(f"{entry['answered']}{'*' if entry['executed'] else ''}" for entry in entries)


CHECKERS: tuple[Checker, ...] = (
    every_target_ends_once,
    a_change_runs_at_most_once,
    whatever_ran_was_announced,
    outcomes_are_true,
    connections_are_closed,
    changes_have_their_events,
    nothing_starts_after_a_stop,
    waiting_times_are_kept,
)
