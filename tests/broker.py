"""The broker of a test: empty, or away."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django import Settings
from redis import Redis

from portal.celery import app
from tests.live import closed_port


@pytest.fixture
def broker() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
        yield broker
        broker.flushdb()


@pytest.fixture
def no_broker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before, settings.REDIS_URL = settings.REDIS_URL, f"redis://127.0.0.1:{closed_port()}/0"
    app.conf.update(broker_url=settings.REDIS_URL)
    # The Celery application makes its pools of connections anew, and gets the present ones back afterwards.
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    yield
    app.conf.update(broker_url=before)
