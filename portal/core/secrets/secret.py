"""A secret in memory: the one type from where it is opened or typed to where it goes over the wire."""

import hmac
from collections.abc import Callable
from typing import Any, Generic, NoReturn, TypeVar

HIDDEN = "(secret)"
"""What stands for a secret wherever values are shown, recorded or exported."""

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class Secret(Generic[T_co]):
    """A value that nobody may read by accident: no text, representation, format, copy or pickle of it shows the value.

    `reveal` returns it; call it in the expression that uses the value, so that no variable of a traceback holds it.
    """

    __slots__ = ("__value",)

    def __init__(self, value: T_co) -> None:
        self.__value = value

    def reveal(self) -> T_co:
        """Return the plain value, to be used at once."""
        return self.__value

    def map(self, change: Callable[[T_co], U]) -> "Secret[U]":
        """Return what `change` makes of the value, secret again."""
        return Secret(change(self.__value))

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, specification: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = self.__value, other.reveal()
        if isinstance(mine, bytes) and isinstance(theirs, bytes):
            return hmac.compare_digest(mine, theirs)
        if isinstance(mine, str) and isinstance(theirs, str):
            return hmac.compare_digest(mine.encode("utf-8", "surrogatepass"), theirs.encode("utf-8", "surrogatepass"))
        return bool(mine == theirs)

    __hash__ = None  # type: ignore[assignment]  # a hash of a short secret tells it

    def __copy__(self) -> "Secret[T_co]":
        return self

    def __deepcopy__(self, memory: dict[int, Any]) -> "Secret[T_co]":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A secret is not pickled: it would leave this process in plain.")


def concealed(value: str | Secret[str]) -> Secret[str]:
    """Return a text as a secret, whether it is one already or was just typed."""
    return value if isinstance(value, Secret) else Secret(value)
