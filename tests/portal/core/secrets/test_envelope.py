"""A sealed secret opens at its own place with its own root key, and nowhere else."""

import random
from collections.abc import Callable
from uuid import uuid4

import pytest

from portal.core.secrets.envelope import data_keys, seal, unseal
from portal.core.secrets.errors import SecretUnreadable
from portal.core.secrets.places import Place, canonical
from portal.core.secrets.root_keys.key_ring import key_ring
from portal.core.secrets.stored import Stored

PLACE: Place = {
    "table": "certificate",
    "column": "sealed_private_key",
    "row": "7",
    "purpose": "credential",
    "organization": "3750b40b-a68b-4632-9fb3-5b1aff664079",
    "version": 3,
}


def test_opens_at_its_own_place() -> None:
    assert unseal(seal(b"private", **PLACE), **PLACE).reveal() == b"private"
    assert unseal(seal(b"", table="t", column="c", row=1), table="t", column="c", row=1).reveal() == b""


def test_says_how_and_with_which_key_it_was_sealed() -> None:
    sealed = seal(b"private", **PLACE)
    stored = Stored.from_bytes(sealed)
    assert sealed[:2] == b"\x02\x01"
    assert stored.key_id == key_ring().current()
    assert stored.to_bytes() == sealed
    assert b"private" not in sealed


def test_every_secret_has_a_data_key_and_a_nonce_of_its_own() -> None:
    stored = [Stored.from_bytes(seal(b"private", **PLACE)) for _ in range(50)]
    assert len({(each.wrapped_key) for each in stored}) == len({each.nonce for each in stored}) == 50
    keys = {key_ring().unwrap(each.key_id, each.wrapped_key) for each in stored}
    assert len(keys) == 50


def test_no_two_places_are_encoded_alike() -> None:
    assert canonical(["ab", "c"]) != canonical(["a", "bc"])
    assert canonical(["", None]) != canonical([None, ""])
    assert canonical(["a"]) != canonical(["a", ""])


Move = Callable[[Place, bytes], tuple[Place, bytes]]


def elsewhere(**changes: object) -> Move:
    return lambda place, sealed: ({**place, **changes}, sealed)  # type: ignore[typeddict-item]


def without(name: str) -> Move:
    return lambda place, sealed: ({key: value for key, value in place.items() if key != name}, sealed)  # type: ignore[return-value]


def with_a_bit_flipped(place: Place, sealed: bytes) -> tuple[Place, bytes]:
    at = random.randrange(len(sealed) * 8)
    flipped = bytearray(sealed)
    flipped[at // 8] ^= 1 << at % 8
    return place, bytes(flipped)


def cut_off(place: Place, sealed: bytes) -> tuple[Place, bytes]:
    return place, sealed[: random.randrange(len(sealed))]


def lengthened(place: Place, sealed: bytes) -> tuple[Place, bytes]:
    return place, sealed + random.randbytes(1)


def with_the_data_key_of_another(place: Place, sealed: bytes) -> tuple[Place, bytes]:
    mine, theirs = Stored.from_bytes(sealed), Stored.from_bytes(seal(b"theirs", **place))
    return place, Stored(mine.key_id, theirs.wrapped_key, mine.nonce, mine.ciphertext).to_bytes()


MOVES: list[Move] = [
    lambda place, sealed: ({**place, "row": str(uuid4())}, sealed),
    elsewhere(row="8"),
    elsewhere(column="sealed_refresh_token"),
    elsewhere(table="partner_sign_in"),
    elsewhere(purpose="cmdlet parameter"),
    elsewhere(organization="52eaad04-0000-4000-8000-000000000001"),
    elsewhere(version=2),
    elsewhere(version="30"),
    without("organization"),
    without("version"),
    cut_off,
    lengthened,
    with_the_data_key_of_another,
    *[with_a_bit_flipped] * 12,
]


@pytest.mark.parametrize("remembered", [True, False], ids=["data keys remembered", "data keys forgotten"])
def test_none_of_a_thousand_moved_or_altered_ciphertexts_opens(remembered: bool) -> None:
    tried = opened = 0
    for _ in range(40):
        secret = random.randbytes(random.choice([0, 1, 32, 1200]))
        place: Place = {**PLACE, "row": str(uuid4()), "version": 3}
        sealed = seal(secret, **place)
        assert unseal(sealed, **place).reveal() == secret
        for move in MOVES:
            if not remembered:
                data_keys.forget()
            there, altered = move(place, sealed)
            tried += 1
            try:
                unseal(altered, **there)
                opened += 1
            except SecretUnreadable:
                pass
    print(f"\nciphertexts moved, cut or with one bit flipped: {tried} tried, {opened} opened")
    assert tried >= 1000
    assert opened == 0
