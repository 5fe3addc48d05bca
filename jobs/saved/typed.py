"""What was typed into a launch form, as one query string that can be kept."""

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from portal.core.refusals import Refused
from portal.core.text import storable

LARGEST_FORM = 500_000
"""How many characters of a form are kept."""

PARAMETER_PREFIX = "p."
"""What stands before a parameter's name in the name of its form field; what follows a second dot is a part of it."""

_NOT_TYPED = frozenset(
    {
        "csrfmiddlewaretoken",
        "look",
        "draft",
        "find",
        "typed_by",
        "job_name",
        "job_description",
        "job_shared",
    }
)
_OF_ONE_LAUNCH = frozenset({"job", "step", "again", "names_note", "remarks"})
"""What tells where a form came from: kept with a draft, and no part of a job."""


class FormTooLarge(Refused):
    """More was typed than is kept."""


def job_text(cmdlet: Cmdlet, data: QueryDict) -> str:
    """Return what `typed_text` returns, without what belongs to one launch alone; raises `FormTooLarge`."""
    lasting = data.copy()
    for name in _OF_ONE_LAUNCH:
        lasting.pop(name, None)
    return typed_text(cmdlet, lasting)


def typed_text(cmdlet: Cmdlet, data: QueryDict) -> str:
    """Return the fields of a launch form that hold something, without secrets; raises `FormTooLarge`."""
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        # Controls of several parts belong together by position, so empty ones among others are kept.
        given = [value.replace("\r\n", "\n") for value in values if isinstance(value, str)]
        if any(value.strip() for value in given) and name not in _NOT_TYPED and not _is_secret(cmdlet, name):
            kept.setlist(name, given)
    text = storable(kept.urlencode())
    if len(text) > LARGEST_FORM:
        raise FormTooLarge(f"What was typed has {len(text):,} characters; at most {LARGEST_FORM:,} are kept.")
    return text


def _is_secret(cmdlet: Cmdlet, field: str) -> bool:
    name = field.removeprefix(PARAMETER_PREFIX).split(".")[0] if field.startswith(PARAMETER_PREFIX) else ""
    parameter = cmdlet.parameters.get(cmdlet.names_by_lower.get(name.lower(), ""))
    return parameter is not None and parameter.secret
