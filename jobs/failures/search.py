"""Finding a failure by what somebody has of it: a code, a whole error text, or some words."""

import re
from collections.abc import Callable, Sequence

from portal.core.explanations import Explanation, known_explanations

_AADSTS = re.compile(r"AADSTS\d+", re.IGNORECASE)
_TELLING = 20  # so many characters of Microsoft's wording are nobody else's
_WORD = re.compile(r"[\w'’-]+")


def search_failures(text: str) -> Sequence[Explanation]:
    """Return the failures that `text` means, all of them for an empty one.

    A code inside the text decides ("AADSTS65001: The user or…", "65001", "F1", an exception type with or without its
    namespace), then a part of Microsoft's own text; otherwise every word must occur.
    """
    meant = _meant(text)
    return _with_words(text, _said) if meant is None else meant


def suggested_failures(text: str) -> Sequence[Explanation]:
    """Return the failures that `text` names by a code or by Microsoft's own text, or that are called so."""
    meant = _meant(text)
    return _with_words(text, lambda explanation: explanation.title) if meant is None else meant


def _meant(text: str) -> Sequence[Explanation] | None:
    """Return what a code or an error text in `text` means, perhaps nothing; None when it holds neither."""
    known, codes = known_explanations(), _codes_in(text)
    named = [each for each in known if _names(each) & codes]
    if named or _AADSTS.search(text):
        return named
    return [each for each in known if each.is_told_by(text) or _words_a_code(each, text.lower())] or None


def _words_a_code(explanation: Explanation, text: str) -> bool:
    """Whether `text` (lower case) holds what Microsoft says with one of the codes, also where the code was left out."""
    parts = (part.strip(" .") for _, wording in explanation.codes for part in wording.lower().split("…"))
    return any(part in text for part in parts if len(part) >= _TELLING)


def _with_words(text: str, said: Callable[[Explanation], str]) -> Sequence[Explanation]:
    words = [word.lower() for word in _WORD.findall(text)]
    return [each for each in known_explanations() if all(word in said(each).lower() for word in words)]


def _codes_in(text: str) -> set[str]:
    """Return everything in `text` that may be a code, in lower case."""
    aadsts = {code.lower() for code in _AADSTS.findall(text)}
    if aadsts:
        return aadsts
    parts = re.split(r"[\s,;:|()\[\]\"“”]+", text.lower())
    return {part.rpartition(".")[2] or part for part in parts if part}


def _names(explanation: Explanation) -> set[str]:
    codes = {code.lower() for code, _ in explanation.codes}
    numbers = {code.removeprefix("aadsts") for code in codes}
    return codes | numbers | {mode.lower() for mode in explanation.failure_modes} | {explanation.error_class}


def _said(explanation: Explanation) -> str:
    wordings = [part for code in explanation.codes for part in code]
    said = (explanation.title, explanation.meaning, explanation.fix, explanation.error_class, *wordings)
    return " ".join(said)
