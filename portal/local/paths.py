"""Where things lie on this machine."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
"""The clone: `manage.py`, `Makefile` and `.data` are here."""

DATA = REPOSITORY / ".data"
"""Everything that `make up` writes; `make clean` removes it."""
