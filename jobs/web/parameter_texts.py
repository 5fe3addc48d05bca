"""What the form fields of parameters posted, as the texts that `parse_text` reads."""

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet

PREFIX = "p."
"""What stands before a parameter's name in the name of its form field."""


def read_texts(_cmdlet: Cmdlet, data: QueryDict) -> dict[str, str]:
    """Return what was typed by parameter name; parameters that the cmdlet does not have are kept, to be refused."""
    texts = {key.removeprefix(PREFIX): str(data[key]) for key in data if key.startswith(PREFIX)}
    return {name: _lines(text) for name, text in texts.items() if text.strip()}


def _lines(text: str) -> str:
    """Return text with the line ends of this side; browsers send CR LF."""
    return text.replace("\r\n", "\n")
