"""A TCP proxy that disturbs what it carries: in front of the database, the broker and the simulated cloud.

TLS passes through as bytes. One thread serves all proxies of a campaign.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

LOOPBACK = "127.0.0.1"
CHUNK = 65536
LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)
Value = TypeVar("Value")


class Direction(StrEnum):
    """Which way bytes go."""

    UP = "to the server"
    DOWN = "to the client"


@dataclass(frozen=True, slots=True)
class Toxic:
    """What is done to every connection while it is in force.

    `latency` seconds each way for each chunk. `holds`: bytes wait until it ends, as in a network that drops packets.
    `cut_after` bytes in `direction`, counted from when it came into force, the connection is reset. `drip`: so many
    bytes at a time in `direction`, a twentieth of a second apart. `refuses`: no new connection is taken.
    """

    latency: float = 0.0
    holds: bool = False
    cut_after: int | None = None
    drip: int | None = None
    direction: Direction = Direction.DOWN
    refuses: bool = False


class Loop:
    """A thread with an event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="proxies", daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Do `work` in the loop, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


class _Link:
    """One client's connection and the one that was opened for it."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers = writers
        self.carried = dict.fromkeys(Direction, 0)

    def reset(self) -> None:
        """End both sides at once, with a TCP reset."""
        for writer in self.writers:
            held: socket.socket | None = writer.get_extra_info("socket")
            if held is not None:
                with suppress(OSError):
                    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT_AT_ALL)
            writer.transport.abort()

    def close(self) -> None:
        for writer in self.writers:
            writer.transport.close() if not writer.transport.is_closing() else None


class Proxy:
    """Listens on a port of its own and carries everything to `port`; `hits` counts the connections that a toxic met."""

    def __init__(self, loop: Loop, port: int, *, name: str) -> None:
        self.name = name
        self.target = port
        self.hits = 0
        self._loop = loop
        self._links: set[_Link] = set()
        self._toxic = Toxic()
        self._calm: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = loop.do(self._listen())

    def disturb(self, toxic: Toxic) -> None:
        """Put `toxic` in force for all connections, present and new."""
        self._loop.do(self._set(toxic))

    def calm(self) -> None:
        """End what is in force; what was held back goes on its way."""
        self._loop.do(self._set(Toxic()))

    def reset(self, share: float = 1.0, rng: random.Random | None = None) -> int:
        """Reset `share` of the open connections; returns how many."""
        return self._loop.do(self._reset(share, rng or random.Random(0)))

    def close(self) -> None:
        """Stop listening and end all connections."""
        self._loop.do(self._close())

    async def _listen(self) -> int:
        self._calm = asyncio.Event()
        self._calm.set()
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, backlog=1024)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _set(self, toxic: Toxic) -> None:
        assert self._calm
        self._toxic, self.hits = toxic, 0
        if toxic.holds:
            self._calm.clear()
        else:
            self._calm.set()
        for link in self._links:
            link.carried = dict.fromkeys(Direction, 0)

    async def _reset(self, share: float, rng: random.Random) -> int:
        chosen = [link for link in self._links if rng.random() < share]
        for link in chosen:
            link.reset()
        return len(chosen)

    async def _close(self) -> None:
        self._server.close()
        for link in list(self._links):
            link.reset()

    async def _accept(self, client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        if self._toxic.refuses:
            self.hits += 1
            _Link(client_writer).reset()
            return
        try:
            server_reader, server_writer = await asyncio.open_connection(LOOPBACK, self.target)
        except OSError:
            _Link(client_writer).reset()
            return
        link = _Link(client_writer, server_writer)
        self._links.add(link)
        try:
            await asyncio.gather(
                self._carry(client_reader, server_writer, link, Direction.UP),
                self._carry(server_reader, client_writer, link, Direction.DOWN),
            )
        except (OSError, asyncio.IncompleteReadError):
            link.reset()
        finally:
            self._links.discard(link)
            link.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link, direction: Direction
    ) -> None:
        while chunk := await reader.read(CHUNK):
            await self._pass_on(chunk, writer, link, direction)
        if writer.can_write_eof():
            with suppress(OSError):
                writer.write_eof()

    async def _pass_on(self, chunk: bytes, writer: asyncio.StreamWriter, link: _Link, direction: Direction) -> None:
        toxic = self._toxic
        if toxic.latency:
            self.hits += 1
            await asyncio.sleep(toxic.latency)
        if toxic.holds:
            assert self._calm
            self.hits += 1
            await self._calm.wait()
        if toxic.direction is direction and toxic.drip is not None:
            self.hits += 1
            await self._drip(chunk, writer, toxic.drip)
            return
        if toxic.direction is direction and toxic.cut_after is not None:
            left = toxic.cut_after - link.carried[direction]
            if len(chunk) >= left:
                self.hits += 1
                writer.write(chunk[: max(0, left)])
                await writer.drain()
                await asyncio.sleep(0.005)  # the reset must not overtake what goes before it
                link.reset()
                raise ConnectionResetError
        link.carried[direction] += len(chunk)
        writer.write(chunk)
        await writer.drain()

    async def _drip(self, chunk: bytes, writer: asyncio.StreamWriter, size: int) -> None:
        for start in range(0, len(chunk), size):
            writer.write(chunk[start : start + size])
            await writer.drain()
            if self._toxic.drip is not None:
                await asyncio.sleep(0.05)
