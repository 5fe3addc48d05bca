"""What a round lets the product do: runs of every effect at once, one of them stopped in the middle."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from jobs.launch import RunRequest, draft_run, launch_run
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from jobs.runs.services import RunNotCancellable, cancel_run
from tests.factories import SYSTEM
from tests.faults.world import World, persist

CANARY = "Canary-7f3a-in-the-box"
"""A secret that may be found nowhere after a campaign but in the simulated cloud."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One run to launch: a cmdlet over `number` organizations from `first` on; `stops_at` is the share of the round's
    organizations that have ended when it is stopped, None if it is not.
    """

    cmdlet: str
    parameters: Mapping[str, Any]
    first: int
    number: int
    stops_at: float | None = None

    def described(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(slots=True)
class Launched:
    """A run that was launched for a round."""

    launch: Launch
    run_id: UUID
    is_stopped: bool = False


def draw(rng: random.Random, label: str, *, size: int = 30) -> list[Launch]:
    """Draw the runs of one round; `label` makes names that no other round uses."""
    offers: list[tuple[str, dict[str, Any]]] = [
        ("New-DistributionGroup", {"Name": f"Crew {label}"}),
        ("Start-ManagedFolderAssistant", {"Identity": "signal.box"}),
        ("Set-OrganizationConfig", {"AuditDisabled": False}),
        ("Get-Mailbox", {"ResultSize": "Unlimited"}),
        ("Get-AcceptedDomain", {}),
        ("Remove-DistributionGroup", {"Identity": f"Nobody {label}"}),
        (
            "New-Mailbox",
            {"Name": f"Box {label}", "MicrosoftOnlineServicesID": f"box{label}@example.com", "Password": CANARY},
        ),
    ]
    chosen = [offers[0], offers[1], *rng.sample(offers[2:], 2)]
    stopped = rng.choice([None, None, *range(len(chosen))])
    return [
        Launch(
            cmdlet,
            parameters,
            rng.randrange(20),
            rng.randint(size // 2, size),
            round(rng.uniform(0.1, 0.6), 2) if number == stopped else None,
        )
        for number, (cmdlet, parameters) in enumerate(chosen)
    ]


def launch(world: World, wanted: Launch) -> Launched:
    """Launch one run, however often the database is away meanwhile: a draft is launched once."""
    places = world.organizations[wanted.first : wanted.first + wanted.number]
    selection = Selection(organization_ids=[organization.pk for organization in places])
    request = RunRequest(wanted.cmdlet, dict(wanted.parameters), selection, reason="fault suite")
    drafted = persist(lambda: draft_run(actor=SYSTEM, request=request))
    persist(lambda: launch_run(actor=SYSTEM, run_id=drafted.pk))
    return Launched(wanted, drafted.pk)


@dataclass(slots=True)
class Stops:
    """The runs of a round that are still to be stopped."""

    launched: Sequence[Launched]
    refused: int = field(default=0)

    def at(self, progress: float) -> None:
        """Stop those whose moment has come; `progress` is the share of organizations that have ended."""
        for item in self.launched:
            wanted = item.launch.stops_at
            if wanted is None or item.is_stopped or progress < wanted:
                continue
            item.is_stopped = True
            try:
                persist(lambda run_id=item.run_id: cancel_run(actor=SYSTEM, run_id=run_id))  # type: ignore[misc]
            except RunNotCancellable:
                self.refused += 1


def progress_of(run_ids: Sequence[UUID]) -> tuple[int, int]:
    """Return how many organizations of these runs have ended, and how many there are."""
    from jobs.runs.models import RunTarget
    from jobs.runs.states import OPEN_TARGET_STATES

    targets = RunTarget.objects.filter(run__in=run_ids)
    return targets.exclude(state__in=OPEN_TARGET_STATES).count(), targets.count()


def is_over(run_ids: Sequence[UUID]) -> bool:
    """Whether all these runs have ended."""
    return not Run.objects.filter(pk__in=run_ids, finished_at=None).exists()
