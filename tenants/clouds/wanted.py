"""Lists of organizations to be added, as people write them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """One organization to be added; an empty title leaves its name to be found out."""

    domain_or_tenant_id: str
    title: str


def read_wanted(text: str) -> list[Wanted]:
    """Read lines of `domain or tenant id[, name]`, once each, separated by commas, semicolons or tabs."""
    found = {wanted.domain_or_tenant_id.lower(): wanted for wanted in _lines(text)}
    return list(found.values())


def _lines(text: str) -> Iterator[Wanted]:
    for line in text.replace("\0", "").splitlines():
        separator = next((sign for sign in ("\t", ";") if sign in line), ",")
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
        if cells and cells[0] and cells[0].lower() not in ("domain", "tenant id", "tenant_id"):
            yield Wanted(cells[0], cells[1] if len(cells) > 1 else "")
