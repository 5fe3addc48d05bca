"""Connections to Microsoft: kept, given up, and truthful about answers that are broken."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import httpx
import pytest

from tenants.microsoft import connections
from tenants.microsoft.connections import Connections

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request with the next of some prepared answers, byte for byte; None closes the connection."""

    def __init__(self, answers: Sequence[bytes | None]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection:
                    self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        while self._answers and (request := connection.recv(1_000_000)):
            self.requests.append(request)
            answer = self._answers.pop(0)
            if answer is None:
                return
            connection.sendall(answer)
            if b"keep" not in answer and b"Content-Length: 2\r\n" not in answer:
                return


Ask = Callable[..., httpx.Response]


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Server, Ask]]]:
    """Return a function that starts a server with answers, and returns it with what asks it."""
    servers: list[Server] = []
    pool = Connections(ssl.create_default_context())

    def start(*answers: bytes | None) -> tuple[Server, Ask]:
        server = Server(answers)
        servers.append(server)

        def ask(method: str = "GET", *, read: float = 20.0, **more: object) -> httpx.Response:
            limits = {"timeout": {"connect": 20.0, "read": read, "write": 20.0}}
            url = f"http://127.0.0.1:{server.port}/a%20b?c=d"
            response = pool.handle_request(
                httpx.Request(method, url, extensions=limits, **more)  # type: ignore[arg-type]
            )
            try:
                response.read()
            finally:
                response.close()
            return response

        return server, ask

    yield start
    for server in servers:
        server.close()
    pool.close()


def test_a_connection_is_used_again(serve: Callable[..., tuple[Server, Ask]]) -> None:
    server, ask = serve(OK, OK)
    assert [ask().text, ask("POST", content=b"body").text] == ["ok", "ok"]
    assert server.connections == 1
    assert server.requests[0].startswith(b"GET /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
    assert server.requests[1].endswith(b"Content-Length: 4\r\n\r\nbody")


def test_a_connection_that_the_server_has_closed_is_not_used_again(serve: Callable[..., tuple[Server, Ask]]) -> None:
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngone"
    server, ask = serve(closing, OK)
    assert ask().text == "gone"
    assert ask("POST", content=b"body").text == "ok"
    assert server.connections == 2


def test_a_connection_that_waited_for_too_long_is_not_used_again(
    serve: Callable[..., tuple[Server, Ask]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ask = serve(OK, OK)
    ask()
    monkeypatch.setattr(connections, "KEPT_SECONDS", -1.0)
    server._converse = lambda connection: None  # type: ignore[method-assign]  # the second connection only has to come
    with pytest.raises(httpx.TransportError):
        ask(read=5)


def test_an_answer_in_chunks_is_put_together(serve: Callable[..., tuple[Server, Ask]]) -> None:
    chunked = b"HTTP/1.1 200 keep\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    server, ask = serve(chunked, OK)
    assert [ask().text, ask().text] == ["abcde", "ok"]
    assert server.connections == 1


def test_an_answer_without_a_length_ends_with_its_connection(serve: Callable[..., tuple[Server, Ask]]) -> None:
    server, ask = serve(b"HTTP/1.1 200 OK\r\n\r\nuntil the end", OK)
    assert [ask().text, ask().text] == ["until the end", "ok"]
    assert server.connections == 2


def test_answers_without_a_body_and_hints_before_an_answer(serve: Callable[..., tuple[Server, Ask]]) -> None:
    early = b"HTTP/1.1 103 keep\r\nLink: x\r\n\r\n"
    server, ask = serve(b"HTTP/1.1 204 keep\r\n\r\n", early + OK)
    assert ask().status_code == 204
    answer = ask()
    assert (answer.status_code, answer.text, "Link" in answer.headers) == (200, "ok", False)
    assert server.connections == 1


def test_what_comes_after_an_answer_is_not_taken_for_the_next_one(serve: Callable[..., tuple[Server, Ask]]) -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Forged: yes\r\n\r\nforged"
    server, ask = serve(OK + forged, OK)
    first = ask()
    assert (first.text, "X-Forged" in first.headers) == ("ok", False)
    server._answers = [OK]
    with suppress(httpx.TransportError):
        assert ask(read=5).text == "ok"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Le", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", httpx.RemoteProtocolError),
        (b"SSH-2.0-OpenSSH\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"y" * 200_000, httpx.RemoteProtocolError),
    ],
)
def test_a_broken_answer_is_a_failure_and_ends_its_connection(
    serve: Callable[..., tuple[Server, Ask]], answer: bytes | None, error: type[Exception]
) -> None:
    server, ask = serve(answer, OK)
    with pytest.raises(error):
        ask()
    assert ask().text == "ok"
    assert server.connections == 2


def test_an_answer_that_does_not_come_in_time_is_a_read_timeout(serve: Callable[..., tuple[Server, Ask]]) -> None:
    _, ask = serve(b"HTTP/1.1 200 keep\r\nContent-Length: 5\r\n\r\nab", OK)
    with pytest.raises(httpx.ReadTimeout):
        ask(read=0.05)


def test_an_answer_that_was_not_read_to_its_end_ends_its_connection(serve: Callable[..., tuple[Server, Ask]]) -> None:
    server, ask = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", OK)
    pool = Connections(ssl.create_default_context())
    request = httpx.Request("GET", f"http://127.0.0.1:{server.port}/")
    response = pool.handle_request(request)
    assert next(iter(response.iter_raw())) == b"ab"
    response.close()
    assert not pool._kept
    assert ask().text == "ok"


def test_nothing_that_would_be_another_header_is_sent(serve: Callable[..., tuple[Server, Ask]]) -> None:
    server, ask = serve(OK)
    with pytest.raises(httpx.LocalProtocolError):
        ask(headers={"X-AnchorMailbox": "a\r\nX-Other: b"})
    assert server.requests == []


def test_a_server_that_is_not_there_is_a_connect_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    pool = Connections(ssl.create_default_context())
    with pytest.raises(httpx.ConnectError):
        pool.handle_request(httpx.Request("GET", f"http://127.0.0.1:{port}/"))
    with pytest.raises(httpx.ConnectError):
        pool.handle_request(httpx.Request("GET", f"http://{'a' * 70}.example/"))
    with pytest.raises(httpx.UnsupportedProtocol):
        pool.handle_request(httpx.Request("GET", "ftp://host.example/"))


def test_a_server_without_a_trusted_certificate_is_a_connect_error(
    serve: Callable[..., tuple[Server, Ask]],
) -> None:
    server, _ = serve(b"this is no TLS")
    pool = Connections(ssl.create_default_context())
    with pytest.raises(httpx.ConnectError):
        pool.handle_request(httpx.Request("GET", f"https://127.0.0.1:{server.port}/"))
