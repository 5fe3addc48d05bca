"""For each planted bug the campaign that must find it: the faults and the load under which its guard is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults.bugs import BUGS
from tests.faults.complaint import Complaint
from tests.faults.load import Launch
from tests.faults.nemesis import BEFORE_THE_LAUNCH, Planned, Round
from tests.faults.parts import QUICK
from tests.faults.worker import CALL_SECONDS

LEASE = float(QUICK["LEASE_SECONDS"])
MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Plant:
    """One bug, the round that is carried out a few times until a checker complains, and which checker may.

    `finders` are how such a complaint begins: an invariant, or an invariant with a word of its text. `environment` is
    what its workers get besides.
    """

    bug: str
    finders: tuple[str, ...]
    launches: tuple[Launch, ...]
    faults: tuple[Planned, ...] = ()
    latency_ms: int = 60
    environment: dict[str, str] = field(default_factory=dict)
    in_share: bool = False

    def is_found_by(self, complaint: Complaint) -> bool:
        """Whether a complaint is one that this bug may cause."""
        return any(
            complaint.invariant == invariant and word in complaint.text
            for invariant, _, word in (finder.partition(" ") for finder in self.finders)
        )

    def round(self, number: int) -> Round:
        """Return its round, with names that no other round uses."""
        launches = tuple(replace(each, parameters=_numbered(each.parameters, number)) for each in self.launches)
        return Round(number, self.faults, launches, self.latency_ms)


def _numbered(parameters: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {name: f"{value} {number}" if name == "Name" else value for name, value in parameters.items()}


def _start(organizations: int = 30, *, stops_at: float | None = None) -> Launch:
    return Launch("Start-ManagedFolderAssistant", {"Identity": "signal.box"}, 0, organizations, stops_at)


def _create(organizations: int = 30) -> Launch:
    return Launch("New-DistributionGroup", {"Name": "Planted"}, 0, organizations)


def _in_steps() -> Launch:
    identity = {"Identity": "signal.box"}
    later = (("Start-ManagedFolderAssistant", identity), ("Set-OrganizationConfig", {"AuditDisabled": False}))
    return Launch("Start-ManagedFolderAssistant", identity, 0, 30, later=later)


def _pause(moment: float, *, in_mid_call: bool = False) -> Planned:
    """Stop one worker until its leases are lost; `in_mid_call`, while it waits for the answer to a cmdlet."""
    parameters = {"part": "bulk-1", "seconds": LEASE + 3, "in_mid_call": in_mid_call}
    return Planned("a process stands still beyond its lease", moment, parameters)


def _lie(action: str) -> Planned:
    return Planned(f"Exchange: {action}", BEFORE_THE_LAUNCH, {"times": 4, "seconds": 20})


PLANTS = (
    Plant(
        "the outcome is stored without looking at the fence",
        (
            "I1 times",
            "I2",
            "I6",
            "I11",
        ),
        (_start(),),
        (_pause(0.2),),
        latency_ms=1500,
        environment={CALL_SECONDS: "60"},
    ),
    Plant(
        "a late answer is stored as the outcome",
        (
            "I1 times",
            "I6",
            "I11",
        ),
        (_start(),),
        (
            Planned("Exchange: cmdlets are slow", BEFORE_THE_LAUNCH, {"each": 4}),
            _pause(0.2, in_mid_call=True),
        ),
        environment={CALL_SECONDS: "60"},
    ),
    Plant("the cmdlet is sent before its intent is committed", ("I3",), (_start(),), in_share=True),
    Plant(
        "an intent is given without looking at fence and lease",
        ("I2",),
        (_start(),),
        (_pause(0.2),),
        latency_ms=1500,
        environment={CALL_SECONDS: "60"},
    ),
    Plant(
        "an intent is given although the run was stopped",
        ("I8",),
        (_start(60, stops_at=0.2),),
        latency_ms=900,
        in_share=True,
    ),
    Plant(
        "a change is sent again after its answer was lost",
        ("I2",),
        (_start(),),
        (_lie("execute_then_reset"),),
        in_share=True,
    ),
    Plant("a lost answer is called failed", ("I4",), (_create(),), (_lie("execute_then_504"),), in_share=True),
    Plant("a lost answer is called succeeded", ("I4",), (_create(),), (_lie("reset_before_execute"),), in_share=True),
    Plant(
        "the plan's hash is not recomputed",
        ("I3",),
        (_create(),),
        (
            Planned(
                "a plan is edited in the database after its review",
                BEFORE_THE_LAUNCH,
                {"old": "Planted", "new": "Edited"},
            ),
        ),
        in_share=True,
    ),
    Plant("connections are left to the sweeper", ("I5",), (_start(),), in_share=True),
    Plant(
        "a run is ended while organizations are open",
        (
            "I1 ended before",
            "I11",
        ),
        (_start(),),
        in_share=True,
    ),
    Plant("a run is ended twice", ("I1 times",), tuple(_start(2) for _ in range(12))),
    Plant("the end of an organization is written without its event", ("I6",), (_start(),), in_share=True),
    Plant(
        "the sweeper takes back what may have been sent",
        ("I2",),
        (_start(),),
        (Planned("kill -9 after the last byte of the request", BEFORE_THE_LAUNCH, {"at": 5, "seconds": 15}),),
    ),
    Plant(
        "the sweeper takes nothing back",
        ("I1 lost",),
        (_start(),),
        (Planned("kill -9 of a process", 0.1, {"parts": ["bulk-1"]}),),
        latency_ms=300,
    ),
    Plant(
        "the sweeper does not ring",
        ("I1 lost",),
        (_start(60),),
        (Planned("kill -9 of a process", 0.1, {"parts": ["bulk-1", "bulk-2"]}), Planned("FLUSHALL", 0.1, {})),
        latency_ms=300,
    ),
    Plant(
        "the heart renews leases that were lost",
        ("I1 lost",),
        (_start(10),),
        (
            Planned("openings are held", BEFORE_THE_LAUNCH, {"times": 10}),
            Planned("a worker outlives its leases and their next owner", 0.2, {}),
        ),
        environment={CALL_SECONDS: "120"},
    ),
    Plant(
        "Retry-After is ignored",
        ("I10",),
        (_start(),),
        (Planned("429 storm", BEFORE_THE_LAUNCH, {"retry_after": 4, "share": 0.5, "seconds": 20}),),
    ),
    Plant(
        "what another worker holds is claimed",
        (
            "I1 times",
            "I2",
            "I6",
        ),
        (_start(),),
        (Planned("messages many times", 0.2, {}),),
        latency_ms=300,
    ),
    Plant("more is claimed than an organization's limit", ("I5",), (_start(), _start()), in_share=True),
    Plant(
        "an intent is given although the run is paused",
        ("I8",),
        (_start(60),),
        (Planned("order: runs are paused", 0.2, {"seconds": 10}),),
        latency_ms=900,
    ),
    Plant(
        "an intent is given although everything is stopped",
        ("I8",),
        (_start(60),),
        (Planned("order: everything is stopped", 0.2, {"seconds": 10}),),
        latency_ms=900,
        in_share=True,
    ),
    Plant(
        "an organization goes on after a step without outcome",
        ("I4",),
        (_in_steps(),),
        (_lie("execute_then_reset"),),
        in_share=True,
    ),
    Plant(
        "a step that has ended is sent again later",
        (
            "I2",
            "I4",
        ),
        (_in_steps(),),
        (
            Planned("Exchange: cmdlets are slow", BEFORE_THE_LAUNCH, {"each": 2.5}),
            Planned("order: runs are paused", 0.2, {"seconds": 4, "in_mid_call": True}),
        ),
    ),
)
assert {plant.bug for plant in PLANTS} == set(BUGS), "each bug has its campaign"
