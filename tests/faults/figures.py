"""What a campaign prints: faults by kind, what was lost, how long recovery took."""

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.faults.complaint import Complaint
from tests.faults.records import Records


@dataclass
class Figures:
    """The sums of a campaign."""

    injected: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    complaints: list[Complaint] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    runs: int = 0
    open_after_a_minute: int = 0
    restarts: int = 0

    @property
    def faults(self) -> int:
        """How many faults were injected."""
        return self.injected.total()

    def add(self, records: Records) -> None:
        """Count what a round came to."""
        self.rounds += 1
        self.runs += len(records.runs)
        self.outcomes.update(target["state"] for target in records.targets)
        self.calls["sent"] += len(records.entries)
        self.calls["executed"] += sum(entry["executed"] for entry in records.entries)

    def print(self, *, seconds: float) -> None:
        """Print everything."""
        self._print_kinds()
        lost = self._like("I1", "lost")
        double = self._like("I1", "times") + self._like("I11", "")
        twice = self._like("I2", "")
        organizations = self.outcomes.total()
        print(
            f"{self.faults} faults in {self.rounds} rounds, {self.runs} runs, {organizations} organizations, ", end=""
        )
        print(f"{self.calls['sent']} cmdlets sent, {self.calls['executed']} executed, in {seconds / 60:.1f} minutes")
        print("  outcomes: " + ", ".join(f"{number} {state}" for state, number in self.outcomes.most_common()))
        print("  unknown, read back: " + ", ".join(f"{number} {verdict}" for verdict, number in self.verdicts.items()))
        print(f"  lost targets                          {lost}")
        print(f"  double terminal states                {double}")
        print(f"  non-idempotent cmdlets executed twice {twice}")
        print(f"  connections open after 60 s           {self.open_after_a_minute}")
        print(f"  complaints of all checkers            {len(self.complaints)}")
        print("  judged: I1 to I6, I8, I10 to I14; not judged: I7 (no chain yet), I9 (no schedules yet)")
        print(f"  started again by hand                 0 (the service manager restarted {self.restarts} processes)")

    def _print_kinds(self) -> None:
        print(f"{'fault':62} {'injected':>8} {'met':>6} {'median':>8} {'worst':>8}")
        for kind in sorted({*self.injected, *self.recoveries}, key=lambda name: (name != "none", name)):
            times = self.recoveries.get(kind, [])
            typical = f"{statistics.median(times):.1f} s" if times else "-"
            worst = f"{max(times):.1f} s" if times else "-"
            print(f"{kind:62} {self.injected[kind]:8} {self.hits[kind]:6} {typical:>8} {worst:>8}")
        if self.orders:
            print("meanwhile, " + ", ".join(f"{name} ({number} times)" for name, number in self.orders.items()))
        if self.missed:
            missed = ", ".join(f"{name} {number}" for name, number in self.missed.items())
            print(f"came too late to meet anything, and do not count: {missed}")

    def _like(self, invariant: str, word: str) -> int:
        return sum(each.invariant == invariant and word in each.text for each in self.complaints)
