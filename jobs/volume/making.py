"""Made-up runs: one after another, with everything that a real run leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobs.catalogue.cmdlets import find
from jobs.results.bodies import Body, pack, pack_exchanges
from jobs.results.models import Result
from jobs.runs.models import Attempt, Connection, Run, RunTarget
from jobs.runs.plans import build_plan, hash_of
from jobs.runs.states import TargetState, final_state
from jobs.runs.steps import Step
from jobs.volume.answers import CHANGES, READS
from jobs.volume.chance import Chance
from jobs.volume.events import Events
from jobs.volume.outcomes import Outcome, outcome_of
from jobs.volume.shape import RunShape
from jobs.volume.tables import Table, json
from tenants.organizations.models import Organization

WORKERS = ("worker-1:101", "worker-2:102")
AT_A_TIME = 100
REASONS = ("Monthly review", "Ask of the customer", "Security baseline", "Onboarding", "")
NO_EXCHANGES = pack_exchanges([])
EMPTY = pack([])


@dataclass(frozen=True, slots=True)
class Person:
    """Who asked for a run."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A made-up run while its organizations are being made up."""

    id: str
    label: str
    cmdlet: str
    plan_hash: str
    person: Person
    launched_at: datetime


class Maker:
    """Makes up runs and copies them into the database, some at a time."""

    def __init__(self, chance: Chance, organizations: Sequence[Organization], people: Sequence[Person]) -> None:
        self._chance, self._organizations, self._people = chance, organizations, people
        self.events = Events(chance)
        self.runs = Table(
            Run, "id", "state", "cmdlet", "risk", "effect", "service", "plan", "plan_hash", "powershell", "reason",
            "target_count", "counts", "requested_by_id", "requested_by", "drafted_at", "launched_at", "started_at",
            "finished_at",
        )  # fmt: skip
        self.targets = Table(
            RunTarget, "id", "run", "organization", "organization_name", "position", "state", "fence", "attempt_count",
            "intent_fence", "error_class", "error_code", "error_detail", "row_count", "queued_at", "started_at",
            "finished_at", "changed_at",
        )  # fmt: skip
        self.attempts = Table(
            Attempt, "id", "run_target", "number", "fence", "worker", "claimed_at", "connected_at", "intended_at",
            "answered_at", "ended_at", "outcome", "error_class", "error_code", "error_detail", "request_id",
            "client_request_id", "server", "retry_after_seconds",
        )  # fmt: skip
        self.connections = Table(
            Connection, "id", "attempt", "run", "organization", "service", "environment", "host", "method", "identity",
            "requested_by", "opened_by", "opened_at", "closed_at", "closed_by", "close_kind", "close_reason",
            "cmdlet_count",
        )  # fmt: skip
        self.results = Table(
            Result, "attempt", "run_target", "body", "row_count", "byte_count", "sha256", "columns", "exchanges",
            "duration_ms", "received_at",
        )  # fmt: skip
        self.row_count = 0

    def make(self, shape: RunShape) -> str:
        """Make up one run; returns its id."""
        chance, moment = self._chance, shape.launched_at
        places = self._organizations
        if shape.organizations < len(places):
            places = sorted(chance.sample(places, shape.organizations), key=lambda place: place.name)
        person, reason = chance.choice(self._people), chance.choice(REASONS)
        parameters: Mapping[str, Any] = CHANGES[shape.cmdlet][1] if shape.cmdlet in CHANGES else {}
        cmdlet = find(shape.cmdlet)
        plan = build_plan(
            steps=[Step(shape.cmdlet, shape.cmdlet, cmdlet.effect, dict(parameters))],
            service="exo",
            catalogue_version="volume",
            connection={"method": "app-only certificate", "certificates": {}},
            organizations=places,
            requested_by=person.label,
            reason=reason,
            ticket="",
        )
        run = Run(cmdlet=shape.cmdlet, target_count=len(places))
        made = MadeRun(chance.identifier(moment), str(run), shape.cmdlet, hash_of(plan), person, moment)
        counts, finished_at = self._make_targets(made, places, shape.rows)
        self.runs.add(
            made.id, final_state(counts).value, shape.cmdlet, cmdlet.risk, cmdlet.effect.value,
            "exo", json(plan), made.plan_hash, shape.cmdlet, reason, len(places), json(counts), person.id, person.label,
            moment - timedelta(minutes=3), moment, moment + timedelta(seconds=1), finished_at,
        )  # fmt: skip
        self.events.of_run(made, final_state(counts).label.lower(), counts, finished_at)
        return made.id

    def copy(self) -> None:
        """Write what was made up so far."""
        for table in (self.runs, self.targets, self.attempts, self.connections, self.results, self.events.table):
            table.copy()

    def _make_targets(
        self, made: MadeRun, places: Sequence[Organization], rows: int
    ) -> tuple[dict[str, int], datetime]:
        outcomes = [
            outcome_of(self._chance, cmdlet=made.cmdlet, is_closed=place.reachability == "unreachable")
            for place in places
        ]
        answering = sum(outcome.state == TargetState.SUCCEEDED for outcome in outcomes)
        numbers = self._numbers_of_rows(made.cmdlet, rows, answering)
        counts: dict[str, int] = {}
        ended = made.launched_at
        for position, (place, outcome) in enumerate(zip(places, outcomes, strict=True)):
            counts[outcome.state.value] = counts.get(outcome.state.value, 0) + 1
            wanted = numbers.pop() if outcome.state == TargetState.SUCCEEDED else 0
            begin = self._chance.after(made.launched_at, 1, 3 + len(places) / AT_A_TIME)
            ended = max(ended, self._make_target(made, place, position, outcome, wanted, begin))
        return counts, ended

    def _numbers_of_rows(self, cmdlet: str, rows: int, answering: int) -> list[int]:
        """Return how many rows each answering organization has: `rows` in all, in unequal shares."""
        if cmdlet not in READS or not answering:
            return [0] * answering
        weights = [self._chance.expovariate(1) + 0.2 for _ in range(answering)]
        total, given, numbers, passed = sum(weights), 0, [], 0.0
        for weight in weights:
            passed += weight
            upto = round(rows * passed / total)
            numbers.append(upto - given)
            given = upto
        return numbers

    def _make_target(
        self, made: MadeRun, place: Organization, position: int, outcome: Outcome, rows: int, begin: datetime
    ) -> datetime:
        chance = self._chance
        target_id, claimed_at, fence = chance.identifier(made.launched_at), begin, 0
        has_answer = outcome.sent and outcome.answered
        for number in range(1, outcome.tries + 1):
            fence, is_last = number, number == outcome.tries
            ended_at = self._make_attempt(made, place, target_id, outcome, number, rows if is_last else 0, claimed_at)
            if not is_last:
                claimed_at = chance.after(ended_at, 2, 30)
        self.targets.add(
            target_id, made.id, place.pk, place.name, position, outcome.state.value, fence, outcome.tries,
            fence if outcome.sent else None, outcome.error_class, outcome.code, outcome.detail,
            rows if has_answer else None, made.launched_at, begin, ended_at, ended_at,
        )  # fmt: skip
        self.events.of_target(made, place, target_id, outcome, rows, claimed_at, ended_at)
        return ended_at

    def _make_attempt(
        self,
        made: MadeRun,
        place: Organization,
        target_id: str,
        outcome: Outcome,
        number: int,
        rows: int,
        begin: datetime,
    ) -> datetime:
        chance, is_last = self._chance, number == outcome.tries
        attempt_id, worker = chance.identifier(begin), chance.choice(WORKERS)
        connected_at = chance.after(begin, 0.1, 0.4)
        answered_at = chance.after(connected_at, 0.2, 1.5)
        ended_at = chance.after(answered_at, 0.005, 0.05)
        has_answer, was_sent = is_last and outcome.sent and outcome.answered, outcome.sent
        error_class, code, detail = (
            (outcome.error_class, outcome.code, outcome.detail)
            if is_last
            else ("throttled", "429", "Too many requests.")
        )
        self.attempts.add(
            attempt_id, target_id, number, number, worker, begin, connected_at if was_sent else None,
            connected_at if was_sent else None, answered_at if has_answer else None, ended_at,
            outcome.state.value if is_last else "deferred", error_class, code, detail, chance.key() if was_sent else "",
            chance.key() if was_sent else "", "AM0PR01MB0001" if has_answer else "",
            None if is_last else 10.0,
        )  # fmt: skip
        self.connections.add(
            chance.identifier(begin), attempt_id, made.id, place.pk, "exo", place.environment, "outlook.office365.com",
            "app_certificate_thumbprint", place.initial_domain, made.person.label, worker, begin, ended_at, worker,
            "normal" if has_answer else "error", "done" if has_answer else error_class, int(was_sent),
        )  # fmt: skip
        if was_sent:
            body = self._body(made.cmdlet, place, rows)
            took = int((answered_at - connected_at).total_seconds() * 1000)
            self.results.add(
                attempt_id, target_id, body.compressed, body.row_count, body.byte_count, body.sha256,
                json(body.columns), NO_EXCHANGES, took, answered_at,
            )  # fmt: skip
        return ended_at

    def _body(self, cmdlet: str, place: Organization, rows: int) -> Body:
        if not rows:
            return EMPTY
        make = READS[cmdlet]
        self.row_count += rows
        return pack([make(self._chance, place.default_domain, number) for number in range(rows)])
