"""A campaign: round after round of runs with faults in the middle, each judged when it is over."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from tests.faults import load, records
from tests.faults.canary import leaks
from tests.faults.checkers import complaints, verdicts_are_true
from tests.faults.complaint import Complaint
from tests.faults.figures import Figures
from tests.faults.history import History
from tests.faults.kinds.kind import Kind
from tests.faults.nemesis import BEFORE_THE_LAUNCH, KINDS, Planned, Round
from tests.faults.observer import Observer
from tests.faults.world import World, persist

LOOK_EVERY_SECONDS = 0.1
ORDER = "order: "
PATIENCE_SECONDS = 90.0
STALLED_SECONDS = 1.5
NOT_STARTED_SECONDS = 8.0
CLOSED_WITHIN_SECONDS = 60.0
VERDICT_SECONDS = 30.0


@dataclass(slots=True)
class _InForce:
    kind: Kind
    planned: Planned
    until: float
    hits: int = 0


@dataclass(slots=True)
class _Faults:
    """The faults of one round: those to come, those in force."""

    world: World
    waiting: list[Planned]
    in_force: list[_InForce] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    over_at: float = 0.0

    def begin(self, progress: float, *, everything: bool) -> list[str]:
        """Inject what is due; returns the names."""
        due = [planned for planned in self.waiting if everything or progress >= planned.moment]
        for planned in due:
            self.waiting.remove(planned)
            kind = KINDS[planned.kind]
            hits = kind.begin(self.world, planned.parameters)
            self.in_force.append(_InForce(kind, planned, time.monotonic() + kind.lasts(planned.parameters), hits))
            self.over_at = time.monotonic()
        return [planned.kind for planned in due]

    def end(self, *, everything: bool) -> list[str]:
        """Take away what has lasted long enough; returns the names."""
        now = time.monotonic()
        over = [each for each in self.in_force if now >= each.until or (everything and not each.kind.whole)]
        for each in over:
            self.in_force.remove(each)
            hits = each.hits + each.kind.end(self.world, each.planned.parameters)
            self.hits[each.kind.name] = self.hits.get(each.kind.name, 0) + hits
            self.over_at = time.monotonic()
        return [each.kind.name for each in over]

    @property
    def are_over(self) -> bool:
        return not self.waiting and not self.in_force


class Campaign:
    """Carries out rounds, and keeps what they showed."""

    def __init__(self, world: World, history: History) -> None:
        self.world = world
        self.figures = Figures()
        self._history = history
        self._observer = Observer()
        self._ledger = records.Ledger(world.ledger)

    def stop(self) -> None:
        """Stop looking."""
        self._observer.stop()

    def judge_all(self) -> list[Complaint]:
        """Judge what only shows at the end: verdicts of what was read back, and where the secret went."""
        found = [*self._false_verdicts(), *persist(lambda: list(leaks(self.world.folder)))]
        self.figures.complaints += found
        return found

    def _false_verdicts(self) -> Iterator[Complaint]:
        """Wait until what could be read back has been, and judge every verdict by the ledger."""
        self.world.crew.wait_until_ready()
        deadline = time.monotonic() + VERDICT_SECONDS
        while time.monotonic() < deadline and not all(row["verdict"] for row in persist(records.unknown_targets)):
            time.sleep(0.5)
        unknown = persist(records.unknown_targets)
        self._ledger.read()
        self.figures.verdicts.update(row["verdict"] or "not read back yet" for row in unknown)
        yield from verdicts_are_true(unknown, self._ledger.executed)

    def carry_out(self, planned: Round, *, patience: float = PATIENCE_SECONDS) -> list[Complaint]:
        """Carry out one round, judge it, and return what is wrong; `patience` seconds after its last fault it ends."""
        self.world.crew.wait_until_ready()
        self._ledger.begin()
        self._history.write("round", round=planned.described())
        self.world.sandbox.control("POST", "latency", json={"ms": planned.latency_ms})
        faults = _Faults(self.world, list(planned.faults))
        self._note("injected", faults.begin(BEFORE_THE_LAUNCH, everything=False))
        launched = [load.launch(self.world, each) for each in planned.launches]
        run_ids = [item.run_id for item in launched]
        self._observer.watch(run_ids)
        in_time = self._see_to_the_end(run_ids, faults, load.Stops(launched), patience)
        recovery = time.monotonic() - faults.over_at if faults.over_at else 0.0
        found = [*self._judged(planned, run_ids, waits=in_time), *self._observer.complaints()]
        if not in_time:
            found.append(Complaint("I13", f"no end {patience:.0f} s after the last fault"))
        self._count(planned, faults, recovery, found)
        return found

    def _see_to_the_end(self, run_ids: list[UUID], faults: _Faults, stops: load.Stops, patience: float) -> bool:
        """Inject, stop and restart while the runs go on; returns whether they ended in time."""
        moved_at = ended_at = time.monotonic()
        before = load.Progress()
        while True:
            progress = persist(lambda: load.progress_of(run_ids))
            now = time.monotonic()
            moved_at = moved_at if progress == before else now
            ended_at = ended_at if progress.ended == before.ended else now
            before = progress
            stalled = now - moved_at > (STALLED_SECONDS if progress.attempts else NOT_STARTED_SECONDS)
            self._note("injected", faults.begin(progress.share, everything=stalled))
            self._note("ended", faults.end(everything=False))
            stops.at(1.0 if stalled else progress.share)
            self.figures.restarts += self.world.crew.revive()
            if persist(lambda: load.is_over(run_ids)):
                self._note("ended", faults.end(everything=True))
                if not faults.in_force:
                    return True
            if faults.are_over and now - max(faults.over_at, ended_at) > patience:
                return False
            time.sleep(LOOK_EVERY_SECONDS)

    def _judged(self, planned: Round, run_ids: Iterable[UUID], *, waits: bool) -> list[Complaint]:
        """Wait, at most a minute, until all connections are closed; then join the three records."""
        wanted = list(run_ids)
        deadline = time.monotonic() + (CLOSED_WITHIN_SECONDS if waits else 0.0)
        while open_now := persist(lambda: records.open_connections(wanted)):
            if time.monotonic() > deadline:
                self.figures.open_after_a_minute += open_now
                break
            self.figures.restarts += self.world.crew.revive()
            time.sleep(LOOK_EVERY_SECONDS)
        asked = [float(each.parameters["retry_after"]) for each in planned.faults if "retry_after" in each.parameters]
        found = persist(
            lambda: records.read(wanted, self._ledger, retry_after=min(asked, default=None), delay=_delay(planned))
        )
        self.figures.add(found)
        return complaints(found)

    def _count(self, planned: Round, faults: _Faults, recovery: float, found: list[Complaint]) -> None:
        figures = self.figures
        for name, hits in faults.hits.items():
            if name.startswith(ORDER):
                figures.orders[name] += 1
            elif hits:
                figures.injected[name] += 1
                figures.hits[name] += hits
            else:
                figures.missed[name] += 1
        if len(planned.faults) <= 1:
            name = planned.faults[0].kind if planned.faults else "none"
            if not planned.faults or (faults.hits.get(name) and not name.startswith(ORDER)):
                figures.recoveries[name].append(recovery)
        figures.complaints += found
        self._history.write(
            "judged",
            number=planned.number,
            hits=faults.hits,
            recovery=round(recovery, 2),
            wrong=[str(e) for e in found],
        )

    def _note(self, what: str, names: list[str]) -> None:
        for name in names:
            self._history.write(what, kind=name)


def _delay(planned: Round) -> timedelta:
    """Return how long a call may have been on its way: what the simulated cloud takes, and what the network does."""
    held = sum(KINDS[each.kind].lasts(each.parameters) for each in planned.faults if each.kind.startswith("cloud: "))
    slow = sum(float(each.parameters.get("each", 0.0)) for each in planned.faults)
    return timedelta(seconds=planned.latency_ms / 1000 + held + slow)
