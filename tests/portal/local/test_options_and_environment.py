import base64
import json
import os
import stat
from pathlib import Path

import pytest

from portal.local import environment, secret_files
from portal.local.commands import COMMANDS, argv
from portal.local.options import InvalidOption, Options


def test_defaults() -> None:
    options = Options.from_environment({})

    assert (options.organizations, options.port, options.once, options.worker_threads) == (300, 8000, False, 100)
    assert (options.latency, options.database_url, options.redis_url) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORGANIZATIONS", "0"),
        ("ORGANIZATIONS", "many"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("ONCE", "yes"),
        ("SEED", "1.5"),
        ("LATENCY", "²"),
        ("WORKER_THREADS", "0"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x"),
        ("REDIS_URL", "hunter2"),
    ],
)
def test_a_value_without_meaning_is_refused_by_name_and_no_password_is_repeated(name: str, value: str) -> None:
    with pytest.raises(InvalidOption, match=f"^{name} must") as refusal:
        Options.from_environment({name: value})
    assert "hunter2" not in str(refusal.value)


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    files = secret_files.ensure(tmp_path / "secrets")
    first = files.encryption_key.read_text(encoding="ascii")

    assert secret_files.ensure(tmp_path / "secrets") == files
    assert files.encryption_key.read_text(encoding="ascii") == first
    assert len(base64.b64decode(first)) == 32
    assert len(files.secret_key.read_text(encoding="ascii").strip()) > 50
    assert {stat.S_IMODE(path.stat().st_mode) for path in (files.secret_key, files.encryption_key)} == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_processes_reach_the_simulated_cloud_and_nothing_between(tmp_path: Path) -> None:
    clouds = {"O365China": {"login_url": "https://localhost:3", "redirect_hosts": ["localhost:4", "localhost:5"]}}
    ready = {
        "url": "https://localhost:1",
        "clouds": clouds,
        "ca_file": "/ca",
        "pid": os.getpid(),
        "managed_identity_url": "http://127.0.0.1:6",
    }
    (tmp_path / "ready.json").write_text(json.dumps(ready), encoding="utf-8")
    inherited = dict.fromkeys(environment.REMOVED, "x") | {"PATH": "/bin", "GRANIAN_HOST": "0.0.0.0"}

    composed = environment.compose(
        inherited,
        data=tmp_path,
        database_url="postgresql://d",
        redis_url="redis://r",
        secret_files=secret_files.ensure(tmp_path),
        sandbox=environment.read_sandbox(tmp_path),
    )

    assert not environment.REMOVED & composed.keys()
    assert composed["SANDBOX_URL"] == "https://localhost:1"
    assert composed["MICROSOFT_CA_FILE"] == "/ca"
    assert composed["AZURE_POD_IDENTITY_AUTHORITY_HOST"] == "http://127.0.0.1:6"
    assert composed["O365CHINA_LOGIN_URL"] == "https://localhost:3"
    assert composed["O365CHINA_REDIRECT_HOSTS"] == "localhost:4,localhost:5"
    assert composed["GRANIAN_HOST"] == "127.0.0.1"
    assert composed["PATH"] == "/bin"


def test_a_half_written_ready_file_is_not_ready(tmp_path: Path) -> None:
    assert environment.read_sandbox(tmp_path) is None
    (tmp_path / "ready.json").write_text('{"url": "htt', encoding="utf-8")
    assert environment.read_sandbox(tmp_path) is None


def test_commands_take_their_variables_from_the_environment() -> None:
    assert "100" in argv("worker", {})
    assert "7" in argv("worker", {"WORKER_THREADS": "7"})
    assert "8000" in argv("web", {"PORT": ""})
    assert not any("$" in word for name in COMMANDS for word in argv(name, {}))
