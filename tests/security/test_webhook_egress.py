"""Webhooks go to public HTTPS servers only: hundreds of spellings of everything else connect to nothing."""

import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.core.egress.addresses import is_public
from portal.core.egress.webhooks import (
    MOST_ANSWER_BYTES,
    Network,
    WebhookAddressRefused,
    WebhookUndelivered,
    deliver,
    signature_of,
)

HOST = "hooks.customer.example"
PUBLIC = "93.184.216.34"
KEY, NOW, BODY = b"k" * 32, datetime(2026, 11, 24, tzinfo=UTC), b'{"run": "x"}'

NOT_PUBLIC = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("168.63.129.16", "192.88.99.1", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1"),
    *("::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2002:5db8:d822::1", "2001:0:53aa:64c::1", "fe80::1"),
    *("fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "3fff::1", "5f00::1"),
]
SPELLINGS = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7F.0x0.0x0.0x1", "017700000001"),
    *(
        "0177.0.0.1",
        "0177.0.0.01",
        "127.0.0.1.",
        "127.000.000.001",
        "127.0.0.1.nip.io.",
        "0",
        "0.0.0.0",
        "[::]",
        "[::1]",
    ),
    *("[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1%25lo]", "localhost", "LOCALHOST"),
    *("localhost.", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "169.254.169.254", "2852039166"),
    *("0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"),
    *("metadata", "printer", "10.0.0.1", "192.168.1.1", "1.2.3", "1.2.3.4.5", "256.256.256.256", "-1.example.com-"),
]
SHAPES = [
    *("http://{}/", "https://{}:8443/", "https://{}:80/", "https://{}:0443/", "https://user@{}/", "https://u:p@{}/"),
    *("https://{}#@evil.example/", "https://{}\\@evil.example/", "https:///{}/", "https:{}/", "//{}/", "{}"),
    *(" https://{}/", "https://{}/ ", "https://{}/\r\nHost: x", "https://{}/\t", "https://{}\x00.example/"),
    *(
        "ftp://{}/",
        "file://{}/etc/passwd",
        "gopher://{}:443/_x",
        "dict://{}:443/",
        "https://{}:443:443/",
        "https://{}%00/",
    ),
    *("https://{}?x=1", "https://[{}]/", "https://{}.:443/", "javascript:fetch('{}')", "https://{}/%0d%0aX: y/\n"),
]
NAMES_INSIDE = (
    "localtest.me",
    "127.0.0.1.nip.io",
    "spoofed.burpcollaborator.net",
    "metadata.google.internal",
    "a.example",
)


class Listener:
    """A server on loopback that counts who comes."""

    def __init__(self, answer: bytes = b"", certificate: Path | None = None, *, ends: bytes = BODY) -> None:
        self._ends = ends
        self.connections, self.received, self.answer = 0, b"", answer
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self.connections += 1
                with suppress(OSError), self._tls.wrap_socket(plain, server_side=True) if self._tls else plain as peer:
                    peer.settimeout(8)
                    self.received = peer.recv(65_536)
                    while b"\r\n\r\n" not in self.received or not self.received.endswith(self._ends):
                        self.received += peer.recv(65_536)
                    self._answer(peer)

    def _answer(self, peer: socket.socket) -> None:
        if self.answer != b"drip":
            peer.sendall(self.answer)
            return
        peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(100):
            peer.sendall(b"x")
            time.sleep(0.2)

    def close(self) -> None:
        self._listener.close()


class Recorder:
    """A network in which names mean what a test says, and every connection ends at one listener."""

    def __init__(self, answers: Sequence[Sequence[str]], port: int, trusted: Path | None = None) -> None:
        self._answers, self._port = list(answers), port
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.network = Network(self.resolve, self.connect, ssl.create_default_context(cafile=trusted))

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.looked_up.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        self.connected.append(address)
        return socket.create_connection(("127.0.0.1", self._port), seconds)


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def send(url: str, network: Network | None) -> str:
    try:
        deliver(url, BODY, key=KEY, sent_at=NOW, network=network)
    except (WebhookAddressRefused, WebhookUndelivered) as error:
        return f"{type(error).__name__}: {error}"
    return "delivered"


