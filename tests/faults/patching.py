"""Replacing named functions of the product in a process of the fault suite; the product itself has no hooks."""

import importlib
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


def replace(place: str, make: Callable[[Function], Function]) -> None:
    """Replace the function at `place`, written `module:name` or `module:Class.name`, by what `make` makes of it.

    Raises AttributeError when the product has no such function any more.
    """
    module_name, _, path = place.partition(":")
    owner: Any = importlib.import_module(module_name)
    *owners, name = path.split(".")
    for each in owners:
        owner = getattr(owner, each)
    setattr(owner, name, make(getattr(owner, name)))


def set_value(place: str, make: Callable[..., Any]) -> None:
    """Replace the constant at `place` by what `make` makes of it."""
    replace(place, make)


def before(do: Callable[[], None]) -> Callable[[Function], Function]:
    """Return what makes a function do something first."""

    def make(original: Function) -> Function:
        def replaced(*arguments: Any, **named: Any) -> Any:
            do()
            return original(*arguments, **named)

        return replaced

    return make


def after(do: Callable[[], None]) -> Callable[[Function], Function]:
    """Return what makes a function do something before it returns."""

    def make(original: Function) -> Function:
        def replaced(*arguments: Any, **named: Any) -> Any:
            answer = original(*arguments, **named)
            do()
            return answer

        return replaced

    return make
