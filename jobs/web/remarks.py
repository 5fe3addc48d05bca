"""What the reading of a pasted command remarked, carried along with the launch form in one signed field."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core import signing

REMARKS = "remarks"
_SALT = "jobs.paste"


@dataclass(frozen=True, slots=True)
class Remarks:
    """What was not taken over, and what to know; `field` is their signed form, to be posted again."""

    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    field: str = ""

    def __bool__(self) -> bool:
        return bool(self.left_out or self.notes)


def signed(left_out: Sequence[str], notes: Sequence[str]) -> str:
    """Return remarks as text that only this portal can have written."""
    return signing.dumps([list(left_out), list(notes)], salt=_SALT, compress=True)


def remarks_of(field: str) -> Remarks:
    """Return the remarks that `field` holds; none when it was not written here."""
    try:
        left_out, notes = signing.loads(field, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return Remarks()
    return Remarks(tuple(left_out), tuple(notes), field)
