"""Whether everything is stopped, for whoever calls Microsoft without a run; those who know it make it known here."""

from collections.abc import Callable

from portal.core.refusals import Refused

_refusals: list[Callable[[], None]] = []


def make_known(refuse: Callable[[], None]) -> None:
    """Have `refuse` asked before anything starts; it raises a `Refused` that says who stopped everything, and why."""
    _refusals.append(refuse)


def refuse_while_stopped() -> None:
    """Raise a `Refused` while everything is stopped."""
    for refuse in _refusals:
        refuse()


def is_everything_stopped() -> bool:
    """Whether nothing may start."""
    try:
        refuse_while_stopped()
    except Refused:
        return True
    return False
