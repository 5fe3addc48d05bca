"""No process starts without root keys that open what is stored, and each says what to do (F27)."""

import base64
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from portal.core.secrets.start import require_keys
from portal.local.commands import argv, manage
from tests.factories import make_app_registration
from tests.live import ROOT
from tests.portal.key_rotation.stored import KeyFiles, store_tokens


def random_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def keys(tmp_path: Path, settings: Settings) -> KeyFiles:
    folder = tmp_path / "keys"
    folder.mkdir()
    made = KeyFiles(folder, settings)
    made.add("1")
    made.use(folder)
    return made


def started(name: str, keys: KeyFiles) -> subprocess.CompletedProcess[str]:
    variables = {**keys.environment(), "PORT": "0", "SCHEDULE_FILE": str(keys.folder.parent / "schedule")}
    command = manage("rqworker", "exports", "--burst") if name == "rq-worker" else argv(name, variables)
    if name == "web":  # the web server starts its application again and again; this is how it loads it
        command = (sys.executable, "-c", "import portal.wsgi")
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=60)


PROCESSES = ["web", "worker", "worker-system", "rq-worker", "scheduler"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", PROCESSES)
def test_with_another_key_than_the_one_that_sealed_nothing_starts(keys: KeyFiles, name: str) -> None:
    store_tokens(2)
    (keys.folder / "1").unlink()
    keys.add("2")
    done = started(name, keys)
    assert done.returncode != 0
    said = done.stderr + done.stdout
    assert "2 secrets in personal_sign_in.sealed_refresh_token need the root key file:" in said
    assert "Put that key back" in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", PROCESSES)
def test_without_a_key_nothing_starts(keys: KeyFiles, name: str) -> None:
    (keys.folder / "1").unlink()
    keys.use(keys.folder / "1")
    done = started(name, keys)
    assert done.returncode != 0
    assert "cannot be read: No such file or directory. Put the key back" in done.stderr + done.stdout


@pytest.mark.django_db
def test_what_the_first_version_sealed_must_open_too(settings: Settings) -> None:
    store_tokens(3, in_version_1=True)
    require_keys()
    settings.ENCRYPTION_KEY = random_key()
    with pytest.raises(ImproperlyConfigured, match="Put back the key that sealed them"):
        require_keys()


@pytest.mark.django_db
def test_one_damaged_secret_keeps_nobody_from_starting() -> None:
    tokens = store_tokens(3, in_version_1=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE personal_sign_in SET sealed_refresh_token = '\\x01ff' WHERE id = %s", [next(iter(tokens))]
        )
    require_keys()


@pytest.mark.django_db
def test_an_earlier_key_beside_the_current_one_is_enough(keys: KeyFiles) -> None:
    make_app_registration()
    keys.add("2")
    require_keys()


SECRET_KEY = base64.urlsafe_b64encode(hashlib.sha384(b"any").digest()).decode()


@pytest.mark.parametrize(
    "made",
    [
        SECRET_KEY.encode()[:32],
        hashlib.sha256(SECRET_KEY.encode()).digest(),
        hashlib.sha512(SECRET_KEY.encode()).digest()[:32],
        hashlib.md5(SECRET_KEY.encode()).hexdigest().encode(),  # noqa: S324 - what people do
        hashlib.pbkdf2_hmac("sha256", SECRET_KEY.encode(), b"salt", 1000, 32),
        base64.urlsafe_b64decode(SECRET_KEY)[:32],
        hashlib.sha256(b"signalbox" + SECRET_KEY.encode()).digest(),
    ],
    ids=["its beginning", "SHA-256", "SHA-512", "MD5", "PBKDF2", "decoded", "salted"],
)
def test_a_key_made_from_the_secret_key_is_refused(settings: Settings, made: bytes) -> None:
    settings.SECRET_KEY = SECRET_KEY
    settings.ENCRYPTION_KEY = base64.b64encode(made).decode()
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY or made from it"):
        require_keys()


@pytest.mark.parametrize("wrong", ["!", base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(32)).decode()])
def test_a_key_that_is_none_is_refused_with_what_to_do(settings: Settings, wrong: str) -> None:
    settings.ENCRYPTION_KEY = wrong
    with pytest.raises(ImproperlyConfigured, match="Make one with: head -c 32 /dev/urandom"):
        require_keys()


def test_a_place_that_is_not_configured_cannot_seal(settings: Settings) -> None:
    settings.ROOT_KEYS = "azure"
    with pytest.raises(ImproperlyConfigured, match=r"not configured\. Configured are: file"):
        require_keys()
