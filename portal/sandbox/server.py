"""The TLS server: one uvicorn process on loopback that can reset connections and stops at once."""

import asyncio
import socket
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from portal.sandbox.certificates import ServerFiles

LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)


class ResettableProtocol(HttpToolsProtocol):
    """HTTP protocol whose requests know their transport, as `scope["state"]["transport"]`."""

    def connection_made(self, transport: Any) -> None:
        """Hand the transport to the application with the state that uvicorn copies into every scope."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class SandboxServer(uvicorn.Server):
    """Server that calls `on_ready` when it accepts connections and does not wait for open requests when stopped."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], together_with: uvicorn.Server | None = None
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._other = together_with

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut what is still open, so that its clients see a lost connection and not an error page."""
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop now; requests that are held open on purpose would never end."""
        for server in (self, self._other):
            if server is not None:
                server.should_exit = server.force_exit = True


class PlainServer(SandboxServer):
    """The server beside another one, which takes the signals for both."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone."""
        yield


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 picks a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def serve(
    app: Any, files: ServerFiles, listeners: list[socket.socket], plain: socket.socket, on_ready: Callable[[], None]
) -> None:
    """Serve with TLS at every listening socket, and without at `plain`, until SIGTERM or SIGINT."""
    certificates = {"ssl_certfile": str(files.certificate), "ssl_keyfile": str(files.key)}
    without = PlainServer(_config(app), lambda: None)
    server = SandboxServer(_config(app, **certificates), on_ready, together_with=without)

    async def both() -> None:
        await asyncio.gather(without.serve(sockets=[plain]), server.serve(sockets=listeners))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(both())


def _config(app: Any, **certificates: str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=ResettableProtocol,
        lifespan="off",
        ws="none",
        ssl_certfile=certificates.get("ssl_certfile"),
        ssl_keyfile=certificates.get("ssl_keyfile"),
        access_log=False,
        log_level="critical",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        backlog=2048,
    )


def abort(scope: Any, *, politely: bool = False) -> None:
    """End the connection of a request without an answer: with a TCP reset, or after sending what is buffered."""
    transport = scope["state"]["transport"]
    if politely:
        transport.close()
        return
    held = transport.get_extra_info("socket")
    if held is not None:
        with socket.socket(fileno=socket.dup(held.fileno())) as duplicate:
            duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT_AT_ALL)
    transport.abort()
