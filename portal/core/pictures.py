"""Pictures: server-rendered SVG, each with a text alternative and the table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and the same facts as a table.

    `svg` is finished markup: `role="img"` with an `aria-label` that says what one sees, styled by classes alone.
    `columns` are the table's headings; each row has a cell for each of them, already in words.
    """

    svg: SafeString
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
