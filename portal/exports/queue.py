"""The bell of the export worker: the database owns the exports, a lost ring is rung again by the sweeper."""

from collections.abc import Iterable
from typing import Any

import structlog
from django.conf import settings
from redis import Redis, RedisError
from rq import Queue

from portal.exports.models import Export

log = structlog.get_logger(__name__)
NAME = "exports"
MAKE = "portal.exports.tasks.make_export"


def ring(exports: Iterable[Export]) -> bool:
    """Put every export into the queue that is not in it yet; returns whether the broker took them."""
    options: dict[str, Any] = settings.RQ_QUEUES[NAME]
    try:
        with Redis.from_url(options["URL"], socket_connect_timeout=2, socket_timeout=5) as broker:
            queue = Queue(NAME, connection=broker, default_timeout=options.get("DEFAULT_TIMEOUT"))
            waiting = set(queue.job_ids)
            for export in exports:
                job_id = f"{export.pk}-{export.attempt}"
                if job_id not in waiting:
                    queue.enqueue(MAKE, kwargs={"export_id": str(export.pk)}, job_id=job_id)
    except RedisError as error:
        log.warning("broker.unreachable", queue=NAME, error=str(error))
        return False
    return True
