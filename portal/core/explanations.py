"""What a failure means, in plain words: one vocabulary for every error that a person can meet."""

from collections.abc import Iterable
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


_KNOWN: dict[str, Explanation] = {}


def make_known(explanations: Iterable[Explanation]) -> None:
    """Let pages explain these kinds of failure; called once by every app that can meet some, when it is ready."""
    _KNOWN.update({explanation.error_class: explanation for explanation in explanations})


def known_explanation(error_class: str) -> Explanation | None:
    """Return what `error_class` means, None when no app has explained it."""
    return _KNOWN.get(error_class)


def title_of(error_class: str) -> str:
    """Return `error_class` in words, empty for none; one that no app has explained stands for itself."""
    explanation = known_explanation(error_class)
    return explanation.title if explanation else error_class
