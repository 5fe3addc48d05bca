"""Fingerprints tell two secrets apart, and tell nothing of either without the key."""

import base64
import hashlib
import os
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from portal.core.secrets.fingerprints import fingerprint, is_fingerprint, purpose_key
from portal.core.secrets.models import PurposeKey
from portal.core.secrets.places import Place
from portal.core.secrets.root_keys.derivations import is_derived_from

PLACE: Place = {"table": "run", "row": "7", "column": "Password"}
pytestmark = pytest.mark.django_db


def test_is_the_same_in_the_same_place_and_differs_elsewhere() -> None:
    assert fingerprint(b"word", **PLACE) == fingerprint(b"word", **PLACE)
    elsewhere = [fingerprint(b"word", table="run", row=row, column="Password") for row in ("8", "77")]
    assert len({fingerprint(b"word", **PLACE), fingerprint(b"word2", **PLACE), *elsewhere}) == 4
    assert is_fingerprint(fingerprint(b"word", **PLACE), b"word", **PLACE)


def test_needs_the_key_that_no_dump_holds() -> None:
    assert hashlib.sha256(b"word").hexdigest()[:16] != fingerprint(b"word", **PLACE)
    before = fingerprint(b"word", **PLACE)
    PurposeKey.objects.all().delete()
    assert fingerprint(b"word", **PLACE) != before


def test_outlives_the_root_key(settings: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_text(base64.b64encode(os.urandom(32)).decode())
    settings.ENCRYPTION_KEY_FILES, settings.ENCRYPTION_KEY = [str(first)], ""
    before = fingerprint(b"word", **PLACE)
    second.write_text(base64.b64encode(os.urandom(32)).decode())
    settings.ENCRYPTION_KEY_FILES = [str(first), str(second)]
    assert fingerprint(b"word", **PLACE) == before


@pytest.mark.django_db(transaction=True)
def test_a_key_whose_making_was_rolled_back_is_remembered_by_nobody() -> None:
    with transaction.atomic():
        before = fingerprint(b"word", **PLACE)
        transaction.set_rollback(True)
    assert not PurposeKey.objects.exists()
    after = fingerprint(b"word", **PLACE)
    assert after not in (before, "")
    assert fingerprint(b"word", **PLACE) == after


def test_the_key_comes_from_no_other_key(settings: Settings) -> None:
    key = purpose_key("fingerprint").reveal()
    assert len(key) == 32
    assert not is_derived_from(settings.SECRET_KEY, key)
    assert not is_derived_from(settings.ENCRYPTION_KEY, key)
