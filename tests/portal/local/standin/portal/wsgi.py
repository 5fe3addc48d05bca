"""Stands in for Signalbox's pages."""

from collections.abc import Callable, Iterable


def application(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    ready = environ["PATH_INFO"] == "/health/ready"
    start_response("200 OK" if ready else "404 Not Found", [("Content-Type", "text/plain")])
    return [b"ready" if ready else b"nothing here"]
