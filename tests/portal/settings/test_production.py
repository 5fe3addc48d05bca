"""A real installation passes Django's own deployment checks, and refuses to start when it cannot keep its promises."""

import base64
import json
import os
import secrets
import subprocess
import sys

import pytest

from tests.live import ROOT

SHARED = base64.b64encode(bytes(32)).decode()


def manage(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": "postgresql://127.0.0.1:1/signalbox",
        "REDIS_URL": "redis://:password@127.0.0.1:1/0",
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
        ({"ENCRYPTION_KEY": SHARED, "SECRET_KEY": SHARED}, "signalbox.E001"),
        ({"LEASE_SECONDS": "90"}, "signalbox.W003"),
        ({"ALLOWED_HOSTS": "*"}, "signalbox.E011"),
        ({"ALLOWED_HOSTS": ".example"}, "signalbox.E011"),
        ({"ALLOWED_HOSTS": ""}, "signalbox.E011"),
        ({"CSRF_TRUSTED_ORIGINS": "https://*.example"}, "signalbox.E012"),
        ({"SECRET_KEY": "abcdefghijklmnopqrstuvwxyz"}, "signalbox.E013"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "signalbox.E014"),
    ],
    ids=[
        "base URL of a simulated cloud",
        "short encryption key",
        "one key for everything",
        "connections that stay open too long",
        "any host",
        "any host of a domain",
        "no host",
        "origins by pattern",
        "short secret key",
        "broker without a password",
    ],
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


EXPECTED = {
    "DEBUG": False,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "SECURE_REFERRER_POLICY": "same-origin",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    "SECURE_PROXY_SSL_HEADER": None,
    "USE_X_FORWARDED_HOST": False,
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_DOMAIN": None,
    "SESSION_SERIALIZER": "django.contrib.sessions.serializers.JSONSerializer",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_SAMESITE": "Lax",
    "CSRF_COOKIE_DOMAIN": None,
    "CSRF_TRUSTED_ORIGINS": [],
    "X_FRAME_OPTIONS": "DENY",
    "SILENCED_SYSTEM_CHECKS": [],
    "DATA_UPLOAD_MAX_MEMORY_SIZE": 2_500_000,
    "FILE_UPLOAD_MAX_MEMORY_SIZE": 1_000_000,
    "CELERY.accept_content": ["json"],
    "CELERY.task_serializer": "json",
    "CELERY.worker_enable_remote_control": False,
    "CELERY.worker_send_task_events": False,
    "CELERY.task_ignore_result": True,
    "CELERY.result_backend": None,
    "CELERY.broker_connection_retry_on_startup": True,
}


def test_every_line_of_the_settings_checklist_holds() -> None:
    asked = f"""
import json
from django.conf import settings
names = {list(EXPECTED)!r}
value = lambda n: settings.CELERY[n[7:]] if n.startswith("CELERY.") else getattr(settings, n)
options = settings.DATABASES["default"]["OPTIONS"]["options"]
print(json.dumps([{{n: value(n) for n in names}}, options, settings.PASSWORD_HASHERS]))
"""
    done = manage("shell", "--no-imports", "--command", asked)
    values, options, hashers = json.loads(done.stdout.strip())
    assert values == EXPECTED
    assert all(name in options for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"))
    assert hashers == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
