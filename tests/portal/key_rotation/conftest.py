from pathlib import Path

import pytest
from pytest_django import Settings

from tests.portal.key_rotation.stored import KeyFiles


@pytest.fixture
def keys(tmp_path: Path, settings: Settings) -> KeyFiles:
    """A folder of root keys with one key, in use."""
    folder = tmp_path / "keys"
    folder.mkdir()
    made = KeyFiles(folder, settings)
    made.add("1")
    made.use(folder)
    return made
