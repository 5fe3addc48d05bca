"""What was typed into a launch form, as one query string that can be kept."""

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet, UnknownCmdlet, find
from portal.core.refusals import Refused
from portal.core.text import storable

LARGEST_FORM = 500_000
"""How many characters of a form are kept."""

PARAMETER_PREFIX = "p."
"""What stands before a parameter's name in the name of its form field; what follows a second dot is a part of it."""

BEFORE, AFTER = "step_before", "step_after"
"""The fields that hold the other steps of a form, a query string each, in order."""

STEP_INPUT = "of_step."
"""What stands before number and parameter of a value that is typed for another step than the open one."""

ON_FAILURE = "on_failure"
"""The field that says what becomes of the later steps when one fails."""

_STEP_FIELDS = frozenset({"set", "service", "input", "column"})
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
        "new_cmdlet",
    }
)
_OF_ONE_LAUNCH = frozenset({"job", "again", "names_note", "remarks", BEFORE, AFTER})
"""What tells where a form came from: kept with a draft, and no part of a job."""


class FormTooLarge(Refused):
    """More was typed than is kept."""


def job_text(cmdlet: Cmdlet, data: QueryDict) -> str:
    """Return what `typed_text` returns, without what belongs to one launch alone; raises `FormTooLarge`."""
    lasting = data.copy()
    for name in _OF_ONE_LAUNCH:
        lasting.pop(name, None)
    return typed_text(cmdlet, lasting)


def step_text(cmdlet: Cmdlet, data: QueryDict) -> str:
    """Return one step of a form as a query string that names its cmdlet, without secrets; raises `FormTooLarge`."""
    step = QueryDict(mutable=True)
    step["cmdlet"] = cmdlet.name
    for name, values in data.lists():
        if name in _STEP_FIELDS or name.startswith(PARAMETER_PREFIX):
            step.setlist(name, values)
    return typed_text(cmdlet, step)


def cleaned_step(text: str) -> str:
    """Return a step without what no page of ours puts into it, as a secret; of a cmdlet that is gone, as it is."""
    step = QueryDict(text)
    try:
        return step_text(find(step.get("cmdlet", "")), step)
    except UnknownCmdlet:
        return text


def typed_text(cmdlet: Cmdlet, data: QueryDict) -> str:
    """Return the fields of a launch form that hold something, without secrets; raises `FormTooLarge`."""
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        # Controls of several parts belong together by position, so empty ones among others are kept.
        given = [value.replace("\r\n", "\n") for value in values if isinstance(value, str)]
        if name in (BEFORE, AFTER):
            given = [cleaned_step(text) for text in given]
        if any(value.strip() for value in given) and name not in _NOT_TYPED and not _is_secret(cmdlet, name):
            kept.setlist(name, given)
    text = storable(kept.urlencode())
    if len(text) > LARGEST_FORM:
        raise FormTooLarge(f"What was typed has {len(text):,} characters; at most {LARGEST_FORM:,} are kept.")
    return text


def _is_secret(cmdlet: Cmdlet, field: str) -> bool:
    if field.startswith(STEP_INPUT):  # what is no secret of these stands in its step
        return True
    name = field.removeprefix(PARAMETER_PREFIX).split(".")[0] if field.startswith(PARAMETER_PREFIX) else ""
    parameter = cmdlet.parameters.get(cmdlet.names_by_lower.get(name.lower(), ""))
    return parameter is not None and parameter.secret
