"""Container health: `python docker/healthcheck.py web` or `… broker`; status 0 is healthy.

`web`: the page server says that it is ready. `broker`: this container, besides this check, has a connection to the
broker that waits for messages or was used within the last minute, as every worker and the scheduler have.
"""

import http.client
import os
import sys
from pathlib import Path

import redis

SECONDS = 60


def web() -> bool:
    """Whether GET /health/ready answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=4)
    connection.request("GET", "/health/ready", headers={"Host": "localhost"})
    return connection.getresponse().status == http.HTTPStatus.OK


def broker() -> bool:
    """Whether another connection of this container to the broker is alive."""
    options = {}
    if path := os.environ.get("REDIS_URL_PASSWORD_FILE"):
        options["password"] = Path(path).read_text(encoding="ascii").strip()
    with redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=4, **options) as client:
        own = client.client_info()
        return any(
            other["id"] != str(own["id"]) and _address(other) == _address(own) and _alive(other)
            for other in client.client_list()
        )


def _address(client: dict[str, str]) -> str:
    return client["addr"].rpartition(":")[0]


def _alive(client: dict[str, str]) -> bool:
    return "b" in client["flags"] or int(client["idle"]) < SECONDS


if __name__ == "__main__":
    try:
        healthy = {"web": web, "broker": broker}[sys.argv[1]]()
    except (OSError, http.client.HTTPException, redis.RedisError) as error:
        sys.exit(f"unhealthy: {error}")
    sys.exit(0 if healthy else "unhealthy")
