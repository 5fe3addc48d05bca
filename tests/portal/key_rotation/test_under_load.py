"""Ten thousand secrets are rotated while they are used, and while the rotation is killed again and again."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from subprocess import DEVNULL
from threading import Event, Thread
from uuid import UUID

import pytest
from django.db import connection

from portal.audit.models import AuditEvent
from portal.core.secrets.envelope import data_keys, seal
from portal.key_rotation.services import count_stale
from tenants.sign_ins.models import PersonalSignIn, place_of_refresh_token
from tests.live import ROOT, wait_for
from tests.portal.key_rotation.stored import KeyFiles, opened, store_tokens

SECRETS = 10_000
KILLS = 20
GOAL_SECONDS = 60.0

pytestmark = pytest.mark.django_db(transaction=True)
Tokens = Mapping[UUID, str]
COMMAND = [sys.executable, "manage.py", "rotate_keys"]


class Users:
    """Threads that open secrets, and one that stores new ones in place of others, as long as the rotation lasts."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.uses = self.changes = 0
        self.failures: list[str] = []
        self.over = Event()

    def use(self) -> None:
        chance = random.Random()
        names = list(self.tokens)
        while not self.over.is_set():
            wanted = chance.sample(names, 5)
            for row in PersonalSignIn.objects.filter(pk__in=wanted):
                data_keys.forget()
                try:
                    good = opened(row).removesuffix("+") == self.tokens[row.pk]
                except Exception as error:  # noqa: BLE001 - counted
                    good = False
                    self.failures.append(repr(error))
                self.uses += 1
                if not good:
                    self.failures.append(str(row.pk))
        connection.close()

    def change(self) -> None:
        """Store another token with the same beginning, as a new sign-in would."""
        chance = random.Random()
        names = list(self.tokens)
        while not self.over.is_set():
            row = PersonalSignIn.objects.get(pk=chance.choice(names))
            sealed = seal(f"{self.tokens[row.pk]}+".encode(), **place_of_refresh_token(row))
            PersonalSignIn.objects.filter(pk=row.pk).update(sealed_refresh_token=sealed)
            self.changes += 1
            time.sleep(0.002)  # people sign in less often than that
        connection.close()


@contextmanager
def at_work(tokens: Tokens) -> Iterator[Users]:
    users = Users(tokens)
    threads = [Thread(target=users.use) for _ in range(2)] + [Thread(target=users.change)]
    for thread in threads:
        thread.start()
    try:
        yield users
    finally:
        users.over.set()
        for thread in threads:
            thread.join(20)


def begin_rotation(keys: KeyFiles) -> "subprocess.Popen[bytes]":
    """Start a rotation and return when it has begun."""
    begun = AuditEvent.objects.filter(action="root_key.rotation_begun")
    before = begun.count()
    process = subprocess.Popen(COMMAND, cwd=ROOT, env=keys.environment(), stdout=DEVNULL, stderr=DEVNULL)
    wait_for(lambda: begun.count() > before or process.poll() is not None, what="a rotation")
    return process


def finish_rotation(keys: KeyFiles) -> float:
    """Rotate what is left and return how many seconds that took."""
    began = time.monotonic()
    done = subprocess.run(COMMAND, cwd=ROOT, env=keys.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def test_ten_thousand_secrets_in_use_lose_nothing_to_a_rotation_that_is_killed(keys: KeyFiles) -> None:
    tokens = store_tokens(SECRETS)
    keys.add("2")
    with at_work(tokens) as users:
        kills = 0
        for _ in range(KILLS):
            assert count_stale(), "too little was left for the rotation to be killed amid it"
            process = begin_rotation(keys)
            time.sleep(random.random() * 0.06)  # the moment of its death, whatever it does then
            kills += process.poll() is None
            process.kill()
            process.wait(10)
        left = count_stale()
        took = finish_rotation(keys)
    print(
        f"\n{SECRETS} secrets: rotation killed {kills} times, {SECRETS + 1 - left} sealed anew until then, the rest in "
        f"{took:.1f} s; {users.uses} uses and {users.changes} changes meanwhile, {len(users.failures)} failed"
    )
    assert users.failures == []
    assert users.uses > 100
    assert kills >= KILLS - 2
    assert count_stale() == 0
    (keys.folder / "1").unlink()
    changed = {row.pk: opened(row) for row in PersonalSignIn.objects.all()}
    assert [pk for pk, token in tokens.items() if changed[pk].removesuffix("+") != token] == []


def test_ten_thousand_secrets_are_rotated_within_a_minute(keys: KeyFiles) -> None:
    tokens = store_tokens(SECRETS)
    keys.add("2")
    with at_work(tokens) as users:
        took = finish_rotation(keys)
    print(f"\n{SECRETS} secrets rotated in {took:.1f} s; {users.uses} uses meanwhile, {len(users.failures)} failed")
    assert users.failures == []
    assert took <= GOAL_SECONDS
    assert count_stale() == 0
