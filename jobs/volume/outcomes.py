"""How a made-up organization of a run ends."""

from dataclasses import dataclass

from jobs.runs.states import TargetState
from jobs.volume.answers import READS
from jobs.volume.chance import Chance


@dataclass(frozen=True, slots=True)
class Outcome:
    """State and cause; `sent` and `answered` say how far it came, `tries` how often."""

    state: TargetState
    error_class: str = ""
    code: str = ""
    detail: str = ""
    sent: bool = True
    answered: bool = True
    tries: int = 1


SUCCEEDED = Outcome(TargetState.SUCCEEDED)
AFTER_THROTTLING = Outcome(TargetState.SUCCEEDED, tries=2)
NO_CONSENT = Outcome(
    TargetState.ERRORED,
    "no_consent",
    "AADSTS65001",
    "AADSTS65001: The user or administrator has not consented to use the application.",
    sent=False,
    answered=False,
)
THROTTLED = Outcome(TargetState.ERRORED, "throttled", "429", "Too many requests.", answered=False, tries=5)
NOT_FOUND = Outcome(
    TargetState.FAILED,
    "object_not_found",
    "ManagementObjectNotFoundException",
    "The operation couldn't be performed because object 'info' couldn't be found.",
)
DENIED = Outcome(TargetState.FAILED, "rbac_denied", "CmdletAccessDeniedException", "The role does not allow this.")
LOST = Outcome(TargetState.UNKNOWN, "worker_lost_after_sending", answered=False)


def outcome_of(chance: Chance, *, cmdlet: str, is_closed: bool) -> Outcome:
    """Return how `cmdlet` ends in an organization; into a closed one nobody gets."""
    if is_closed:
        return NO_CONSENT
    luck = chance.random()
    if cmdlet in READS:
        return AFTER_THROTTLING if luck < 0.03 else THROTTLED if luck < 0.033 else SUCCEEDED
    if luck < 0.03:
        return NOT_FOUND
    if luck < 0.035:
        return DENIED
    return LOST if luck < 0.037 else AFTER_THROTTLING if luck < 0.06 else SUCCEEDED
