"""How states look: one word, one icon and one colour for every state that a page can show."""

from dataclasses import dataclass

from django import template

register = template.Library()


@dataclass(frozen=True, slots=True)
class Look:
    """The word of a state, the heroicon beside it and the colour class (`state-…` in signalbox.css)."""

    label: str
    icon: str
    tone: str


LOOKS: dict[str, Look] = {
    # runs
    "draft": Look("Draft", "pencil", "quiet"),
    "pending_approval": Look("Waits for approval", "hand-raised", "waiting"),
    "queued": Look("Queued", "clock", "waiting"),
    "running": Look("Running", "play", "busy"),
    "paused": Look("Paused", "pause", "partly"),
    "succeeded": Look("Succeeded", "check-circle", "good"),
    "partly_failed": Look("Partly failed", "exclamation-triangle", "partly"),
    "failed": Look("Failed", "x-circle", "bad"),
    "cancelled": Look("Cancelled", "stop-circle", "quiet"),
    "rejected": Look("Rejected", "hand-thumb-down", "denied"),
    "expired": Look("Expired", "calendar", "bad"),
    # requests for approval
    "waiting": Look("Waits for approval", "hand-raised", "waiting"),
    "agreed": Look("Approved", "check-circle", "good"),
    "withdrawn": Look("Withdrawn", "arrow-uturn-left", "quiet"),
    "voided": Look("Void", "no-symbol", "bad"),
    # what should run
    "works": Look("Works", "check-circle", "good"),
    "watch": Look("Watch", "exclamation-triangle", "partly"),
    "fails": Look("Does not work", "x-circle", "bad"),
    # exports
    "ready": Look("Ready", "check-circle", "good"),
    "file_expired": Look("Expired", "calendar", "quiet"),
    # organizations of a run
    "errored": Look("Errored", "bolt-slash", "errored"),
    "unknown": Look("Unknown", "question-mark-circle", "unknown"),
    "skipped": Look("Skipped", "forward", "quiet"),
    "denied": Look("Denied", "no-symbol", "denied"),
    # what was found out about unknown outcomes
    "applied": Look("As planned", "check-badge", "good"),
    "not_applied": Look("Not carried out", "x-circle", "quiet"),
    "needs_person": Look("Needs a person", "eye", "unknown"),
    # reachability
    "untried": Look("Not tried yet", "minus-circle", "quiet"),
    "reachable": Look("Reachable", "signal", "good"),
    "unreachable": Look("Not reachable", "signal-slash", "bad"),
    # relationships; Graph's own status names (exchange-protocol.md 4.1) in its spelling
    "active": Look("Active", "check-circle", "good"),
    "pending": Look("Pending", "clock", "waiting"),
    "ended": Look("Ended", "x-circle", "bad"),
    "none": Look("None", "minus-circle", "quiet"),
    "created": Look("Created", "pencil", "quiet"),
    "approvalPending": Look("Approval pending", "hand-raised", "waiting"),
    "approved": Look("Approved", "clock", "waiting"),
    "activating": Look("Activating", "clock", "waiting"),
    "expiring": Look("Expiring", "exclamation-triangle", "partly"),
    "terminating": Look("Terminating", "exclamation-triangle", "partly"),
    "terminated": Look("Terminated", "x-circle", "bad"),
    "terminationRequested": Look("Termination requested", "exclamation-triangle", "partly"),
    "deleting": Look("Deleting", "exclamation-triangle", "partly"),
    "deleted": Look("Deleted", "x-circle", "bad"),
    "error": Look("Error", "exclamation-triangle", "bad"),
    "disappeared": Look("No longer listed", "x-circle", "bad"),
    # consents ("unknown" looks like an unknown outcome)
    "granted": Look("Granted", "check-circle", "good"),
    "missing": Look("Missing", "x-circle", "bad"),
    "refused": Look("Refused", "hand-thumb-down", "denied"),
    # certificates and connections
    "valid": Look("Valid", "check-circle", "good"),
    "open": Look("Open", "link", "busy"),
    "closed": Look("Closed", "link-slash", "quiet"),
    "closed_after_error": Look("After an error", "exclamation-triangle", "partly"),
    "closed_by_reaper": Look("By the reaper", "wrench", "bad"),
}


@register.filter
def look(state: str) -> Look:
    """Return how `state` looks; a state that is not known shows its own name."""
    return LOOKS.get(str(state)) or Look(str(state) or "Unnamed", "question-mark-circle", "quiet")
