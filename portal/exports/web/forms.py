"""What is asked for, and what the list of exports is narrowed by."""

from django import forms
from django.http import QueryDict

from portal.core.actors import Actor
from portal.core.filters import Sorted, choice_field, text_field
from portal.core.permissions import Permission
from portal.exports.listings import listings
from portal.exports.models import ExportFormat, ExportState
from portal.exports.selectors import NEWEST_FIRST, SORTS, ExportFilter


class AskForm(forms.Form):
    """An export that is asked for: the listing, the thing whose parts it lists, the query of its page, the format.

    With `follows`, the address in the browser counts, which htmx may have changed since the page was sent.
    """

    listing = forms.CharField(max_length=60)
    of = forms.CharField(max_length=100, required=False)
    query = forms.CharField(max_length=8000, required=False)
    follows = forms.BooleanField(required=False)
    format = forms.ChoiceField(
        choices=ExportFormat.choices, error_messages={"invalid_choice": "Choose CSV, XLSX or JSONL."}
    )

    def sentence(self) -> str:
        """Return what is wrong, in one sentence."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)


class ExportFilterForm(Sorted):
    """Filters of the list of exports; whose they are only for those who may see everybody's."""

    SORTS, FIRST = SORTS, NEWEST_FIRST

    q = text_field("What", search=True)
    listing = choice_field("Listing", ())
    format = choice_field("Format", ExportFormat.choices)
    state = choice_field("State", ExportState.choices)
    everybody = forms.BooleanField(label="Everybody’s", required=False)

    def __init__(self, actor: Actor, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["listing"] = choice_field("Listing", [(each.key, each.title) for each in listings()])
        if not actor.has(Permission.EXPORT_READ_ALL):
            del self.fields["everybody"]

    def wanted(self) -> ExportFilter:
        """Return the filter that the readable values mean."""
        chosen = self.chosen()
        return ExportFilter(
            text=chosen.get("q", ""),
            listing=chosen.get("listing", ""),
            format=chosen.get("format", ""),
            state=chosen.get("state", ""),
            everybody=bool(chosen.get("everybody")),
        )
