"""The invariants, judged by joining the three records; never by what the product logs (I1 to I14)."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES
from tests.faults.complaint import INTENDED, TARGET_ENDED, Complaint, intents_of, name_of
from tests.faults.records import Records, Row
from tests.faults.times import limits_are_kept, nothing_starts_after_a_stop, waiting_times_are_kept

CLOCK_STEP = timedelta(milliseconds=1)  # the ledger keeps milliseconds
CLOSED_WITHIN = timedelta(seconds=60)
RUN_FINISHED = "run.finished"
SAID_NO = frozenset({"failed", "errored", "denied", "cancelled", "skipped"})
STOPS_IT = (SAID_NO | {"unknown"}, (SAID_NO | {"unknown"}) - {"failed"})
"""After which outcome of a step nothing more is sent: if the plan says stop, and if it says continue."""
MOST_STEPS = 9
IN_BRACES = re.compile(r"\{\{(?P<literal>\w+)\}\}|\{(?P<name>\w+)\}")
# Answers that say for certain that the cmdlet did not run.
REFUSED_BEFORE_IT_RAN = frozenset({"401", "302", "429"})
DECIDED = frozenset({TARGET_ENDED, "run_target.deferred"})


Checker = Callable[[Records], Iterator[Complaint]]


def complaints(records: Records) -> list[Complaint]:
    """Return everything that is wrong with the runs of these records, which have had their time to end."""
    return [complaint for check in CHECKERS for complaint in check(records)]


def every_target_ends_once(records: Records) -> Iterator[Complaint]:
    """I1: exactly one terminal outcome for each organization, and the run's end tells the same."""
    by_run: dict[Any, Counter[str]] = {run["id"]: Counter() for run in records.runs}
    for target in records.targets:
        by_run[target["run_id"]][target["state"]] += 1
        ended = [e for e in records.events_of[str(target["id"])] if e["action"] == TARGET_ENDED]
        if target["state"] in OPEN_TARGET_STATES:
            yield Complaint("I1", f"lost: {name_of(target)} is still {target['state']}")
        elif len(ended) > 1:
            yield Complaint("I1", f"ended {len(ended)} times: {name_of(target)}")
        elif ended and ended[0]["data"]["state"] != target["state"]:
            yield Complaint("I1", f"{name_of(target)} is {target['state']}, its event says {ended[0]['data']['state']}")
    for run in records.runs:
        yield from _run_ends_once(records, run, by_run[run["id"]])


def _run_ends_once(records: Records, run: Row, states: Counter[str]) -> Iterator[Complaint]:
    ends = [event for event in records.events_of[str(run["id"])] if event["action"] == RUN_FINISHED]
    if run["state"] in OPEN_RUN_STATES:
        yield Complaint("I1", f"the run {run['id']} ({run['cmdlet']}) is still {run['state']}")
        return
    if len(ends) != 1:
        yield Complaint("I1", f"the run {run['id']} ended {len(ends)} times")
    if sum(states.values()) != run["target_count"]:
        yield Complaint("I1", f"{run['target_count']} organizations were wanted, {sum(states.values())} are there")
    if dict(states) != run["counts"]:
        yield Complaint("I1", f"the run {run['id']} counts {run['counts']}, its organizations are {dict(states)}")
    late = [t for t in records.targets if t["run_id"] == run["id"] and ends and _ended_after(records, t, ends[0])]
    if late:
        yield Complaint("I1", f"the run {run['id']} ended before {len(late)} of its organizations")


def _ended_after(records: Records, target: Row, end: Row) -> bool:
    ended = [e["committed_at"] for e in records.events_of[str(target["id"])] if e["action"] == TARGET_ENDED]
    return target["finished_at"] is None or any(moment > end["committed_at"] for moment in ended)


def a_change_runs_at_most_once(records: Records) -> Iterator[Complaint]:
    """I2: what is not harmless to repeat is not sent again once it may have run."""
    for target, step, effect in _steps(records):
        if effect not in {"create", "relative"}:
            continue
        entries = records.calls(target, step)
        executed = [entry for entry in entries if entry["executed"]]
        may_have_run = [entry for entry in entries if entry["answered"] not in REFUSED_BEFORE_IT_RAN]
        if len(executed) > 1:
            yield Complaint("I2", f"executed {len(executed)} times: {name_of(target)}")
        elif len(may_have_run) > 1:
            yield Complaint("I2", f"sent again after it may have run: {name_of(target)}: {_answers(entries)}")


