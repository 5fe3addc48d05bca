"""CSV that a spreadsheet opens without running anything in it."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")
"""What makes a spreadsheet read a cell as a formula, or skip a character and then do so; also as full-width forms."""


def safe_cell(value: object) -> str:
    """Return `value` as text that no spreadsheet takes for a formula: a ' goes before a dangerous first character."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
