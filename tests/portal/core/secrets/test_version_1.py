"""What the first version sealed opens as before, in its own place only, and is still recognised by its fingerprint."""

import base64
import os

import pytest
from pytest_django import Settings

from portal.core.secrets.envelope import unseal
from portal.core.secrets.errors import SecretUnreadable
from portal.core.secrets.fingerprints import fingerprint, is_fingerprint
from portal.core.secrets.places import Place
from tests.portal.core.secrets import version_1

OLD = {"table": "certificate", "row": "7", "column": "key"}
PLACE: Place = {"table": "certificate", "row": "7", "column": "key", "organization": "x", "version": 2}


def test_opens_although_it_is_bound_to_less() -> None:
    assert unseal(version_1.seal(b"private", **OLD), **PLACE).reveal() == b"private"


@pytest.mark.parametrize("changes", [{"row": "8"}, {"column": "other"}, {"table": "other"}])
def test_does_not_open_elsewhere(changes: dict[str, str]) -> None:
    with pytest.raises(SecretUnreadable):
        unseal(version_1.seal(b"private", **{**OLD, **changes}), **PLACE)


def test_altered_bytes_do_not_open() -> None:
    sealed = version_1.seal(b"private", **OLD)
    with pytest.raises(SecretUnreadable):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), **PLACE)


def test_does_not_open_with_another_key(settings: Settings) -> None:
    sealed = version_1.seal(b"private", **OLD)
    settings.ENCRYPTION_KEY = base64.b64encode(os.urandom(32)).decode()
    with pytest.raises(SecretUnreadable):
        unseal(sealed, **PLACE)


@pytest.mark.django_db
def test_a_plan_that_was_made_before_keeps_its_fingerprint() -> None:
    earlier = version_1.fingerprint(b"word", **OLD)
    assert earlier != fingerprint(b"word", **PLACE)
    assert is_fingerprint(earlier, b"word", **PLACE)
    assert not is_fingerprint(earlier, b"Word", **PLACE)