def who_lost_a_target_decides_nothing(records: Records) -> Iterator[Complaint]:
    """I2: an attempt whose target was claimed again ends as evidence, never as what becomes of the target."""
    for target in records.targets:
        events = records.events_of[str(target["id"])]
        claims = [(e["data"]["fence"], e["committed_at"]) for e in events if e["action"] == "run_target.claimed"]
        for event in events:
            if event["action"] not in DECIDED or "fence" not in event["data"]:
                continue
            fence, moment = event["data"]["fence"], event["committed_at"]
            if any(later > fence and claimed_at < moment for later, claimed_at in claims):
                yield Complaint("I2", f"{name_of(target)}: attempt {fence} decided after another had begun")


def whatever_ran_was_announced(records: Records) -> Iterator[Complaint]:
    """I3: before each call that reached Exchange its intent was committed, for that organization and that plan."""
    tenants = {str(target["id"]): str(target["tenant_id"]) for target in records.targets}
    runs = {run["id"]: run for run in records.runs}
    approved = {e["run_id"]: e["data"]["plan_hash"] for e in records.events if e["action"] == "run.launched"}
    for entry in records.entries:
        intent = records.intents.get(entry["client_request_id"])
        if intent is None:
            yield Complaint("I3", f"no intent: {entry['cmdlet']} at {entry['tenant']} ({entry['answered']})")
            continue
        if intent["committed_at"] > entry["time"] + CLOCK_STEP:
            yield Complaint("I3", f"sent before its intent was committed: {entry['cmdlet']} at {entry['tenant']}")
        if intent["target_id"] not in tenants or "plan_hash" not in intent["data"]:
            continue
        if tenants[intent["target_id"]] != entry["tenant"]:
            yield Complaint("I3", f"meant for {tenants[intent['target_id']]}, sent to {entry['tenant']}")
        run = runs[intent["run_id"]]
        if not _hash(run["plan"]) == intent["data"]["plan_hash"] == approved[run["id"]]:
            yield Complaint("I3", f"{entry['cmdlet']} was sent of a plan that was changed after it was launched")
        yield from _as_planned(entry, run["plan"], intent["data"].get("step", 1))


def _as_planned(entry: Row, plan: Row, step: int) -> Iterator[Complaint]:
    planned = plan["steps"][step - 1] if "steps" in plan else plan
    values = plan.get("variables", {}).get(entry["tenant"])
    secrets = planned.get("secrets", {})
    wanted = {name: _filled(value, values) for name, value in planned["parameters"].items() if name not in secrets}
    sent = {name: value for name, value in entry["parameters"].items() if name not in secrets}
    if entry["cmdlet"] != planned["sent_as"] or sent != wanted:
        yield Complaint("I3", f"{entry['cmdlet']} was sent with {sent}, planned was {planned['sent_as']} with {wanted}")


def _filled(value: Any, values: dict[str, str] | None) -> Any:
    """Return what is sent of a planned value: `{{word}}` as `{word}`, the organization's value of a variable."""
    if values is None or not isinstance(value, str):
        return value
    return IN_BRACES.sub(lambda found: f"{{{found['literal']}}}" if found["literal"] else values[found["name"]], value)


def _hash(plan: Row) -> str:
    canonical = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def outcomes_are_true(records: Records) -> Iterator[Complaint]:
    """I4: succeeded means that it ran, failed and errored that it did not, unknown that a change was announced."""
    for target, step, effect in _steps(records):
        ran = any(entry["executed"] for entry in records.calls(target, step))
        state, error_class = _outcome(records, target, step)
        if state == "succeeded" and not ran and error_class != "no_change_needed":
            yield Complaint("I4", f"called succeeded, and it never ran: {name_of(target)}")
        if state in SAID_NO and ran and effect != "read":
            yield Complaint("I4", f"called {state} ({error_class}), and it ran: {name_of(target)}")
        if state == "unknown" and (effect == "read" or not any(intents_of(records, target, step))):
            yield Complaint("I4", f"called unknown, and nothing was announced: {name_of(target)}")
        if not state and ran and effect != "read":
            yield Complaint("I4", f"step {step} ran, and no outcome of it is kept: {name_of(target)}")
    goes_on = {run["id"] for run in records.runs if run["plan"].get("on_failure") == "continue"}
    for target in records.targets:
        if target["step_count"] > 1:
            yield from _steps_follow(records, target, stops_at=STOPS_IT[target["run_id"] in goes_on])


