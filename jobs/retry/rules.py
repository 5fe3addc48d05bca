"""When sending the same again may do harm, and when it is in vain."""

from jobs.catalogue.effects import Effect
from jobs.exchange.disturbances import INCOMPLETE_ANSWER
from jobs.results.explanations import explanation_of
from portal.core.explanations import Retry

RAN_CLASSES = ("partly_done", INCOMPLETE_ANSWER.error_class)
"""The error classes of a cmdlet that ran, fully or partly."""


def acts_twice(effect: Effect, error_class: str) -> bool:
    """Whether a cmdlet that ended with this class would act a second time."""
    return error_class in RAN_CLASSES and not effect.harmless_to_repeat


def is_in_vain(error_class: str) -> bool:
    """Whether the same request would only be refused again."""
    return bool(error_class) and explanation_of(error_class).retry is Retry.NEVER
