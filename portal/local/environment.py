"""The environment that Signalbox's processes get on one machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.local.secret_files import SecretFiles

# They would send calls to the simulated cloud through a proxy, or have them checked against another authority.
REMOVED = frozenset(
    {
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    }
)


METADATA_HOST = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
"""The variable that leads Microsoft's own libraries to another metadata service than 169.254.169.254."""


@dataclass(frozen=True)
class Sandbox:
    """A running simulated cloud: its address, those of each environment, its certificate authority, its process id.

    `managed_identity_url` is where the machine's metadata service answers; empty without one.
    """

    url: str
    clouds: Mapping[str, Mapping[str, str | list[str]]]
    ca_file: Path
    pid: int
    managed_identity_url: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """What a process needs to reach it instead of Microsoft: O365DEFAULT_LOGIN_URL and its like, and more."""
        addresses = {
            f"{cloud}_{name}".upper(): value if isinstance(value, str) else ",".join(value)
            for cloud, named in self.clouds.items()
            for name, value in named.items()
        }
        if self.managed_identity_url:
            addresses[METADATA_HOST] = self.managed_identity_url
        return addresses | {"MICROSOFT_CA_FILE": str(self.ca_file), "SANDBOX_URL": self.url}


def read_sandbox(folder: Path) -> Sandbox | None:
    """What the simulated cloud wrote into `folder/ready.json` when it began to accept connections, or None."""
    try:
        written = json.loads((folder / "ready.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    address = written.get("managed_identity_url", "")
    return Sandbox(written["url"], written["clouds"], Path(written["ca_file"]), written["pid"], address)


def cleaned(inherited: Mapping[str, str]) -> dict[str, str]:
    """The inherited environment without proxies and foreign certificate authorities."""
    return {name: value for name, value in inherited.items() if name not in REMOVED}


def compose(
    inherited: Mapping[str, str],
    *,
    data: Path,
    database_url: str,
    redis_url: str,
    secret_files: SecretFiles,
    port: int = 8000,
    worker_threads: int = 100,
    sandbox: Sandbox | None = None,
) -> dict[str, str]:
    """The environment of the web server, workers, scheduler and management commands.

    Their files go to `data`. Without `sandbox` no address of Microsoft's cloud is set (migrations need none).
    """
    environment = cleaned(inherited) | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "portal.settings.dev",
        "SECRET_KEY_FILE": str(secret_files.secret_key),
        "ENCRYPTION_KEY_FILE": str(secret_files.encryption_key),
        "DATA_DIR": str(data),
        "EXPORT_DIR": str(data / "exports"),
        "SCHEDULE_FILE": str(data / "celerybeat-schedule"),
        "PORT": str(port),
        "GRANIAN_HOST": "127.0.0.1",
        "WORKER_THREADS": str(worker_threads),
        "PYTHONUNBUFFERED": "1",
    }
    if sandbox is not None:
        environment |= sandbox.variables
    return environment


KEPT = (
    "DATABASE_URL",
    "REDIS_URL",
    "DJANGO_SETTINGS_MODULE",
    "SECRET_KEY_FILE",
    "ENCRYPTION_KEY_FILE",
    "DATA_DIR",
    "EXPORT_DIR",
    "SANDBOX_URL",
    "MICROSOFT_CA_FILE",
    METADATA_HOST,
)


def keep(path: Path, environment: Mapping[str, str]) -> None:
    """Write what `python manage.py …` in another terminal needs to `path`, one NAME=VALUE a line, mode 0600."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    kept = [name for name in environment if name in KEPT or name.startswith("O365")]
    fresh.write_text("".join(f"{name}={environment[name]}\n" for name in kept), encoding="utf-8")
    fresh.rename(path)
