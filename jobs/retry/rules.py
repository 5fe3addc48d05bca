"""When sending the same again may do harm."""

from jobs.catalogue.effects import Effect
from jobs.exchange.disturbances import INCOMPLETE_ANSWER

RAN_CLASSES = ("partly_done", INCOMPLETE_ANSWER.error_class)
"""The error classes of a cmdlet that ran, fully or partly."""


def acts_twice(effect: Effect, error_class: str) -> bool:
    """Whether a cmdlet that ended with this class would act a second time."""
    return error_class in RAN_CLASSES and not effect.harmless_to_repeat
