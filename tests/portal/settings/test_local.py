"""`python manage.py …` in a clone finds what `make up` left, and leaves a given environment alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.settings import local


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(local, "ENVIRONMENT_FILE", tmp_path / "environment")
    before = dict(os.environ)
    for name in (*local.NEEDED, *(f"{name}_FILE" for name in local.NEEDED), "SANDBOX_URL"):
        os.environ.pop(name, None)
    yield tmp_path / "environment"
    os.environ.clear()
    os.environ.update(before)


def test_values_come_from_the_file(file: Path) -> None:
    file.write_text("DATABASE_URL=postgresql://db/x?a=b\nSANDBOX_URL=https://localhost:1\n")
    local.load()
    assert os.environ["DATABASE_URL"] == "postgresql://db/x?a=b"
    assert os.environ["SANDBOX_URL"] == "https://localhost:1"


def test_a_given_variable_wins_over_the_file(file: Path) -> None:
    file.write_text("DATABASE_URL=postgresql://db/x\nSANDBOX_URL=https://localhost:1\n")
    os.environ["SANDBOX_URL"] = "given"
    local.load()
    assert os.environ["SANDBOX_URL"] == "given"


def test_a_given_database_keeps_the_whole_file_out(file: Path) -> None:
    file.write_text("DATABASE_URL=postgresql://db/x\nSANDBOX_URL=https://localhost:1\n")
    os.environ["DATABASE_URL"] = "postgresql://given/x"
    local.load()
    assert "SANDBOX_URL" not in os.environ


def test_before_the_first_start_commands_without_database_work(file: Path) -> None:
    local.load()
    assert all(os.environ[name] for name in local.NEEDED)


def test_a_half_given_environment_is_not_completed(file: Path) -> None:
    os.environ["SECRET_KEY_FILE"] = "given"
    local.load()
    assert "DATABASE_URL" not in os.environ