def test_no_payload_connects_to_anything(listener: Listener) -> None:
    literal = [f"https://{host}/" for host in SPELLINGS] + [f"https://{host}:{listener.port}/" for host in SPELLINGS]
    shaped = [shape.format(HOST) for shape in SHAPES]
    outcomes: dict[str, set[str]] = {"spelled": set(), "resolved": set()}
    connected = 0
    for url in (*literal, *shaped):
        recorder = Recorder([["127.0.0.1"]], listener.port)
        outcomes["spelled"].add(send(url, recorder.network).partition(":")[0])
        connected += len(recorder.connected)
        assert not recorder.connected, url
    answers = [[address] for address in NOT_PUBLIC]
    answers += [[PUBLIC, address] for address in NOT_PUBLIC] + [[address, PUBLIC] for address in NOT_PUBLIC[:10]]
    answers += [[], ["nonsense"], [PUBLIC, "nonsense"]]
    seconds = []
    for addresses in answers:
        for name in (HOST, *NAMES_INSIDE[: 1 if len(addresses) > 1 else None]):
            recorder = Recorder([addresses], listener.port)
            began = time.monotonic()
            outcomes["resolved"].add(send(f"https://{name}/hook", recorder.network))
            seconds.append(time.monotonic() - began)
            connected += len(recorder.connected)
    number = len(literal) + len(shaped) + len(seconds)
    print(
        f"\n{number} payloads: {connected} connections, {listener.connections} at the listener; "
        f"{len(outcomes['resolved'])} kind of answer, slowest {max(seconds) * 1000:.1f} ms"
    )
    assert number >= 120
    assert connected == listener.connections == 0
    assert outcomes["spelled"] <= {"WebhookAddressRefused", "WebhookUndelivered"}
    assert len(outcomes["resolved"]) == 1


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450::1"])
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(address)


def test_every_private_network_is_refused_at_both_ends() -> None:
    networks = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3"
    for text in networks.split():
        network = ipaddress.ip_network(text)
        assert not is_public(str(network[0])), text
        assert not is_public(str(network[-1])), text


def test_a_name_that_changes_its_address_is_looked_up_once_and_leads_to_the_first(certificate: Path) -> None:
    server = Listener(b"HTTP/1.1 204 No Content\r\n\r\n", certificate)
    recorder = Recorder([[PUBLIC], ["127.0.0.1"]], server.port, certificate)
    for _ in range(20):
        recorder.looked_up.clear()
        recorder.connected.clear()
        recorder._answers[:] = [[PUBLIC], ["127.0.0.1"]]
        assert send(f"https://{HOST}/hook", recorder.network) == "delivered"
        assert recorder.looked_up == [HOST]
        assert recorder.connected == [(PUBLIC, 443)]
        assert send(f"https://{HOST}/hook", recorder.network).startswith("WebhookUndelivered")
        assert recorder.connected == [(PUBLIC, 443)]
    server.close()


def test_what_arrives_is_signed_with_its_moment(certificate: Path) -> None:
    server = Listener(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", certificate)
    recorder = Recorder([[PUBLIC]], server.port, certificate)
    assert send(f"https://{HOST}/hook?team=1", recorder.network) == "delivered"
    head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?team=1 HTTP/1.1\r\n")
    assert f"Signalbox-Signature: {signature_of(KEY, NOW, BODY)}".encode() in head
    assert json.loads(body) == {"run": "x"}
    assert signature_of(KEY, NOW, BODY) != signature_of(KEY, NOW.replace(minute=1), BODY)
    server.close()


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [REDIRECT, b"HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nsecret", b"nonsense\r\n\r\n", b"", b"drip"],
    ids=["redirect", "refusal", "no HTTP", "silence", "a drip"],
)
def test_every_failure_says_the_same_and_ends_in_time(certificate: Path, answer: bytes) -> None:
    server = Listener(answer, certificate)
    recorder = Recorder([[PUBLIC]], server.port, certificate)
    began = time.monotonic()
    said = send(f"https://{HOST}/hook", recorder.network)
    assert said == send(f"https://{HOST}/hook", Recorder([["10.0.0.1"]], server.port).network)
    assert time.monotonic() - began < 7
    assert server.connections == 1
    assert "secret" not in said
    server.close()


def test_a_certificate_of_another_name_is_refused(certificate: Path) -> None:
    server = Listener(b"HTTP/1.1 200 OK\r\n\r\n", certificate)
    recorder = Recorder([[PUBLIC]], server.port, certificate)
    assert send("https://other.customer.example/", recorder.network).startswith("WebhookUndelivered")
    assert server.received == b""
    server.close()


def test_a_long_answer_is_not_read_to_its_end(certificate: Path) -> None:
    body = b"x" * (MOST_ANSWER_BYTES * 20)
    server = Listener(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body, certificate)
    assert send(f"https://{HOST}/", Recorder([[PUBLIC]], server.port, certificate).network) == "delivered"
    server.close()


def test_proxies_that_the_environment_names_are_not_used(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, listener: Listener
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    server = Listener(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", certificate)
    assert send(f"https://{HOST}/", Recorder([[PUBLIC]], server.port, certificate).network) == "delivered"
    assert listener.connections == 0
    server.close()
