"""Every worker process hears at once of gates and pauses."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from threading import Thread

import psycopg
import pytest
from django.db import Error, connection
from django.utils import timezone

from jobs.exchange.gates import gates
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from jobs.throttling.news import CHANNEL, Listener, catch_up
from jobs.throttling.pauses import pauses
from tests.factories import make_organizations
from tests.live import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
TENANT = "3750b40b-a68b-4632-9fb3-5b1aff664079"


@pytest.fixture
def listening() -> Iterator[None]:
    """Listen as a worker process does."""
    backends: list[int] = []

    def listen() -> None:
        connection.ensure_connection()
        backends.append(connection.connection.info.backend_pid)
        with suppress(Error, psycopg.Error):
            Listener()._listen()
        connection.close()

    thread = Thread(target=listen)
    thread.start()
    wait_for(lambda: backends, what="the listener")
    yield
    asked(f"SELECT pg_terminate_backend({backends[0]})")
    thread.join(20)
    assert not thread.is_alive()


def asked(statement: str, *values: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        [found] = cursor.fetchone()
        return found


def tell(**news: object) -> object:
    """As another process tells it; before anybody listens, nobody hears it."""
    return asked("SELECT pg_notify(%s, %s)::text", CHANNEL, json.dumps(news))


@pytest.mark.usefixtures("listening")
def test_a_gate_that_another_process_closed_holds_here_as_long() -> None:
    wait_for(lambda: tell(tenant=TENANT, seconds=43) is None or gates.seconds_left(TENANT), what="the news")
    assert gates.seconds_left(TENANT) == pytest.approx(43, abs=5)


@pytest.mark.usefixtures("listening")
def test_a_pause_that_another_process_began_holds_here() -> None:
    now = timezone.now()
    before = now - timedelta(seconds=1)
    news = {"identity": "application", "since": now.isoformat()}
    wait_for(lambda: tell(**news) is None or pauses.holds_back("application", before), what="the news")


def test_whoever_begins_to_listen_catches_up_with_what_is_in_force() -> None:
    now = timezone.now()
    closed, opened, failing = make_organizations(3)
    for organization, seconds, reason in ((closed, 43, "asked"), (opened, -1, "asked"), (failing, 43, "failing")):
        until = now + timedelta(seconds=seconds)
        OrganizationGate.objects.create(organization=organization, closed_until=until, reason=reason, changed_at=now)
    IdentityBreaker.objects.create(key="application", name="x", opened_at=now, paused_at=now, changed_at=now)
    catch_up()
    left = [gates.seconds_left(str(each.tenant_id)) for each in (closed, opened, failing)]
    assert left == [pytest.approx(43, abs=5), 0, 0]
    assert pauses.holds_back("application", now - timedelta(seconds=1))
