"""Every way in which a target can end without success, in plain words: engine, tokens and Exchange together."""

from pathlib import Path

from jobs.exchange.disturbances import DISTURBANCES
from jobs.exchange.refusals import REFUSALS
from jobs.exchange.remarks import REMARKS
from portal.core.explanation_files import read_explanations
from portal.core.explanations import Explanation, known_explanation

ENGINE = read_explanations(Path(__file__).with_name("failures.toml"))
UNKNOWN_CLASS = ENGINE["unexplained"]
EXPLANATIONS = (*REFUSALS.values(), *DISTURBANCES.values(), *REMARKS.values(), *ENGINE.values())


def explanation_of(error_class: str) -> Explanation:
    """Return what `error_class` means; a class that nobody has explained gets an answer that says so."""
    return known_explanation(error_class) or UNKNOWN_CLASS
