"""Requests and responses as the services of the simulated cloud see them (no framework: performance counts)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

import orjson

from portal.sandbox.doors import Door

Json = dict[str, Any]
Cut = Literal["", "reset", "hold", "truncate"]


@dataclass(slots=True)
class Request:
    """One HTTP request; header names are lower case."""

    method: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes = b""
    door: Door = Door.WORLDWIDE

    @property
    def host(self) -> str:
        """Host and port as the client wrote them."""
        return self.headers.get("host", "localhost")

    @property
    def base_url(self) -> str:
        """Origin by which the client reached us; links in answers start with it."""
        return f"https://{self.host}"

    @property
    def bearer(self) -> str:
        """The bearer token, or an empty string."""
        value = self.headers.get("authorization", "")
        return value[7:].strip() if value[:7].lower() == "bearer " else ""

    @property
    def query(self) -> dict[str, str]:
        """Query parameters, the first value of each."""
        parsed = parse_qs(self.query_string, keep_blank_values=True) if self.query_string else {}
        return {name: values[0] for name, values in parsed.items()}

    def form(self) -> dict[str, str]:
        """Body of an `application/x-www-form-urlencoded` request."""
        parsed = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in parsed.items()}

    def json(self) -> Any:
        """Body as JSON, `None` if it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


@dataclass(slots=True)
class Response:
    """One answer; `cut` says how the connection ends instead of a complete answer."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    cut: Cut = ""


def json_response(status: int, value: object, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Answer `value` as JSON."""
    return Response(
        status,
        orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS),
        [("content-type", "application/json; charset=utf-8"), *headers],
    )


def redirect(location: str) -> Response:
    """Send a browser somewhere else."""
    return Response(302, b"", [("location", location), ("cache-control", "no-store")])
