"""JSON batches of the Exchange admin API: at most 10 calls, answered in any order (exchange-protocol.md 3.9)."""

import random
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

import orjson

from portal.sandbox.faults import Rule
from portal.sandbox.http import Json, Request, Response, json_response

LARGEST = 10
Handler = Callable[[Request, Rule | None], Awaitable[Response]]


async def run_batch(request: Request, handler: Handler, rule: Rule | None, rng: random.Random) -> Response:
    """Answer a batch: every item with its own bearer, the answers shuffled, one dropped if a fault says so."""
    body = request.json()
    items = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= LARGEST:
        return json_response(
            400, {"error": {"code": "BadRequest", "message": f"A batch holds 1 to {LARGEST} requests."}}
        )
    responses = [await _run_item(request, item, handler) for item in items]
    rng.shuffle(responses)
    if rule is not None and rule.type == "drop_batch_id":
        responses = responses[1:]
    return json_response(200, {"responses": responses})


async def _run_item(request: Request, item: Json, handler: Handler) -> Json:
    url = urlsplit(str(item.get("url", "")))
    headers = {str(name).lower(): str(value) for name, value in item.get("headers", {}).items()}
    inner = Request(
        str(item.get("method", "POST")).upper(),
        unquote(url.path),
        url.query,
        {
            "host": request.host,
            "cookie": request.headers.get("cookie", ""),
            "connection-id": request.headers.get("connection-id", ""),
            "client-request-id": request.headers.get("client-request-id", ""),
            **headers,
        },
        orjson.dumps(item.get("body")) if item.get("body") is not None else b"",
        request.door,
    )
    response = await handler(inner, None)
    return {
        "id": item.get("id"),
        "status": response.status,
        "headers": {name: value for name, value in response.headers if name != "set-cookie"},
        "body": inner_body(response),
    }


def inner_body(response: Response) -> object:
    """Body of an item: JSON where it is JSON, else text."""
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return response.body.decode("utf-8", "replace")
