"""What a failure means, in plain words: one vocabulary for every error that a person can meet."""

from dataclasses import dataclass
from enum import StrEnum


class Retry(StrEnum):
    """Whether trying again can help."""

    AUTOMATIC = "automatic"  # safe, and done without asking
    LATER = "later"  # the same request may work after some time
    AFTER_FIX = "after_fix"  # only after a person changed something
    NEVER = "never"  # the same request will be refused again


@dataclass(frozen=True, slots=True)
class Explanation:
    """One kind of failure.

    `error_class` is a stable slug that is stored and grouped by; `title` names the failure in three to six words;
    `meaning` says what happened from the partner's point of view; `fix` says what to do next.
    """

    error_class: str
    title: str
    meaning: str
    fix: str
    retry: Retry
