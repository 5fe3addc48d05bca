"""Folders and helper programs for the tests of the local processes."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.local import postgresql


@pytest.fixture
def database_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder for PostgreSQL; as root its files are elsewhere, because pytest's folders are closed to others."""
    folder = tmp_path / "postgresql"
    yield folder
    postgresql.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def python(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """A command that runs a few lines of Python."""
    return lambda source: (sys.executable, "-c", source)


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether `condition` becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
