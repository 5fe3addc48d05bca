"""Telling the other worker processes at once of gates and breakers that closed, over the database they all hold.

Claims and intents read the tables anyway. The news are for what goes out between them: tokens and openings.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime

import psycopg
import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from jobs.exchange.gates import gates
from jobs.throttling.decisions import Reason
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from jobs.throttling.pauses import pauses
from portal.core.errors import DATABASE_AWAY

log = structlog.get_logger(__name__)
CHANNEL = "signalbox_throttling"
_PATIENCE_SECONDS = 1.0


def tell_of_gates(seconds: Mapping[str, float]) -> None:
    """Let every process leave these organizations alone, by tenant id, once the present transaction commits."""
    for tenant_id, wait in seconds.items():
        _tell({"tenant": tenant_id, "seconds": wait})


def tell_of_pause(identity: str, since: datetime) -> None:
    """Let every process ask for no token as this identity, once the present transaction commits."""
    _tell({"identity": identity, "since": since.isoformat()})


def _tell(news: Mapping[str, str | float]) -> None:
    payload = json.dumps(news)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
    transaction.on_commit(lambda: take(payload))


def take(payload: str) -> None:
    """Heed one piece of news; twice is as good as once."""
    news = json.loads(payload)
    if "tenant" in news:
        gates.close(news["tenant"], news["seconds"])
    else:
        pauses.begin(news["identity"], datetime.fromisoformat(news["since"]))


def catch_up() -> None:
    """Heed all that is in force now."""
    closed = OrganizationGate.objects.filter(closed_until__gt=Now()).exclude(reason=Reason.FAILING).annotate(now=Now())
    for tenant_id, closed_until, now in closed.values_list("organization__tenant_id", "closed_until", "now"):
        if closed_until:
            gates.close(str(tenant_id), (closed_until - now).total_seconds())
    for breaker in IdentityBreaker.objects.filter(paused_at__isnull=False):
        if breaker.paused_at:
            pauses.begin(breaker.key, breaker.paused_at)


class Listener:
    """One thread of a worker process that hears the news; after the database was away it catches up."""

    def __init__(self) -> None:
        self._pause = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="throttling news", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                self._listen()
            except (*DATABASE_AWAY, psycopg.Error) as error:
                log.warning("throttling_news.interrupted", error=str(error))
            except Exception:
                log.exception("throttling_news.stumbled")
            finally:
                connection.close()
            self._pause.wait(_PATIENCE_SECONDS)

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        catch_up()
        for notification in connection.connection.notifies():
            take(notification.payload)


listener = Listener()
