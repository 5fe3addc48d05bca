"""Microsoft's own text, made fit to be shown, stored and logged."""

import re

# A form, an assertion or a token that was sent and comes back in an answer has no spaces; nothing to read is as long.
_LONG_WORD = re.compile(r"\S{129,}")


def one_line(text: object, limit: int = 1000) -> str:
    """Return the text without control characters and line breaks, at most `limit` characters.

    Words of more than 128 characters are left out, because they may be secrets.
    """
    printable = "".join(c if c.isprintable() else " " for c in str(text or ""))
    return " ".join(_LONG_WORD.sub("(left out)", printable).split())[:limit]
