"""Secrets of this machine's installation: random, made once, readable by the owner alone."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SecretFiles:
    """The files that Django's settings read through `SECRET_KEY_FILE` and `ENCRYPTION_KEY_FILE`."""

    secret_key: Path
    encryption_key: Path


def ensure(folder: Path) -> SecretFiles:
    """Make the two keys that are missing in `folder` and return where both are."""
    files = SecretFiles(folder / "secret_key", folder / "encryption_key")
    keep(files.secret_key, secrets.token_urlsafe(64))
    keep(files.encryption_key, base64.b64encode(secrets.token_bytes(32)).decode())
    return files


def password(path: Path) -> str:
    """The password kept in `path`, made now if there is none; safe inside a URL."""
    keep(path, secrets.token_hex(24))
    return path.read_text(encoding="ascii").strip()


def keep(path: Path, value: str) -> None:
    """Write `value` to `path` (mode 0600, folder 0700) unless the file exists; never leaves a half-written file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value + "\n")
    fresh.rename(path)
