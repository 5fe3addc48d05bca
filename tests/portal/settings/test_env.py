"""Settings from the environment: typed, secrets from files, each mistake named."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.settings import env


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("X", "X_FILE", "X_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)


def write(folder: Path, content: str) -> str:
    path = folder / "secret"
    path.write_text(content)
    return str(path)


def test_text_is_required_unless_it_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.text("X", "default") == "default"
    with pytest.raises(ImproperlyConfigured, match="Set the environment variable X"):
        env.text("X")
    monkeypatch.setenv("X", "given")
    assert env.text("X") == env.text("X", "default") == "given"


def test_numbers_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.integer("X", 7) == 7
    monkeypatch.setenv("X", "12")
    assert env.integer("X", 7) == 12
    monkeypatch.setenv("X", "1.5")
    with pytest.raises(ImproperlyConfigured, match=r"X must be a whole number, not '1\.5'"):
        env.integer("X", 7)


def test_names_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.names("X") == []
    monkeypatch.setenv("X", " one, two ,,")
    assert env.names("X") == ["one", "two"]


class TestSecret:
    def test_comes_from_its_file_before_the_variable(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("X", "from the variable")
        assert env.secret("X") == "from the variable"
        monkeypatch.setenv("X_FILE", write(tmp_path, "from the file\n"))
        assert env.secret("X") == "from the file"

    def test_that_is_missing_names_the_variable(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="Set X_FILE"):
            env.secret("X")

    def test_whose_file_is_missing_names_the_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("X_FILE", str(tmp_path / "nowhere"))
        with pytest.raises(ImproperlyConfigured, match=r"X_FILE names .*nowhere, which cannot be read: No such file"):
            env.secret("X")


class TestUrl:
    @pytest.mark.parametrize("password", ["simple", "p/a?s#s@w:o%41rd+=", "Größe"])
    def test_takes_any_password_from_its_file(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, password: str
    ) -> None:
        monkeypatch.setenv("X", "postgresql://signalbox@db.example:5433/signalbox")
        monkeypatch.setenv("X_PASSWORD_FILE", write(tmp_path, f"{password}\n"))
        settings = env.database(env.url("X"), pool_size=3)
        assert settings["PASSWORD"] == password
        assert (settings["USER"], settings["HOST"], settings["PORT"], settings["NAME"]) == (
            "signalbox",
            "db.example",
            "5433",
            "signalbox",
        )

    def test_takes_a_password_without_a_user(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("X", "redis://redis:6379/0")
        monkeypatch.setenv("X_PASSWORD_FILE", write(tmp_path, "word"))
        assert env.url("X") == "redis://:word@redis:6379/0"

    def test_without_a_file_stays_as_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("X", "redis://:p%20w@redis:6379/0")
        assert env.url("X") == "redis://:p%20w@redis:6379/0"

    def test_whose_file_is_missing_names_the_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("X", "redis://redis:6379/0")
        monkeypatch.setenv("X_PASSWORD_FILE", str(tmp_path / "nowhere"))
        with pytest.raises(ImproperlyConfigured, match=r"X_PASSWORD_FILE names .*nowhere"):
            env.url("X")


class TestDatabase:
    @pytest.mark.parametrize("address", ["mysql://db/x", "sqlite:///x.db", "nonsense"])
    def test_must_be_postgresql(self, address: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="must start with postgresql://"):
            env.database(address, pool_size=3)

    def test_is_pooled(self) -> None:
        options = env.database("postgres://u:p%40w@[::1]:5432/x", pool_size=3)
        assert options["PASSWORD"] == "p@w"
        assert options["HOST"] == "::1"
        assert options["OPTIONS"]["pool"]["max_size"] == 3  # type: ignore[index]  # Django's settings are plain objects
