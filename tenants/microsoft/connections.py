"""Kept-alive HTTP/1.1 connections of one thread, with or without `httpx`'s requests and responses around them.

A request of `httpx.Client` took 0.77 ms of CPU in a hundred threads, of these connections 0.15 ms: a thousand
organizations with four requests each spend 2.5 s less. The parser is llhttp, which Node.js uses.
"""

import re
import select
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import httptools
import httpx

from portal.core.egress.hosts import require_allowed

KEPT_SECONDS = 60.0
_MOST_KEPT = 10
_CHUNK = 65_536
_MOST_HEADER_BYTES = 131_072
_LEAST_FINAL = 200
# Nothing in a header may end it: what follows would be another header, or another request.
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_PORTS = {"http": 80, "https": 443}
# An address that needs no reading: scheme, host, port, and a path in which everything is encoded already.
_PLAIN = re.compile(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?(/[A-Za-z0-9/._~!$&'()*+,;=:@?%-]*)?")

Origin = tuple[str, str, int]


class _Connection:
    """One connection; raises `httpx.TransportError`, and is of no use after that."""

    def __init__(self, origin: Origin, context: ssl.SSLContext, timeout: float | None) -> None:
        scheme, host, port = origin
        try:
            require_allowed(scheme, host, port)
            self._socket = socket.create_connection((host, port), timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "https":
                self._secure(context, host)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:  # also what TLS refuses, and names that cannot be looked up
            raise httpx.ConnectError(str(error)) from error
        self.used_at = time.monotonic()

    def _secure(self, context: ssl.SSLContext, host: str) -> None:
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise

    @property
    def is_usable(self) -> bool:
        """Whether it was used lately, and the other side has neither closed it nor sent what nobody asked for."""
        if time.monotonic() - self.used_at > KEPT_SECONDS:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0) or self._has_only_tickets()

    def _has_only_tickets(self) -> bool:
        """Whether what came is TLS's own: session tickets come after the handshake, and nobody has read them yet."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def send(self, content: bytes, timeout: float | None) -> None:
        """Send a whole request."""
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(content)
        except TimeoutError as error:
            raise httpx.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpx.WriteError(str(error)) from error

    def receive(self, timeout: float | None) -> bytes:
        """Return what comes next; nothing when the other side has closed."""
        self._socket.settimeout(timeout)
        try:
            return self._socket.recv(_CHUNK)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error

    def close(self) -> None:
        """Close it; may be called again."""
        self._socket.close()


class Answer(httpx.SyncByteStream):
    """One answer: status and headers are read at first, the body as it is iterated; it must be closed.

    Its parser calls the `on_…`.
    """

    def __init__(self, pool: "Connections", origin: Origin, connection: _Connection, timeout: float | None) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._pool, self._origin, self._timeout = pool, origin, timeout
        self._connection: _Connection | None = connection
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._chunks: list[bytes] = []
        self._is_complete = self._can_go_on = self._is_overrun = False

    def read_head(self) -> None:
        """Read status and headers; what comes before the answer, as “103 Early Hints”, is passed over."""
        size = 0
        while not self.status:
            size += self._read()
            if size > _MOST_HEADER_BYTES and not self.status:
                raise httpx.RemoteProtocolError("the headers do not end")

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in parts, with nothing but chunking undone."""
        while True:
            yield from self._chunks
            self._chunks = []
            if self._is_complete:
                return
            self._read()

    def close(self) -> None:
        """Give the connection back if it can be used again, and close it otherwise."""
        connection, self._connection, self._parser = self._connection, None, None
        if connection is None:
            return
        if self._is_complete and self._can_go_on and not self._is_overrun:
            connection.used_at = time.monotonic()
            self._pool.keep(self._origin, connection)
        else:
            connection.close()

    def on_message_begin(self) -> None:
        """Note that more comes than was asked for, when the answer is there already."""
        self._is_overrun = bool(self.status)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one header."""
        if not self._is_overrun:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Take this for the answer, unless it only announces one."""
        status = self._parser.get_status_code() if self._parser else 0
        if status < _LEAST_FINAL:
            self.headers = []
        elif not self.status:
            self.status = status

    def on_body(self, body: bytes) -> None:
        """Keep one part of the body."""
        if not self._is_overrun:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Note that the answer is whole."""
        self._is_complete = bool(self.status)
        self._can_go_on = bool(self._parser and self._parser.should_keep_alive())

    def _read(self) -> int:
        if self._connection is None or self._parser is None:
            raise httpx.ReadError("the answer was closed")
        received = self._connection.receive(self._timeout)
        if not received:
            self._end()
            return 0
        try:
            self._parser.feed_data(received)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise httpx.RemoteProtocolError(f"no HTTP: {error}") from error
        return len(received)

    def _end(self) -> None:
        """Take the end of the connection for the end of the body, where nothing else says where that is."""
        told = {name.lower() for name, _ in self.headers} & {b"content-length", b"transfer-encoding"}
        if not self.status:
            raise httpx.RemoteProtocolError("the connection was closed without an answer")
        if told:
            raise httpx.RemoteProtocolError("the connection was closed amid the answer")
        self._is_complete, self._can_go_on = True, False


class Connections(httpx.BaseTransport):
    """The connections of one thread, each kept for a minute after its last use. Not for HEAD and CONNECT."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._kept: OrderedDict[Origin, _Connection] = OrderedDict()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, over a kept connection if there is one. Raises `httpx.TransportError`."""
        if "Transfer-Encoding" in request.headers:
            raise httpx.UnsupportedProtocol("bodies of unknown length are not sent")
        head = [_line(request.method, request.url.raw_path), *(b"%b: %b" % header for header in request.headers.raw)]
        answer = self._send(_origin(request.url), head, request.read(), request.extensions.get("timeout", {}))
        return httpx.Response(answer.status, headers=answer.headers, stream=answer)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Mapping[str, float]
    ) -> Answer:
        """Send one request as `handle_request` does; `limits` are seconds to `connect`, `write` and `read`."""
        origin, target = _located(url)
        scheme, host, port = origin
        length = {"Content-Length": str(len(body))} if body or method != "GET" else {}
        sent = {"Host": host if port == _PORTS[scheme] else f"{host}:{port}", **headers, **length}
        head = [_line(method, target), *(f"{name}: {value}".encode() for name, value in sent.items())]
        return self._send(origin, head, body, limits)

    def open(self, url: str, seconds: float) -> None:
        """Have a connection ready over which the next request to `url` goes. Raises `httpx.TransportError`."""
        origin, _ = _located(url)
        self.keep(origin, self._take(origin) or _Connection(origin, self._context, seconds))

    def _send(self, origin: Origin, head: Sequence[bytes], body: bytes, limits: Mapping[str, float]) -> Answer:
        if any(map(_FORBIDDEN.search, head)):
            raise httpx.LocalProtocolError("a header holds what no header may hold")
        connection = self._take(origin) or _Connection(origin, self._context, limits.get("connect"))
        answer = Answer(self, origin, connection, limits.get("read"))
        try:
            with suppress(httpx.WriteError):  # whoever refuses to read all of it may have answered nevertheless
                connection.send(b"\r\n".join([*head, b"", body]), limits.get("write"))
            answer.read_head()
        except BaseException:
            answer.close()
            raise
        return answer

    def keep(self, origin: Origin, connection: _Connection) -> None:
        """Keep a connection for the next request to the same origin."""
        while len(self._kept) >= _MOST_KEPT or origin in self._kept:
            oldest = origin if origin in self._kept else next(iter(self._kept))
            self._kept.pop(oldest).close()
        self._kept[origin] = connection

    def close(self) -> None:
        """Close every connection."""
        while self._kept:
            self._kept.popitem()[1].close()

    def _take(self, origin: Origin) -> _Connection | None:
        connection = self._kept.pop(origin, None)
        if connection is None or connection.is_usable:
            return connection
        connection.close()
        return None


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in _PORTS:
        msg = f"{url.scheme}:// is not HTTP"
        raise httpx.UnsupportedProtocol(msg)
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def _located(url: str) -> tuple[Origin, bytes]:
    """Return where to connect to, and what to ask for there."""
    plain = _PLAIN.fullmatch(url)
    if plain and "/." not in url:
        scheme, host, port, path = plain.groups()
        return (scheme, host, int(port or _PORTS[scheme])), (path or "/").encode()
    parsed = httpx.URL(url)
    return _origin(parsed), parsed.raw_path


def _line(method: str, target: bytes) -> bytes:
    return b"%b %b HTTP/1.1" % (method.encode("ascii"), target)
