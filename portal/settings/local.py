"""What `make up` left for other commands: the addresses and key files of the installation on this machine."""

import base64
import os
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT_FILE = BASE_DIR / ".data" / "environment"
NEEDED = ("SECRET_KEY", "ENCRYPTION_KEY", "DATABASE_URL", "REDIS_URL")


def load() -> None:
    """Complete the process's environment, so that `python manage.py …` works in a clone without further set-up.

    Values come from the file that `make up` writes. Before the first `make up` there is nothing to reach or to open:
    then commands that need neither database nor secrets still work.
    """
    if ENVIRONMENT_FILE.exists() and "DATABASE_URL" not in os.environ:
        for line in ENVIRONMENT_FILE.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            os.environ.setdefault(name, value)
    elif not any(name in os.environ or f"{name}_FILE" in os.environ for name in NEEDED):
        os.environ["SECRET_KEY"] = secrets.token_urlsafe()
        os.environ["ENCRYPTION_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
        os.environ["DATABASE_URL"] = "postgresql://127.0.0.1:1/not-started"
        os.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
