"""The environment that Signalbox's processes get on one machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

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
ADDRESSES = ("MICROSOFT_LOGIN_URL", "MICROSOFT_GRAPH_URL", "PARTNER_CENTER_URL", "EXCHANGE_URL", "COMPLIANCE_URL")


@dataclass(frozen=True)
class Sandbox:
    """A running simulated cloud: its addresses, the file of its certificate authority, its process id."""

    url: str
    regional_url: str
    ca_file: Path
    pid: int

    @property
    def hosts(self) -> tuple[str, str]:
        """Where it answers, as `host:port`: the front door and the regional host that it redirects to."""
        return urlsplit(self.url).netloc, urlsplit(self.regional_url).netloc


def read_sandbox(folder: Path) -> Sandbox | None:
    """What the simulated cloud wrote into `folder/ready.json` when it began to accept connections, or None."""
    try:
        written = json.loads((folder / "ready.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Sandbox(written["url"], written["regional_url"], Path(written["ca_file"]), written["pid"])


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
        environment |= dict.fromkeys((*ADDRESSES, "SANDBOX_URL"), sandbox.url)
        environment["EXCHANGE_REDIRECT_HOSTS"] = ",".join(sandbox.hosts)
        environment["MICROSOFT_CA_FILE"] = str(sandbox.ca_file)
    return environment


KEPT = (
    "DATABASE_URL",
    "REDIS_URL",
    "DJANGO_SETTINGS_MODULE",
    "SECRET_KEY_FILE",
    "ENCRYPTION_KEY_FILE",
    "DATA_DIR",
    "EXPORT_DIR",
    *ADDRESSES,
    "SANDBOX_URL",
    "EXCHANGE_REDIRECT_HOSTS",
    "MICROSOFT_CA_FILE",
)


def keep(path: Path, environment: Mapping[str, str]) -> None:
    """Write what `python manage.py …` in another terminal needs to `path`, one NAME=VALUE a line, mode 0600."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"{name}={environment[name]}\n" for name in KEPT if name in environment), encoding="utf-8")
    fresh.rename(path)
