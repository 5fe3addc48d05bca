"""Filters in words, as an export remembers them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.forms import BaseForm

from portal.core.filters import NOT_FILTERS, FilterForm


def filters_in_words(form: BaseForm) -> str:
    """Return what a bound `form` keeps, and what of the address it ignores and why; empty when it keeps everything."""
    said = [*(chip.words for chip in form.chips()), *form.ignored()] if isinstance(form, FilterForm) else _said(form)
    return "; ".join(said)


def _said(form: BaseForm) -> Iterator[str]:
    form.is_valid()
    for name, value in form.cleaned_data.items():
        if value not in (None, "", False):
            yield f"{form[name].label}: {_word(form, name, value)}"
    for name in form.data:
        if name in form.errors or name not in {*form.fields, *NOT_FILTERS}:
            yield f"“{name}” was ignored"


def _word(form: BaseForm, name: str, value: Any) -> str:
    choices = {} if isinstance(value, Model) else dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, value))
