import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.local.commands import COMMANDS
from portal.local.paths import REPOSITORY

DOCKER = REPOSITORY / "docker"
SERVERS = {"postgresql", "redis"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text(encoding="utf-8"))
    services: dict[str, dict[str, Any]] = loaded["services"]
    return services


def test_compose_runs_the_commands_of_make_up(services: dict[str, dict[str, Any]]) -> None:
    found = {name: tuple(service["command"]) for name, service in services.items() if name not in SERVERS}

    assert found == COMMANDS


def test_every_container_is_hardened_limited_and_watched(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert ("healthcheck" in service) == (name != "migrate"), name


def test_no_service_gets_a_secret_or_the_simulated_cloud_by_its_environment(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        variables = service.get("environment", {})
        assert not {"SECRET_KEY", "ENCRYPTION_KEY", "POSTGRES_PASSWORD", "SANDBOX_URL"} & variables.keys(), name
    assert "portal/sandbox" in (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()


@pytest.mark.parametrize(
    "variables",
    [
        {"SECRET_KEY": "s3cret"},
        {"ENCRYPTION_KEY": "s3cret"},
        {"DATABASE_URL": "postgresql://signalbox:s3cret@db/signalbox"},
        {"REDIS_URL": "redis://:s3cret@redis/0"},
    ],
)
def test_the_entrypoint_refuses_secrets_in_the_environment(variables: dict[str, str]) -> None:
    done = subprocess.run((DOCKER / "entrypoint", "echo", "ran"), env=variables, capture_output=True, text=True)

    assert done.returncode == 64
    assert next(iter(variables)) in done.stderr
    assert "s3cret" not in done.stderr + done.stdout


def test_the_entrypoint_runs_the_command() -> None:
    variables = {"DATABASE_URL": "postgresql://signalbox@db/signalbox", "SECRET_KEY_FILE": "/run/secrets/secret_key"}
    done = subprocess.run((DOCKER / "entrypoint", "echo", "two words"), env=variables, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "two words\n")


def test_secrets_are_made_once_in_a_private_folder_and_cover_compose(tmp_path: Path) -> None:
    script = shutil.copy(DOCKER / "make-secrets", tmp_path)
    subprocess.run((script,), check=True, capture_output=True)
    folder = tmp_path / "secrets"
    first = {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()}
    subprocess.run((script,), check=True, capture_output=True)

    wanted = yaml.safe_load((DOCKER / "compose.yml").read_text(encoding="utf-8"))["secrets"]
    assert first.keys() == wanted.keys()
    assert {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()} == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert first["broker_configuration"].split() == ["requirepass", first["broker_password"].strip()]
