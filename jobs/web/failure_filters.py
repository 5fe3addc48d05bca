"""Filters of the failures, in words."""

from collections.abc import Mapping, Sequence

from django import forms

from jobs.failures.search import search_failures
from jobs.web.failure_words import DID_IT_RUN, RETRY, WHO
from portal.core.explanations import Explanation, known_explanations
from portal.core.filters import ChoiceRow, FilterForm, choice_field, text_field

AT_HAND = {"now": "in organizations now"}
_LONGEST = 60
_WORDS: Mapping[str, str] = {
    **{who.value: word for who, word in WHO.items()},
    **{retry.value: word for retry, word in RETRY.items()},
    **{ran.value: word for ran, word in DID_IT_RUN.items()},
}


class FailureFilterForm(FilterForm):
    """Filters of the failures; `q` takes words, a code, or a whole error text."""

    q = text_field("Words, code or error text", search=True, length=4000)
    who = choice_field("Who must act", [(who.value, word) for who, word in WHO.items()])
    retry = choice_field("Retry", [(retry.value, word) for retry, word in RETRY.items()])
    ran = choice_field("Did it run", [(ran.value, word) for ran, word in DID_IT_RUN.items()])
    area = forms.ChoiceField(
        label="Area",
        required=False,
        choices=lambda: [("", "Any"), *((name, name) for name in areas())],
        error_messages={"invalid_choice": "Choose one of the links."},
    )
    met = choice_field("Met", AT_HAND.items())

    def found(self, failing: Mapping[str, int]) -> list[Explanation]:
        """Return the failures that are wanted; `failing` are those that organizations have now."""
        chosen = self.chosen()
        wanted: Sequence[Explanation] = search_failures(chosen.get("q", ""))
        return [
            each
            for each in wanted
            if chosen.get("who", each.who) == each.who
            and chosen.get("retry", each.retry) == each.retry
            and chosen.get("ran", each.did_it_run) == each.did_it_run
            and chosen.get("area", each.area) == each.area
            and (not chosen.get("met") or each.error_class in failing)
        ]

    def words(self, name: str, value: str) -> str:
        """Return one filter in words."""
        said = {
            "q": f"“{value[:_LONGEST]}…”" if len(value) > _LONGEST else f"“{value}”",
            "who": f"for {_WORDS.get(value, '')}",
            "retry": f"retry: {_WORDS.get(value, '').lower()}",
            "ran": f"ran: {_WORDS.get(value, '').lower()}",
            "area": value,
            "met": AT_HAND.get(value, ""),
        }
        return said[name]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while words are typed."""
        return [self[name] for name in ("who", "retry", "ran", "area", "met")]

    def choices(self) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        return [
            ChoiceRow("Met", [self.choice("met", *each) for each in AT_HAND.items()]),
            ChoiceRow("Who", [self.choice("who", who.value, word) for who, word in WHO.items()]),
            ChoiceRow("Retry", [self.choice("retry", retry.value, word) for retry, word in RETRY.items()]),
            ChoiceRow("Did it run", [self.choice("ran", ran.value, word) for ran, word in DID_IT_RUN.items()]),
            ChoiceRow("Area", [self.choice("area", name, name) for name in areas()]),
        ]


def areas() -> list[str]:
    """Return the areas in the order of their files."""
    return list(dict.fromkeys(each.area for each in known_explanations()))
