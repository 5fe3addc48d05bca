"""What the broker says of its queues; it is given half a second."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from redis import Redis, RedisError

PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class BrokerAnswer:
    """How many messages wait by queue, and the seconds that the answer took; `lengths` is None without an answer."""

    lengths: dict[str, int] | None
    seconds: float


def ask_broker(queues: Sequence[str]) -> BrokerAnswer:
    """Ask how many messages wait in `queues`, in one round trip."""
    began = time.monotonic()
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS
        ) as broker:
            with broker.pipeline(transaction=False) as asked:
                for queue in queues:
                    asked.llen(_key(queue))
                lengths: list[int] = asked.execute()
    except RedisError:
        return BrokerAnswer(None, time.monotonic() - began)
    return BrokerAnswer(dict(zip(queues, lengths, strict=True)), time.monotonic() - began)


def _key(queue: str) -> str:
    """Return under which key the queue lies: RQ's have a prefix."""
    return f"rq:queue:{queue}" if queue in settings.RQ_QUEUES else queue
