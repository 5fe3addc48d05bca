"""Health: alive says that the process answers, ready that it can do its work."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from redis import Redis, RedisError


@login_not_required
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process runs."""
    return JsonResponse({"live": True})


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, else 503; a broker that is away delays runs and is only reported."""
    database = _database_answers()
    return JsonResponse(
        {"ready": database, "database": database, "broker": broker_answers()}, status=200 if database else 503
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def broker_answers() -> bool:
    """Whether the broker takes messages now (waits half a second at most)."""
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5) as broker:
            return bool(broker.ping())
    except RedisError:
        return False
