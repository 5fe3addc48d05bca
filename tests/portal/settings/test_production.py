"""A real installation passes Django's own deployment checks, and refuses to start when it cannot keep its promises."""

import base64
import os
import secrets
import subprocess
import sys

import pytest

from tests.live import ROOT


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": "postgresql://127.0.0.1:1/signalbox",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ALLOWED_HOSTS": "signalbox.example",
        **environment,
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=60)


def test_passes_the_deployment_checks() -> None:
    done = check()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"EXCHANGE_URL": "https://localhost:1"}, "signalbox.E002"),
        ({"ENCRYPTION_KEY": base64.b64encode(bytes(16)).decode()}, "signalbox.E001"),
    ],
    ids=["base URL of a simulated cloud", "short encryption key"],
)
def test_refuses_to_start(environment: dict[str, str], says: str) -> None:
    done = check(**environment)
    assert done.returncode == 1
    assert says in done.stderr
