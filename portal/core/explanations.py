"""What a failure means, in plain words: one vocabulary for every error that a person can meet."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Retry(StrEnum):
    """Whether trying again can help."""

    AUTOMATIC = "automatic"  # safe, and done without asking
    LATER = "later"  # the same request may work after some time
    AFTER_FIX = "after_fix"  # only after a person changed something
    NEVER = "never"  # the same request will be refused again


class Who(StrEnum):
    """Who must do something about a failure."""

    YOU = "you"
    PARTNER_ADMINISTRATOR = "partner_administrator"
    CUSTOMER_ADMINISTRATOR = "customer_administrator"
    MICROSOFT_SUPPORT = "microsoft_support"
    NOBODY = "nobody"


class DidItRun(StrEnum):
    """Whether the cmdlet was carried out, as far as the failure alone says."""

    NO = "no"
    YES = "yes"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One kind of failure.

    `error_class` is a stable slug that is stored and grouped by; `title` names the failure in three to six words;
    `meaning` says what happened from the partner's point of view; `fix` says what to do next, `who` must do it.
    `whole_partner` says that every organization fails alike. `wait_seconds` is how long the cause lasts where Microsoft
    names no time.

    `codes` are what Microsoft names the failure by ("AADSTS65001", an error word, an exception type, "Ex6F9304"), each
    with its wording; `texts` are parts of its English text where it has no code. `failure_modes` are the rows of
    exchange-protocol.md 5 ("F1"), `links` the titles of Microsoft's pages about it.
    """

    error_class: str
    title: str
    meaning: str
    fix: str
    retry: Retry
    who: Who = Who.YOU
    did_it_run: DidItRun = DidItRun.NO
    area: str = ""
    whole_partner: bool = False
    wait_seconds: int | None = None
    codes: tuple[tuple[str, str], ...] = ()
    texts: tuple[str, ...] = ()
    failure_modes: tuple[str, ...] = ()
    links: tuple[str, ...] = field(default=())

    def is_told_by(self, text: str) -> bool:
        """Whether Microsoft's `text` holds one of `texts`, in any case."""
        lowered = text.lower()
        return any(part.lower() in lowered for part in self.texts)


_KNOWN: dict[str, Explanation] = {}


def make_known(explanations: Iterable[Explanation]) -> None:
    """Let pages explain these kinds of failure; called once by every app that can meet some, when it is ready.

    Raises `ValueError` when another failure has the same class, or one of the same codes.
    """
    for explanation in explanations:
        if _KNOWN.setdefault(explanation.error_class, explanation) != explanation:
            raise ValueError(f"the error class “{explanation.error_class}” is explained twice")
    by_code(_KNOWN.values())


def by_code(explanations: Iterable[Explanation]) -> dict[str, Explanation]:
    """Return what each code means; raises `ValueError` for a code that has two explanations."""
    found: dict[str, Explanation] = {}
    for explanation in explanations:
        for code, _ in explanation.codes:
            if found.setdefault(code, explanation) is not explanation:
                raise ValueError(f"{code} is both {found[code].error_class} and {explanation.error_class}")
    return found


def known_explanation(error_class: str) -> Explanation | None:
    """Return what `error_class` means, None when no app has explained it."""
    return _KNOWN.get(error_class)


def known_explanations() -> Collection[Explanation]:
    """Return every kind of failure that an app has explained, in the order of the apps and their files."""
    return _KNOWN.values()


def title_of(error_class: str) -> str:
    """Return `error_class` in words, empty for none; one that no app has explained stands for itself."""
    explanation = known_explanation(error_class)
    return explanation.title if explanation else error_class
