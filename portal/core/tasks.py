"""The doorbell: tasks are enqueued by name, with ids only, after the change that needs them is committed."""

import structlog
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from portal.celery import app

log = structlog.get_logger(__name__)


def enqueue(name: str, **ids: str) -> None:
    """Ring for the task `name` once the present transaction commits; a broker that is down is logged, never fatal.

    The database owns the work: the sweeper rings again for whatever is due, so a lost ring loses nothing.
    """
    transaction.on_commit(lambda: ring(name, **ids))


def ring(name: str, **ids: str) -> bool:
    """Send the message now; returns whether the broker took it."""
    try:
        app.send_task(name, kwargs=ids, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("broker.unreachable", task=name, error=str(error), **ids)
        return False
    return True


def ring_in_queue(queue: str, name: str, /, **ids: str) -> bool:
    """Send the message to `queue`, wherever the task otherwise goes; returns whether the broker took it."""
    try:
        app.send_task(name, kwargs=ids, queue=queue, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("broker.unreachable", task=name, queue=queue, error=str(error))
        return False
    return True


def ring_often(name: str, number: int) -> bool:
    """Send `number` messages over one connection; returns whether the broker took them all."""
    try:
        with app.producer_or_acquire() as producer:
            for _ in range(number):
                app.send_task(name, producer=producer, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("broker.unreachable", task=name, error=str(error))
        return False
    return True


def queue_length(queue: str) -> int:
    """Return how many messages wait in `queue`; 0 when the broker cannot be asked."""
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as broker:
            return int(broker.llen(queue))
    except RedisError:
        return 0
