"""What the buttons of the list of steps do: open a step, add one, remove one, move one."""

from collections.abc import Callable, Mapping

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet, UnknownCmdlet, find
from jobs.runs.calls import MOST_STEPS
from jobs.saved.typed import BEFORE
from jobs.web.form_steps import opened, rows
from jobs.web.launch_actions import only_looks
from portal.core.refusals import Refused

Edited = tuple[list[str], int]
"""The query strings of all steps, and the number of the one to open, counted from 1."""


class StepRefused(Refused):
    """The steps cannot be changed in this way."""


def after_step_action(cmdlet: Cmdlet, data: QueryDict) -> tuple[Cmdlet, QueryDict] | None:
    """Return the cmdlet that is open and the form once the pressed button did its work; None if none was pressed.

    Raises `StepRefused`, or `FormTooLarge`.
    """
    pressed = {name for name in _ACTIONS if name in data}
    if data.get("new_cmdlet", "").strip() and not pressed and not only_looks(data):
        pressed = {"add_step"}  # what is typed for another step is not passed over
    for name in pressed:
        act = _ACTIONS[name]
        value = str(data.pop(name, [""])[-1])
        present = rows(cmdlet, data)
        steps, position = act(present, len(data.getlist(BEFORE)) + 1, value or data.get("new_cmdlet", ""))
        opened_name, changed = opened(data, steps, position)
        return _known(opened_name), changed
    return None


def _open(steps: list[str], at: int, value: str) -> Edited:
    number = _number(value, len(steps))
    return steps, number or at


def _add(steps: list[str], _at: int, value: str) -> Edited:
    if not value.strip():
        raise StepRefused("Type the name of the cmdlet that the next step runs.")
    if len(steps) >= MOST_STEPS:
        raise StepRefused(f"A run has at most {MOST_STEPS} steps.")
    added = QueryDict(mutable=True)
    added["cmdlet"] = _known(value.strip()).name
    return [*steps, added.urlencode()], len(steps) + 1


def _remove(steps: list[str], at: int, value: str) -> Edited:
    number = _number(value, len(steps))
    if not number or len(steps) == 1:
        return steps, at
    left = [step for place, step in enumerate(steps, start=1) if place != number]
    return left, min(at - (number < at), len(left)) or 1


def _earlier(steps: list[str], at: int, value: str) -> Edited:
    number = _number(value, len(steps))
    if number < 2:
        return steps, at
    moved = list(steps)
    moved[number - 2 : number] = reversed(moved[number - 2 : number])
    return moved, {number: number - 1, number - 1: number}.get(at, at)


def _later(steps: list[str], at: int, value: str) -> Edited:
    number = _number(value, len(steps))
    return _earlier(steps, at, str(number + 1)) if 0 < number < len(steps) else (steps, at)


def _number(value: str, most: int) -> int:
    """Return the number of the step that a button names; 0 when there is no such step."""
    return int(value) if value in map(str, range(1, most + 1)) else 0


def _known(name: str) -> Cmdlet:
    try:
        return find(name)
    except UnknownCmdlet as unknown:
        meant = f" Did you mean {' or '.join(unknown.nearest)}?" if unknown.nearest else ""
        raise StepRefused(f"There is no cmdlet named {name[:80]}.{meant}") from None


_ACTIONS: Mapping[str, Callable[[list[str], int, str], Edited]] = {
    "open_step": _open,
    "add_step": _add,
    "remove_step": _remove,
    "move_earlier": _earlier,
    "move_later": _later,
}
