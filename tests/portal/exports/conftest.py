"""A folder for files, an RQ worker in this process, and exports of organizations."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import django_rq
import pytest
from django.conf import settings
from pytest_django import Settings
from redis import Redis
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.exports.making import make_export
from portal.exports.models import Export, ExportFormat
from portal.exports.services import request_export

Ask = Callable[..., Export]
Work = Callable[[], None]


class BurstWorker(SimpleWorker):
    """RQ's own worker in this process, without alarms that would silence those of the tests."""

    death_penalty_class = TimerDeathPenalty


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.EXPORT_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture
def work() -> Iterator[Work]:
    """Return a function that lets an RQ worker do everything that is queued."""
    empty()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def go() -> None:
        django_rq.get_worker("exports", worker_class=f"{__name__}.BurstWorker").work(burst=True, logging_level="ERROR")

    yield go
    for number, handler in handlers.items():
        signal.signal(number, handler)
    empty()


def empty() -> None:
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()


@pytest.fixture
def ask(technician: User) -> Ask:
    """Return a function with which the technician, or somebody else, asks for an export of organizations."""

    def go(person: User = technician, *, listing: str = "organizations", query: str = "", **values: object) -> Export:
        file_format = ExportFormat(str(values.pop("format", "csv")))
        actor = person.as_actor(Source.WEB)
        of_id = str(values.pop("of", ""))
        return request_export(actor=actor, listing=listing, of_id=of_id, query=query, file_format=file_format)

    return go


@pytest.fixture
def made(ask: Ask) -> Ask:
    """Return a function that asks for an export and makes it at once."""

    def go(*arguments: User, **values: object) -> Export:
        export = ask(*arguments, **values)
        make_export(export_id=export.pk)
        export.refresh_from_db()
        return export

    return go


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()
