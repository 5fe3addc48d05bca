"""Texts as PowerShell writes them."""

import re

# PowerShell ends a single-quoted string at any of these and reads two of them as one.
_SINGLE_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")


def quoted(text: str) -> str:
    """Return `text` as a single-quoted PowerShell string, in which nothing is expanded."""
    return f"'{_SINGLE_QUOTES.sub(lambda found: found.group() * 2, text)}'"


def indented(text: str, depth: int = 1) -> str:
    """Return every line of `text` indented by `depth` steps of four spaces."""
    return "\n".join(f"{'    ' * depth}{line}" if line else line for line in text.splitlines())
