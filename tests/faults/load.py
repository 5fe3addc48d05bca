"""What a round lets the product do: runs of every effect at once, one of them stopped in the middle."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.calls import StepRequest
from jobs.runs.models import Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.services import RunNotCancellable, cancel_run
from jobs.runs.states import OPEN_TARGET_STATES, TargetState
from tests.factories import SYSTEM
from tests.faults.world import World, persist

CANARY = "Canary-7f3a-in-the-box"
"""A secret that may be found nowhere after a campaign but in the simulated cloud."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One run to launch: a cmdlet over `number` organizations from `first` on, with the cmdlets of `later` steps.

    `stops_at` is the share of the round's organizations that have ended when it is stopped, None if it is not.
    """

    cmdlet: str
    parameters: Mapping[str, Any]
    first: int
    number: int
    stops_at: float | None = None
    later: Sequence[tuple[str, Mapping[str, Any]]] = ()


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
    later = (
        ("Start-ManagedFolderAssistant", {"Identity": "signal.box"}),
        ("New-DistributionGroup", {"Name": f"Crew {label} {{{{of}}}} {{initial_domain}}"}),
    )
    chosen = [offers[0], offers[1], *rng.sample(offers[2:], 2)]
    stopped, in_steps = rng.choice([None, None, *range(len(chosen))]), rng.choice([1, 3])
    return [
        Launch(
            cmdlet,
            parameters,
            rng.randrange(20),
            rng.randint(size // 2, size),
            round(rng.uniform(0.1, 0.6), 2) if number == stopped else None,
            later if number == in_steps else (),
        )
        for number, (cmdlet, parameters) in enumerate(chosen)
    ]


def launch(world: World, wanted: Launch) -> Launched:
    """Launch one run, however often the database is away meanwhile: a draft is launched once."""
    places = world.organizations[wanted.first : wanted.first + wanted.number]
    selection = Selection(organization_ids=[organization.pk for organization in places])
    later = [StepRequest(cmdlet, parameters) for cmdlet, parameters in wanted.later]
    request = RunRequest(wanted.cmdlet, dict(wanted.parameters), selection, reason="fault suite", later_steps=later)
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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far runs are: organizations that ended, that are being worked on, all of them, and attempts so far."""

    ended: int = 0
    running: int = 0
    number: int = 0
    attempts: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1; an organization that is being worked on is half done."""
        return (self.ended + self.running / 2) / self.number if self.number else 1.0


def progress_of(run_ids: Sequence[UUID]) -> Progress:
    """Return how far these runs are."""
    counted = RunTarget.objects.filter(run__in=run_ids).aggregate(
        ended=Count("pk", filter=~Q(state__in=OPEN_TARGET_STATES)),
        running=Count("pk", filter=Q(state=TargetState.RUNNING)),
        number=Count("pk"),
        attempts=Sum("attempt_count", default=0),
    )
    return Progress(**counted)


def is_over(run_ids: Sequence[UUID]) -> bool:
    """Whether all these runs have ended."""
    return not Run.objects.filter(pk__in=run_ids, finished_at=None).exists()
