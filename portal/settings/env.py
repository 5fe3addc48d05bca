"""Typed readers for settings: every value comes from the environment, secrets also from a file named by `NAME_FILE`."""

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return the variable `name`; without a default its absence is an error."""
    value = os.environ.get(name, default)
    if value is None:
        msg = f"Set the environment variable {name}."
        raise ImproperlyConfigured(msg)
    return value


def integer(name: str, default: int) -> int:
    """Return the variable `name` as a whole number."""
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        msg = f"{name} must be a whole number, not {value!r}."
        raise ImproperlyConfigured(msg) from error


def names(name: str, default: str = "") -> list[str]:
    """Return the variable `name` as a list, separated by commas."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def secret(name: str) -> str:
    """Return a secret from the file named by `NAME_FILE`, or from the variable `name` itself."""
    if os.environ.get(f"{name}_FILE"):
        return _content(f"{name}_FILE")
    value = os.environ.get(name)
    if not value:
        msg = f"Set {name}_FILE to the path of a file that holds the secret."
        raise ImproperlyConfigured(msg)
    return value


def url(name: str) -> str:
    """Return a connection address; a password inside may come from the file named by `NAME_PASSWORD_FILE`."""
    address = text(name)
    if os.environ.get(f"{name}_PASSWORD_FILE"):
        parts = urlsplit(address)
        password = quote(_content(f"{name}_PASSWORD_FILE"), safe="")
        host = parts.netloc.rpartition("@")[2]
        address = parts._replace(netloc=f"{parts.username or ''}:{password}@{host}").geturl()
    return address


def database(address: str, *, pool_size: int) -> dict[str, object]:
    """Return Django's settings for a `postgresql://` address, with a pool of at most `pool_size` connections.

    No thread owns a connection: it is taken for one transaction and given back, so that a hundred threads that wait for
    Microsoft need only a few connections.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"}:
        msg = f"DATABASE_URL must start with postgresql://, not {parts.scheme}://."
        raise ImproperlyConfigured(msg)
    # After 5 s a lost server is asked for afresh by whoever needs it, instead of ever more rarely by the pool.
    pool = {"min_size": 1, "max_size": pool_size, "timeout": 3, "max_idle": 120, "reconnect_timeout": 5}
    limits = {"statement_timeout": "60s", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": pool,
            "connect_timeout": 5,
            "application_name": "signalbox",
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
    }


def _content(name: str) -> str:
    path = os.environ[name]
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        msg = f"{name} names {path}, which cannot be read: {error.strerror}."
        raise ImproperlyConfigured(msg) from error
