"""Variables from a table: a line for each organization, a column for each variable."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from portal.core.actors import Actor
from portal.core.refusals import Refused
from portal.core.tables import Row, Table
from tenants.organizations.models import Organization
from tenants.organizations.name_lists import Directory
from tenants.variables.names import VariableRefused, checked_name, checked_value
from tenants.variables.selectors import stored_values
from tenants.variables.services import Setting

_SUGGESTED_FOR = 25


class UnreadableVariables(Refused):
    """The table does not say which variables it holds."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that the table would set; `before` is None where there is none yet."""

    line: int
    organization: Organization
    name: str
    value: str
    before: str | None

    @property
    def setting(self) -> Setting:
        """The change as a service takes it."""
        return Setting(self.organization.pk, self.name, self.value)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one line of the table, and what to do."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class VariableTable:
    """What a table would change, how many values are there already, and what is wrong with it."""

    encoding: str
    names: Sequence[str]
    changes: Sequence[Change]
    unchanged: int
    troubles: Sequence[Trouble]

    @property
    def fingerprint(self) -> str:
        """What tells these changes apart from any others, also from those of the same table a minute later."""
        facts = [(str(c.organization.pk), c.name, c.value, c.before) for c in self.changes]
        return sha256(json.dumps(facts).encode()).hexdigest()


def read_variables(actor: Actor, table: Table) -> VariableTable:
    """Return what `table` would change: its first column names organizations, its first row variables.

    An organization is named by a domain or its tenant id; an empty cell leaves the variable as it is. Raises
    `UnreadableVariables` when the first row makes no sense.
    """
    names = _names(table.rows[0])
    directory = Directory(actor)
    troubles: list[Trouble] = []
    wanted: dict[tuple[UUID, str], Change] = {}
    seen: dict[UUID, int] = {}
    for row in table.rows[1:]:
        place = _place(directory, row, seen, troubles)
        if place is not None:
            for change in _cells(row, place, names, troubles):
                wanted[place.pk, change.name] = change
    stored = stored_values(seen)
    changes = [
        Change(each.line, each.organization, each.name, each.value, stored.get(key))
        for key, each in wanted.items()
        if stored.get(key) != each.value
    ]
    return VariableTable(table.encoding, names, changes, len(wanted) - len(changes), troubles)


def _names(header: Row) -> list[str]:
    names = [cell.strip() for cell in header.cells[1:]]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise UnreadableVariables(
            "The first row must name the variables: the first column is the domain or tenant id, the others are "
            "variables, for instance “domain,helpdesk_mail”."
        )
    try:
        checked = [checked_name(name) for name in names]
    except VariableRefused as refused:
        raise UnreadableVariables(f"The first row names the variables. {refused}") from refused
    twice = {name for name in checked if checked.count(name) > 1}
    if twice:
        raise UnreadableVariables(f"The first row names {', '.join(sorted(twice))} twice. Keep one of the columns.")
    return checked


def _place(directory: Directory, row: Row, seen: dict[UUID, int], troubles: list[Trouble]) -> Organization | None:
    """Return the organization of a row; None with its trouble when the row names none, several, or one again."""
    text = row.cells[0].strip()
    found = directory.called(text)
    shown = text if len(text) <= 80 else f"{text[:77]}…"
    if not text:
        sentence = "The organization is missing: the first cell is its domain or tenant id."
    elif not found:
        near = ", ".join(directory.nearest(text)) if len(troubles) < _SUGGESTED_FOR else ""
        sentence = f"No organization is called “{shown}”." + (f" Nearest are: {near}." if near else "")
    elif len(found) > 1:
        sentence = f"More than one organization is called “{shown}”. Use the tenant id."
    elif found[0].vanished_at is not None:
        sentence = f"{found[0].name} is no longer one of your organizations."
    elif found[0].pk in seen:
        sentence = f"{found[0].name} stands in line {seen[found[0].pk]} already. Keep one of the lines."
    else:
        seen[found[0].pk] = row.line
        return found[0]
    troubles.append(Trouble(row.line, sentence))
    return None


def _cells(row: Row, place: Organization, names: Sequence[str], troubles: list[Trouble]) -> list[Change]:
    changes = []
    if any(cell.strip() for cell in row.cells[1 + len(names) :]):
        troubles.append(Trouble(row.line, "It has more cells than the first row has names."))
    for name, cell in zip(names, row.cells[1:], strict=False):
        if cell.strip():
            try:
                changes.append(Change(row.line, place, name, checked_value(cell), None))
            except VariableRefused as refused:
                troubles.append(Trouble(row.line, f"{name}: {refused}"))
    return changes
