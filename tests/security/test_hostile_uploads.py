"""Files made to exhaust a server are refused with a sentence, quickly and in little memory; others still get in."""

import base64
import gzip
import io
import random
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from django.conf import settings
from django.urls import reverse

from tests.e2e.world import World, browser_of, make_world
from tests.live import Processes, closed_port, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

MOST_SECONDS = 10
MOST_BYTES = 256 * 2**20
TOKEN = "a" * 32


def zipped(content: bytes, levels: int = 1) -> bytes:
    for _ in range(levels):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", content)
        content = file.getvalue()
    return content


def tlv(tag: int, body: bytes) -> bytes:
    size = (len(body).bit_length() + 7) // 8
    length = bytes([len(body)]) if len(body) < 128 else bytes([0x80 + size]) + len(body).to_bytes(size, "big")
    return bytes([tag]) + length + body


def rebuilt(der: bytes, old: bytes, new: bytes) -> bytes:
    """Return `der` with another integer, all lengths around it set right."""
    made, at = b"", 0
    while at < len(der):
        tag, length, start = der[at], der[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[at + 2 : start], "big")
        body = der[start : start + length]
        made += tlv(tag, rebuilt(body, old, new) if tag == 0x30 else new if (tag, body) == (2, old) else body)
        at = start + length
    return made


def endless_key() -> bytes:
    """An encrypted key that asks for two billion rounds, behind a certificate that is in order."""
    key = rsa.generate_private_key(65537, 2048)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    slow = rebuilt(der, (2048).to_bytes(2, "big"), b"\x7f\xff\xff\xff")
    assert slow != der
    block = base64.encodebytes(slow).decode()
    return (
        certificate_of(key)
        + f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{block}-----END ENCRYPTED PRIVATE KEY-----\n".encode()
    )


