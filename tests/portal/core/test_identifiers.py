"""Identifiers sort by the time of their making."""

import time
from uuid import RFC_4122

import pytest

from portal.core.identifiers import uuid7


def test_are_version_7_and_never_the_same() -> None:
    made = [uuid7() for _ in range(1000)]
    assert {(identifier.version, identifier.variant) for identifier in made} == {(7, RFC_4122)}
    assert len(set(made)) == 1000


@pytest.mark.parametrize("nanoseconds", [1_000_000, 1_000], ids=["a millisecond", "a microsecond"])
def test_sort_by_the_time_of_their_making(monkeypatch: pytest.MonkeyPatch, nanoseconds: int) -> None:
    now = time.time_ns()
    made = []
    for step in range(2000):
        monkeypatch.setattr(time, "time_ns", lambda at=now + step * nanoseconds: at)
        made.append(uuid7())
    assert made == sorted(made)
    assert [str(identifier) for identifier in made] == sorted(map(str, made))


def test_hold_the_time_of_their_making() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7().int >> 80
    assert before <= made <= time.time_ns() // 1_000_000
