"""The filter over the organizations of one run."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django import forms

from jobs.results.explanations import explanation_of
from jobs.runs.states import TargetState
from jobs.runs.targets import ORDERS, TargetFilter
from portal.core.filters import FilterForm, choice_field, text_field

MANY = 1_000_000


class TargetFilterForm(FilterForm):
    """Filters of the targets of one run; `causes` are the error classes that occur there, with their numbers."""

    organization = text_field("Organization", search=True)
    state = choice_field("State", TargetState.choices)
    cause = forms.ChoiceField(label="Cause", required=False)
    took = forms.FloatField(label="Took at least (s)", min_value=0, max_value=MANY, required=False)
    attempts = forms.IntegerField(label="Attempts at least", min_value=0, max_value=MANY, required=False)
    objects = forms.IntegerField(label="Objects at least", min_value=0, max_value=MANY, required=False)
    sort = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput())

    def __init__(self, data: Mapping[str, str], causes: Iterable[tuple[str, int]]) -> None:
        super().__init__(data)
        choices = [(error_class, f"{explanation_of(error_class).title} ({number})") for error_class, number in causes]
        cause = self.fields["cause"]
        assert isinstance(cause, forms.ChoiceField)  # noqa: S101 - tells mypy what was declared above
        cause.choices = [("", "Any"), *choices]

    def wanted(self) -> TargetFilter:
        """Return the filter that these values mean."""
        chosen = self.chosen()
        return TargetFilter(
            state=chosen.get("state", ""),
            error_class=chosen.get("cause", ""),
            organization=chosen.get("organization", ""),
            took_at_least=timedelta(seconds=chosen["took"]) if chosen.get("took") else None,
            attempts_at_least=chosen.get("attempts"),
            objects_at_least=chosen.get("objects"),
        )

    @property
    def order(self) -> str:
        """By what the list is sorted; by name unless the address says something that exists."""
        key = str(self.chosen().get("sort", ""))
        return key if key.lstrip("-") in ORDERS else "name"

    def ignored(self) -> list[str]:
        """Return a sentence for everything in the address that filters or sorts nothing."""
        key = str(self.chosen().get("sort", ""))
        if not key or key == self.order:
            return super().ignored()
        return [*super().ignored(), f"Sort “{key}” was ignored. Known are: {', '.join(ORDERS)}."]