def certificate_of(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    return made.not_valid_after(datetime(2050, 1, 1, tzinfo=UTC)).sign(key, SHA256()).public_bytes(Encoding.PEM)


def giant_key() -> bytes:
    """A key of 120,000 bits, of which nobody knows in time that it is none."""
    chance = random.Random(7)
    numbers = [chance.getrandbits(60_000) | 1 for _ in range(4)]
    parts = (0, numbers[0] * numbers[1], 65537, numbers[2], *numbers[:2], numbers[3], numbers[2], 3)
    der = tlv(0x30, b"".join(tlv(2, part.to_bytes(part.bit_length() // 8 + 1, "big")) for part in parts))
    block = base64.encodebytes(der)
    certificate = certificate_of(rsa.generate_private_key(65537, 2048))
    return certificate + b"-----BEGIN RSA PRIVATE KEY-----\n" + block + b"-----END RSA PRIVATE KEY-----\n"


def files() -> dict[str, bytes]:
    """Return hostile files by what they are."""
    noise = random.Random(7).randbytes
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return {
        "a workbook that unpacks to 200 MB": zipped(bytes(200_000_000)),
        "an archive in an archive in an archive": zipped(bytes(10_000_000), 3),
        "a compressed stream": gzip.compress(bytes(50_000_000)),
        "XML that multiplies": f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "l">{laughs}]><l>&l11;</l>'.encode(),
        "noise": noise(900_000),
        "zeros": bytes(900_000),
        "one line without an end": b"x" * 990_000,
        "a row of 300,000 cells": b"a," * 300_000,
        "300,000 rows": b"a,b\n" * 240_000,
        "a quote without an end": b'"' + b"a,b\n" * 200_000,
        "nothing but quotes": b'"' * 900_000,
        "half a character": "Tür".encode("utf-16")[:-1] * 40_000,
        "control characters": bytes(range(32)) * 20_000,
        "brackets 400,000 deep": b"(" * 400_000,
        "braces and brackets in turn": b"@{a=@(" * 120_000,
        "a pipe of 200,000 parts": b"a|" * 200_000,
        "50,000 cmdlets": b"Get-Mailbox -Identity x\n" * 40_000,
        "a text that never ends": b'@"\n' + b"$($(" * 200_000,
        "one word of a megabyte": b"-" * 1_000_000,
        "JSON 100,000 deep": b"[" * 100_000,
        "a number of 900,000 digits": b"9" * 900_000,
        "a key that takes hours to open": endless_key(),
        "a key that takes minutes to check": giant_key(),
        "5,000 certificates": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" * 5_000,
        "12 MB": b"a,b\n" * 3_000_000,
    }


@pytest.fixture
def web(processes: Processes) -> tuple[str, psutil.Process]:
    """The real web server, and its process."""
    port = closed_port()
    process = processes.start("web", PORT=str(port))
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            return httpx.get(f"{url}/health/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    wait_for(is_ready, what="the web server")
    return url, psutil.Process(process.pid)


def memory(process: psutil.Process) -> int:
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


def uploads(world: World) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return every form that takes a file: its address, the file's field, and what else is typed."""
    registration = world.arguments["app_registration_id"]
    typed = {"reason": "typed before", "look": "file", "where": "chosen"}
    return {
        "names of organizations": (reverse("jobs:launch", args=["Get-Mailbox"]), "names_file", typed),
        "variables": (reverse("tenants:variables-import"), "file", {}),
        "a script": (reverse("jobs:import-script"), "script_file", {}),
        "a certificate": (reverse("tenants:app-registration", args=[registration]), "file", {"password": "x"}),
    }


def test_hostile_files_are_refused_in_time_and_memory(web: tuple[str, psutil.Process]) -> None:
    url, process = web
    world = make_world(organizations=12)
    cookies = {
        settings.SESSION_COOKIE_NAME: browser_of(world.administrator).cookies[settings.SESSION_COOKIE_NAME].value,
        settings.CSRF_COOKIE_NAME: TOKEN,
    }
    client = httpx.Client(base_url=url, cookies=cookies, trust_env=False, timeout=60, headers={"X-CSRFToken": TOKEN})
    for address, _, _ in uploads(world).values():
        assert client.get(address).status_code == 200
    before, wrong, slowest, most, cells = memory(process), [], (0.0, ""), 0, 0
    for what, content in files().items():
        for form, (address, field, typed) in uploads(world).items():
            began = time.monotonic()
            answer = client.post(address, data=typed, files={field: ("hostile.bin", content)})
            took = time.monotonic() - began
            cells += 1
            most, slowest = max(most, memory(process) - before), max(slowest, (took, f"{what} as {form}"))
            # Whatever is text may be a script, of which a report says what it is; nothing of it is ever run.
            told = answer.status_code == 200 and form == "a script"
            if not (told or 400 <= answer.status_code < 500) or took > MOST_SECONDS:
                wrong.append(f"{what} as {form}: {answer.status_code} after {took:.1f} s")
    client.close()
    print(
        f"\n{len(files())} hostile files x {len(uploads(world))} forms = {cells}: "
        f"slowest {slowest[0]:.1f} s ({slowest[1]}), {most / 2**20:.0f} MiB more at most, {len(wrong)} wrong"
    )
    assert wrong == [], "\n".join(wrong)
    assert most <= MOST_BYTES


SHAPES: dict[str, Callable[[], tuple[bytes, str]]] = {
    "30,000 fields": lambda: (b"&".join(b"a%d=1" % n for n in range(30_000)), "application/x-www-form-urlencoded"),
    "20 files": lambda: (
        b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="f"\r\n\r\na\r\n' % n for n in range(20))
        + b"--x--",
        "multipart/form-data; boundary=x",
    ),
    "3 MB of text": lambda: (b"a=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
    "7 MB": lambda: (bytes(7_000_000), "application/octet-stream"),
    "26 MB of files": lambda: (bytes(26_000_000), "multipart/form-data; boundary=x"),
}


@pytest.mark.parametrize("what", SHAPES)
def test_too_much_of_anything_is_413_with_a_sentence(what: str) -> None:
    browser = browser_of(make_world(organizations=12).administrator)
    content, kind = SHAPES[what]()
    answer = browser.post("/theme/", content, content_type=kind)
    assert answer.status_code == 413
    assert "larger than Signalbox reads at once" in answer.content.decode()


@pytest.mark.parametrize("length", ["x", "-1", "1e9", "999999999999"])
def test_a_length_that_is_none_is_refused_unread(length: str) -> None:
    browser = browser_of(make_world(organizations=12).administrator)
    assert browser.post("/theme/", {"theme": "dark"}, CONTENT_LENGTH=length).status_code == 413
