import pytest

from portal.core.secrets import SecretUnreadable, seal, unseal

PLACE = {"table": "certificate", "row": "7", "column": "key"}


def test_a_sealed_secret_opens_at_its_own_place() -> None:
    assert unseal(seal(b"private", **PLACE), **PLACE) == b"private"


@pytest.mark.parametrize("elsewhere", [{"row": "8"}, {"column": "other"}, {"table": "other"}])
def test_a_sealed_secret_copied_to_another_place_does_not_open(elsewhere: dict[str, str]) -> None:
    with pytest.raises(SecretUnreadable):
        unseal(seal(b"private", **PLACE), **{**PLACE, **elsewhere})


def test_altered_bytes_do_not_open() -> None:
    sealed = bytearray(seal(b"private", **PLACE))
    sealed[-1] ^= 1
    with pytest.raises(SecretUnreadable):
        unseal(bytes(sealed), **PLACE)


def test_the_same_secret_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(b"private", **PLACE) != seal(b"private", **PLACE)
