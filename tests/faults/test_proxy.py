"""The proxy carries bytes unchanged, and disturbs them exactly as it is told."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.faults.proxy import LOOPBACK, Direction, Loop, Proxy, Toxic

MESSAGE = b"0123456789"


@pytest.fixture(scope="module")
def loop() -> Loop:
    return Loop()


@pytest.fixture
def proxy(loop: Loop) -> Iterator[Proxy]:
    """A proxy before a server that sends back whatever it gets."""
    with socket.create_server((LOOPBACK, 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        proxy = Proxy(loop, server.getsockname()[1], name="echo")
        yield proxy
        proxy.close()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, proxy.port), timeout=10) as client:
        yield client


def _echo(server: socket.socket) -> None:
    while True:
        try:
            taken, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo_one, args=(taken,), daemon=True).start()


def _echo_one(taken: socket.socket) -> None:
    with taken:
        try:
            while chunk := taken.recv(4096):
                taken.sendall(chunk)
        except OSError:
            return


def received(client: socket.socket, number: int = len(MESSAGE)) -> bytes:
    """Read up to `number` bytes; fewer when the connection breaks."""
    found = b""
    try:
        while len(found) < number and (chunk := client.recv(number - len(found))):
            found += chunk
    except ConnectionResetError:
        pass
    return found


def test_bytes_pass_unchanged_both_ways(client: socket.socket) -> None:
    client.sendall(MESSAGE * 10_000)
    assert received(client, len(MESSAGE) * 10_000) == MESSAGE * 10_000


@pytest.mark.parametrize("size", [0, 1, 7])
def test_an_answer_is_cut_at_exactly_that_byte(proxy: Proxy, client: socket.socket, size: int) -> None:
    proxy.disturb(Toxic(cut_after=size))
    client.sendall(MESSAGE)
    assert received(client) == MESSAGE[:size]
    assert proxy.hits == 1


def test_a_request_is_cut_at_exactly_that_byte(proxy: Proxy, client: socket.socket) -> None:
    proxy.disturb(Toxic(cut_after=4, direction=Direction.UP))
    client.sendall(MESSAGE)
    assert received(client) in {b"", MESSAGE[:4]}  # the server's answer may be overtaken by the reset


def test_what_a_black_hole_holds_back_arrives_when_it_ends(proxy: Proxy, client: socket.socket) -> None:
    proxy.disturb(Toxic(holds=True))
    client.sendall(MESSAGE)
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(10)
    proxy.calm()
    assert received(client) == MESSAGE


def test_a_slow_drip_loses_nothing(proxy: Proxy, client: socket.socket) -> None:
    proxy.disturb(Toxic(drip=3))
    client.sendall(MESSAGE)
    assert received(client) == MESSAGE
    assert proxy.hits == 1


def test_open_connections_are_reset_and_new_ones_are_taken(proxy: Proxy, client: socket.socket) -> None:
    client.sendall(MESSAGE)
    received(client)
    assert proxy.reset() == 1
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with socket.create_connection((LOOPBACK, proxy.port), timeout=10) as again:
        again.sendall(MESSAGE)
        assert received(again) == MESSAGE


def test_no_connection_is_taken_while_the_server_is_away(proxy: Proxy) -> None:
    proxy.disturb(Toxic(refuses=True))
    with pytest.raises(ConnectionResetError):
        with socket.create_connection((LOOPBACK, proxy.port), timeout=10) as refused:
            refused.recv(1)
    proxy.calm()
    with socket.create_connection((LOOPBACK, proxy.port), timeout=10) as taken:
        taken.sendall(MESSAGE)
        assert received(taken) == MESSAGE
