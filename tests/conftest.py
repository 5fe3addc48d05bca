"""Fixtures that every test may use."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.test import Client

from jobs.exchange.gates import gates
from jobs.throttling.pauses import pauses
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.web.access import STEPPED_UP_AT
from portal.core.actors import Actor, Source
from tests.factories import ADMINISTRATOR, make_person

pytest_plugins = ["tests.live", "tests.engine", "tests.broker", "tests.browser"]

# A busy machine is slow at times; a failing example prints what reproduces it.
hypothesis.settings.register_profile("signalbox", deadline=None, print_blob=True)
hypothesis.settings.load_profile("signalbox")

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let pytest empty the audit trail between tests, which the product's database refuses."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_never_emptied")


@pytest.fixture(autouse=True)
def _no_network_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            message = f"A test tried to reach {address[0]}."
            raise AssertionError(message)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _nobody_asks_to_be_left_alone() -> None:
    """Forget what an earlier test was told."""
    gates.forget()
    pauses.forget()


@pytest.fixture
def technician(db: None) -> User:
    return make_person(Role.SENIOR_TECHNICIAN)


@pytest.fixture
def administrator(db: None) -> User:
    return make_person(*ADMINISTRATOR)


@pytest.fixture
def auditor(db: None) -> User:
    return make_person(Role.AUDITOR)


@pytest.fixture
def approver(db: None) -> User:
    return make_person(Role.APPROVER)


@pytest.fixture
def acting() -> Callable[[User], Actor]:
    """Return a person as the actor of a service call."""
    return lambda user: replace(user.as_actor(Source.WEB), stepped_up_at=datetime.now(UTC))


@pytest.fixture
def signed_in(db: None) -> Callable[[User], Client]:
    """Return a browser that is signed in as a person who proved just now to be there."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        session = client.session
        session[STEPPED_UP_AT] = time.time()
        session.save()
        return client

    return sign_in
