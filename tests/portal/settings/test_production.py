"""A real installation passes Django's own deployment checks, and refuses to start when it cannot keep its promises."""

import base64
import os
import secrets
import subprocess
import sys

import pytest

from tests.live import ROOT


def manage(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
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
    words = [sys.executable, "manage.py", *command]
    return subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=60)


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    return manage("check", "--deploy", "--fail-level", "WARNING", **environment)


def test_passes_the_deployment_checks() -> None:
    done = check()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"O365CHINA_EXCHANGE_URL": "https://localhost:1"}, "signalbox.E002"),
        ({"ENCRYPTION_KEY": base64.b64encode(bytes(16)).decode()}, "signalbox.E001"),
        ({"LEASE_SECONDS": "90"}, "signalbox.W003"),
    ],
    ids=["base URL of a simulated cloud", "short encryption key", "connections that stay open too long"],
)
def test_refuses_to_start(environment: dict[str, str], says: str) -> None:
    done = check(**environment)
    assert done.returncode == 1
    assert says in done.stderr


def test_the_styleguide_is_absent() -> None:
    asked = "from django.urls import resolve; print(resolve('/search/').url_name); resolve('/styleguide/')"
    done = manage("shell", "--no-imports", "--command", asked)
    assert done.stdout.strip() == "search"
    assert "Resolver404" in done.stderr