def _outcome(records: Records, target: Row, step: int) -> tuple[str, str]:
    """Return state and error class of a step; of a target of one step its own, empty where there is none."""
    if target["step_count"] == 1:
        return target["state"], target["error_class"]
    kept = records.steps_of[target["id"]].get(step)
    return (kept["state"], kept["error_class"]) if kept else ("", "")


def _steps_follow(records: Records, target: Row, *, stops_at: frozenset[str]) -> Iterator[Complaint]:
    """After a step that stops the organization nothing more is sent, and all steps of what succeeded did."""
    steps = records.steps_of[target["id"]]
    states = Counter(step["state"] for step in steps.values())
    if target["state"] == "succeeded" and states != {"succeeded": target["step_count"]}:
        yield Complaint("I4", f"called succeeded, and not all of its steps did: {name_of(target)}")
    stopped_at = [number for number, step in steps.items() if step["state"] in stops_at]
    if stopped_at and any(records.calls(target, later) for later in range(min(stopped_at) + 1, MOST_STEPS)):
        yield Complaint("I4", f"went on after step {min(stopped_at)}, which did not succeed: {name_of(target)}")


def connections_are_closed(records: Records) -> Iterator[Complaint]:
    """I5: closed by whoever opened them, or within a minute of his death by the sweeper."""
    for row in records.connections:
        if row["closed_at"] is None:
            yield Complaint("I5", f"the connection {row['id']} of {row['opened_by']} is open ({row['outcome']})")
        elif row["close_kind"] == "reaper" and row["outcome"] != "lost":
            yield Complaint("I5", f"the connection {row['id']} was left to the sweeper by a worker that was alive")
        elif row["committed_at"] - row["ended_at"] > CLOSED_WITHIN:
            yield Complaint("I5", f"the connection {row['id']} was closed {row['committed_at'] - row['ended_at']} late")


def changes_have_their_events(records: Records) -> Iterator[Complaint]:
    """I6: the end of a target is committed together with its event, and so are claims and intents."""
    for target in records.targets:
        events = records.events_of[str(target["id"])]
        claimed = Counter(e["data"]["fence"] for e in events if e["action"] == "run_target.claimed")
        intended = {e["data"]["client_request_id"] for e in events if e["action"] == INTENDED}
        if claimed != Counter(attempt["fence"] for attempt in records.attempts_of[target["id"]]):
            yield Complaint("I6", f"other claims in the trail than in the database: {name_of(target)}")
        for attempt in records.attempts_of[target["id"]]:
            if attempt["intended_at"] and attempt["client_request_id"] not in intended:
                yield Complaint("I6", f"an intent without its event: {name_of(target)}")
        if target["state"] in OPEN_TARGET_STATES:
            continue
        ends = [event for event in events if event["action"] == TARGET_ENDED]
        if not ends:
            yield Complaint("I6", f"no event says that {name_of(target)} ended")
        elif not target["verdict"] and target["committed_at"] not in {end["committed_at"] for end in ends}:
            yield Complaint("I6", f"the end of {name_of(target)} was not committed together with its event")


def verdicts_are_true(unknown: Sequence[Row], executed: set[str]) -> Iterator[Complaint]:
    """I4: a create that was read back as applied was executed, and nothing that was read back as not applied was.

    Of a set or a remove, applied says that the state is as planned, which it may have been before.
    """
    for target in unknown:
        ran = target["client_request_id"] in executed
        name = f"{target['cmdlet']} in {target['organization_name']} ({target['id']})"
        if target["verdict"] == "applied" and target["effect"] == "create" and not ran:
            yield Complaint("I4", f"read back as applied, and it never ran: {name}")
        if target["verdict"] == "not_applied" and ran:
            yield Complaint("I4", f"read back as not applied, and it ran: {name}")


def _steps(records: Records) -> Iterator[tuple[Row, int, str]]:
    """Yield every step of every target with its effect."""
    plans = {run["id"]: run["plan"] for run in records.runs}
    for target in records.targets:
        for number, step in enumerate(plans[target["run_id"]].get("steps", [plans[target["run_id"]]]), start=1):
            yield target, number, step["effect"]


def _answers(entries: Sequence[Row]) -> str:
    return ", ".join(f"{entry['answered']}{'*' if entry['executed'] else ''}" for entry in entries)


CHECKERS: tuple[Checker, ...] = (
    every_target_ends_once,
    a_change_runs_at_most_once,
    who_lost_a_target_decides_nothing,
    whatever_ran_was_announced,
    outcomes_are_true,
    connections_are_closed,
    limits_are_kept,
    changes_have_their_events,
    nothing_starts_after_a_stop,
    waiting_times_are_kept,
)
