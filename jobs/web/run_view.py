"""How somebody looks at a run: what the address narrows, groups and sorts, and what of it makes no sense."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from jobs.runs.states import TargetState

GROUPS = {
    "": "Nothing",
    "state": "State",
    "cause": "Cause",
    "group": "Organization group",
    "cloud": "Cloud",
    "previous": "Outcome of the run before",
}
SORTS = {
    "": "Name",
    "state": "State, failures first",
    "duration": "Duration, longest first",
    "end": "End, latest first",
}


@dataclass(frozen=True, slots=True)
class RunView:
    """Which targets stand out (`state`, `cause`), and how the board is arranged; `notes` say what was ignored."""

    state: str = ""
    cause: str = ""
    group: str = ""
    sort: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """Return the view that an address asks for."""
        known = {"state": dict(TargetState.choices), "group": GROUPS, "sort": SORTS}
        chosen, notes = {"cause": query.get("cause", "")[:60]}, []
        for name, values in known.items():
            value = query.get(name, "")
            if value in ("", *values):
                chosen[name] = value
            else:
                notes.append(_ignored(name, value, values))
        return cls(**chosen, notes=tuple(notes))

    def within(self, causes: Collection[str]) -> Self:
        """Return this view without a cause that does not occur among `causes`, and with a note about it."""
        if self.cause in ("", *causes):
            return self
        note = f"Cause “{self.cause}” was ignored: no organization of this run has it."
        return replace(self, cause="", notes=(*self.notes, note))

    @property
    def is_filtered(self) -> bool:
        """Whether some targets stand out."""
        return bool(self.state or self.cause)

    @property
    def needs_times(self) -> bool:
        """Whether the order of the board depends on when organizations began and ended."""
        return self.sort in ("duration", "end")

    @property
    def is_arranged(self) -> bool:
        """Whether changes can make the order of the board stale."""
        return self.group in ("state", "cause") or self.sort != ""

    def query(self, **changes: str) -> str:
        """Return the address's query for this view, changed as asked for; empty when nothing is chosen."""
        chosen = {"state": self.state, "cause": self.cause, "group": self.group, "sort": self.sort, **changes}
        pairs = {name: value for name, value in chosen.items() if value}
        return f"?{urlencode(pairs)}" if pairs else "?"

    def shows(self, state: str, error_class: str) -> bool:
        """Whether a target stands out."""
        return self.state in ("", state) and self.cause in ("", error_class)


def _ignored(name: str, value: str, accepted: Iterable[str]) -> str:
    known = ", ".join(filter(None, accepted))
    return f"{name.capitalize()} “{value[:40]}” was ignored. Known are: {known}."
