"""Filters that live in the address of a list: what was understood, in words, and what was ignored, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

NOT_FILTERS = frozenset({"cursor", "sort", "all"})
"""What the address of a list may say beside its filters."""

_LONGEST = 60
_FEW = 5


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in words; `url` is the list without it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter as a link that chooses it, or lets it go when it is `current`."""

    word: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """The values of one filter, under a word."""

    title: str
    options: list[Choice]


class FilterForm(forms.Form):
    """A form whose unreadable fields filter nothing and say so."""

    together: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Fields that are one filter in words, so that one click takes all of them away."""

    def chosen(self) -> Mapping[str, Any]:
        """Return the readable values that filter something, by field."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.chosen())

    def words(self, name: str, value: Any) -> str:
        """Return what a filter says, in a few words; empty when another one says it too."""
        return f"{self.fields[name].label}: {value}"

    def chips(self) -> list[Chip]:
        """Return the filters in words, in the order of the fields."""
        said = ((name, self.words(name, value)) for name, value in self.chosen().items())
        return [Chip(words, self.without(*self._with(name))) for name, words in said if words]

    def choice(self, name: str, value: str, word: str, *, instead_of: Sequence[str] = ()) -> Choice:
        """Return one value of a filter as a link; choosing it takes the filters `instead_of` away."""
        is_chosen = str(self.chosen().get(name, "")) == value
        changes = {name: None if is_chosen else value, **dict.fromkeys((*instead_of, "cursor"))}
        return Choice(word, address(self.data, changes), is_chosen)

    def without(self, *names: str) -> str:
        """Return the address of the list without these filters."""
        return address(self.data, dict.fromkeys((*names, "cursor")))

    def ignored(self) -> list[str]:
        """Return a sentence for everything in the address that filters nothing."""
        self.is_valid()
        wrong = [
            f"{self.fields[name].label} “{_short(self.data.get(name, ''))}” was ignored. {' '.join(map(str, errors))}"
            for name, errors in self.errors.items()
            if name in self.fields
        ]
        whole = [str(error) for error in self.non_field_errors()]
        strange = [name for name in self.data if name not in self.fields and name not in NOT_FILTERS]
        return [*whole, *wrong, *(f"“{_short(name)}” was ignored: this list has no such filter." for name in strange)]

    def _with(self, name: str) -> Iterable[str]:
        return next((names for names in self.together if name in names), (name,))


class Sorted(FilterForm):
    """A filter form of a list that is sorted by `sort` in its address: a word, with `-` before it for falling."""

    SORTS: ClassVar[Mapping[str, str]]
    """The field to order by, under the word in the address."""
    FIRST: ClassVar[str]
    """What the list is sorted by when the address says nothing that is known."""

    @property
    def sort(self) -> str:
        """What the list is sorted by: a word that there is."""
        asked = self._asked_sort
        return asked if asked.removeprefix("-") in self.SORTS else self.FIRST

    @property
    def order(self) -> str:
        """The field to order by, with `-` before it for the falling order."""
        return f"{'-' * self.sort.startswith('-')}{self.SORTS[self.sort.removeprefix('-')]}"

    def ignored(self) -> list[str]:
        """Return a sentence for everything in the address that filters or sorts nothing."""
        asked = self._asked_sort
        known = f"The order “{_short(asked)}” was ignored: known are {', '.join(self.SORTS)}."
        return [*super().ignored(), *([known] if asked and asked != self.sort else [])]

    @property
    def _asked_sort(self) -> str:
        return str(self.data.get("sort", ""))


def address(query: Mapping[str, Any], changes: Mapping[str, str | None]) -> str:
    """Return the query of a list with some of its filters changed, or taken away where the change is None."""
    changed = query.copy() if isinstance(query, QueryDict) else QueryDict(mutable=True)
    for name, value in {"all": None, **changes}.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return f"?{changed.urlencode() or 'all=1'}"


def text_field(label: str, *, search: bool = False, length: int = 200) -> forms.CharField:
    """Return a field for words to be looked for."""
    return forms.CharField(
        label=label,
        max_length=length,
        required=False,
        widget=forms.TextInput({"type": "search"} if search else {}),
        error_messages={"max_length": f"It is longer than {length} characters."},
    )


def choice_field(label: str, choices: Iterable[tuple[str, str]], *, any_word: str = "Any") -> forms.ChoiceField:
    """Return a field for one of a few values."""
    known = list(choices)
    return forms.ChoiceField(
        label=label,
        choices=[("", any_word), *known],
        required=False,
        error_messages={"invalid_choice": _known(known)},
    )


def _known(choices: Sequence[tuple[str, str]]) -> str:
    few = len(choices) <= _FEW
    return f"Known are: {', '.join(value for value, _ in choices)}." if few else "Choose one from the list."


def day_field(label: str) -> forms.DateField:
    """Return a field for a day in UTC."""
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a day as 2027-03-31."},
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
