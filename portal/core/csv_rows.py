"""CSV that a spreadsheet opens without running anything in it."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """Return `value` as text that no spreadsheet takes for a formula: a ' goes before a dangerous first character."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
