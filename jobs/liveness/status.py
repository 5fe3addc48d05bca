"""Does everything that should run, run? One answer for the status page, the monitoring and the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.liveness import limits, queues, stores, work, workers
from jobs.liveness.broker import ask_broker
from jobs.liveness.canaries import QUEUES
from jobs.liveness.findings import Finding, Group, Level, worst


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that should run, at one moment (of the database's clock)."""

    at: datetime
    groups: Sequence[Group]
    workers: Sequence[workers.Seen]

    @property
    def findings(self) -> list[Finding]:
        """All findings, most urgent group order kept."""
        return [finding for group in self.groups for finding in group.findings]

    @property
    def level(self) -> Level:
        """The most urgent level of all."""
        return worst(self.findings)


def present_status() -> Status:
    """Look at everything now; raises the database's error when that is away, and says so of all else."""
    now, seconds = stores.ask_database()
    broker = ask_broker(QUEUES)
    scheduler, stop = queues.scheduler_finding(now), work.stop_finding(now)
    seen = workers.seen_workers(now)
    return Status(
        now,
        [
            Group(
                "Is every queue consumed?",
                [scheduler, *queues.queue_findings(now, broker, scheduler=scheduler.level), work.sweep_finding(now)],
            ),
            Group(
                "Does the work go on?",
                [
                    stop,
                    work.runs_finding(now),
                    work.waiting_finding(now, stopped=stop.level is not Level.WORKS),
                    work.leases_finding(now),
                    work.connections_finding(now),
                    limits.throttled_finding(now),
                    limits.breakers_finding(),
                ],
            ),
            Group(
                "What does it stand on?",
                [
                    stores.database_finding(seconds),
                    stores.broker_finding(broker),
                    stores.disk_finding(),
                    workers.workers_finding(seen),
                ],
            ),
        ],
        seen,
    )
