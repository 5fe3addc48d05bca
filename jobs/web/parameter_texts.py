"""What the form fields of parameters posted, as the texts that `parse_text` reads."""

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.web.parameter_controls import control_of
from jobs.web.parameter_parts import joined

PREFIX = "p."
"""What stands before a parameter's name in the name of its form field; a part of a control follows after a dot."""


def read_texts(cmdlet: Cmdlet, data: QueryDict) -> dict[str, str]:
    """Return what was typed by parameter name; parameters that the cmdlet does not have are kept, to be refused.

    Secrets are among them: what shall be kept or shown leaves them out (`Parameter.secret`).
    """
    posted: dict[str, dict[str, list[str]]] = {}
    for key, values in data.lists():
        if key.startswith(PREFIX):
            name, _, part = key.removeprefix(PREFIX).partition(".")
            posted.setdefault(name, {})[part] = [value for value in values if isinstance(value, str)]
    texts = {name: joined(_control(cmdlet, name), parts) for name, parts in posted.items()}
    return {name: text for name, text in texts.items() if text.strip()}


def _control(cmdlet: Cmdlet, name: str) -> str:
    parameter = cmdlet.parameters.get(name)
    return control_of(cmdlet, parameter) if parameter else ""
