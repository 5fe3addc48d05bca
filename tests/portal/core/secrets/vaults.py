"""A key vault that answers as Azure Key Vault and as Vault's transit engine do, over HTTPS, with keys of its own.

Written down from the published REST references; it knows what the product uses, and refuses everything else.
"""

import base64
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from portal.sandbox.certificates import ensure_server_certificate

OAEP_256 = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=None)
TENANT = "3750b40b-a68b-4632-9fb3-5b1aff664079"
CLIENT, CLIENT_SECRET = "5ab1d0f3-0000-4000-8000-00000000c11e", "vault-client-secret"
VAULT_TOKEN = "hvs.token-of-signalbox"
Answer = tuple[int, dict[str, Any]]


class Refused(Exception):
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.answer: Answer = (status, body)


@dataclass
class AzureKey:
    """An RSA key with versions, as Azure Key Vault keeps it."""

    name: str = "signalbox"
    versions: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)

    def add_version(self) -> str:
        version = uuid4().hex
        self.versions[version] = rsa.generate_private_key(65537, 2048)
        return version

    def answer(
        self, method: str, parts: list[str], query: dict[str, list[str]], body: dict[str, Any], url: str
    ) -> Answer:
        if query.get("api-version") != ["7.4"]:
            raise _azure(400, "BadParameter")
        if parts[1] != self.name:
            raise _azure(404, "KeyNotFound")
        if method == "GET" and len(parts) == 2:
            newest = [version for version in self.versions if version not in self.disabled][-1]
            return 200, {
                "key": {"kid": f"{url}/keys/{self.name}/{newest}", "kty": "RSA"},
                "attributes": {"enabled": True},
            }
        version, operation = parts[2], parts[3]
        if version not in self.versions:
            raise _azure(404, "KeyNotFound")
        if version in self.disabled:
            raise _azure(403, "Forbidden", inner="KeyDisabled")
        if body.get("alg") != "RSA-OAEP-256" or set(body) != {"alg", "value"}:
            raise _azure(400, "BadParameter")
        value = base64.urlsafe_b64decode(body["value"] + "==")
        key = self.versions[version]
        try:
            changed = (
                key.public_key().encrypt(value, OAEP_256) if operation == "wrapkey" else key.decrypt(value, OAEP_256)
            )
        except ValueError:
            raise _azure(400, "BadParameter") from None
        kid = f"{url}/keys/{self.name}/{version}"
        return 200, {"kid": kid, "value": base64.urlsafe_b64encode(changed).decode().rstrip("=")}


def _azure(status: int, code: str, *, inner: str = "") -> Refused:
    error: dict[str, Any] = {"code": code, "message": f"{code} {inner}".strip()}
    return Refused(status, {"error": {**error, **({"innererror": {"code": inner}} if inner else {})}})


@dataclass
class TransitKey:
    """A key of type aes256-gcm96 with versions, as the transit engine keeps it."""

    name: str = "signalbox"
    versions: list[bytes] = field(default_factory=lambda: [AESGCM.generate_key(256)])
    min_decryption_version: int = 1

    def rotate(self) -> None:
        self.versions.append(AESGCM.generate_key(256))

    def answer(self, method: str, parts: list[str], body: dict[str, Any]) -> Answer:
        operation, name = parts[2], parts[3]
        if name != self.name:
            raise Refused(400, {"errors": ["encryption key not found"]})
        if (method, operation) == ("GET", "keys"):
            return 200, {"data": {"latest_version": len(self.versions), "type": "aes256-gcm96", "name": name}}
        if (method, operation) == ("POST", "encrypt"):
            version = int(body.get("key_version") or len(self.versions))
            nonce = os.urandom(12)
            sealed = nonce + AESGCM(self.versions[version - 1]).encrypt(
                nonce, base64.b64decode(body["plaintext"]), None
            )
            text = f"vault:v{version}:{base64.b64encode(sealed).decode()}"
            return 200, {"data": {"ciphertext": text, "key_version": version}}
        if (method, operation) == ("POST", "decrypt"):
            _, version_text, content = body["ciphertext"].split(":")
            version = int(version_text[1:])
            if version < self.min_decryption_version:
                raise Refused(400, {"errors": ["ciphertext or signature version is disallowed by policy (too old)"]})
            if version > len(self.versions):
                raise Refused(400, {"errors": ["invalid ciphertext: version is too new"]})
            sealed = base64.b64decode(content)
            try:
                plain = AESGCM(self.versions[version - 1]).decrypt(sealed[:12], sealed[12:], None)
            except (InvalidTag, ValueError):
                raise Refused(400, {"errors": ["cipher: message authentication failed"]}) from None
            return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}
        raise Refused(405, {"errors": ["unsupported operation"]})


@dataclass
class KeyVault:
    """The running vault, its keys, and what it was asked; `refuses` are the statuses of its next answers."""

    url: str
    ca_file: Path
    azure: AzureKey = field(default_factory=AzureKey)
    transit: TransitKey = field(default_factory=TransitKey)
    tokens: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refuses: list[int] = field(default_factory=list)
    sign_ins: int = 0

    def count(self, operation: str) -> int:
        """How often it was asked to wrap or unwrap, by the last word of the operation's path."""
        return sum(operation in path for path, _ in self.asked)

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        parts = urlsplit(target)
        path = parts.path.strip("/").split("/")
        if path[-1] == "openid-configuration":
            return 200, self._discovery()
        if path[-1] == "token" and path[0] == TENANT:
            return self._issue(parse_qs(body.decode()), headers)
        content = json.loads(body) if body else {}
        self.asked.append((f"{method} {parts.path}", content))
        if self.refuses:
            status = self.refuses.pop(0)
            return status, {"error": {"code": "Throttled"}, "errors": ["busy"]}
        if path[0] == "keys":
            if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
                return 401, {
                    "error": {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer token."}
                }
            return self.azure.answer(method, path, parse_qs(parts.query), content, self.url)
        if path[:2] == ["v1", "transit"]:
            if headers.get("X-Vault-Token") != VAULT_TOKEN:
                return 403, {"errors": ["permission denied"]}
            return self.transit.answer(method, path[0:1] + path[1:2] + path[2:], content)
        return 404, {"errors": []}

    def issued(self, lasts: int = 3600) -> dict[str, Any]:
        token = f"eyJ.{uuid4().hex}"
        self.tokens.add(token)
        self.sign_ins += 1
        return {"access_token": token, "expires_in": lasts, "token_type": "Bearer"}

    def _issue(self, form: dict[str, list[str]], headers: Any) -> Answer:
        basic = base64.b64decode(headers.get("Authorization", "").removeprefix("Basic ") or b"").decode().split(":")
        client = form.get("client_id", basic[:1])[0]
        secret = form.get("client_secret", basic[1:] or [""])[0]
        if (client, secret) != (CLIENT, CLIENT_SECRET):
            return 401, {
                "error": "invalid_client",
                "error_description": "AADSTS7000215: Invalid client secret provided.",
            }
        if form["scope"][0].split()[0] != "https://vault.azure.net/.default":
            return 400, {"error": "invalid_scope", "error_description": "AADSTS70011"}
        return 200, self.issued()

    def _discovery(self) -> dict[str, Any]:
        here = f"{self.url}/{TENANT}"
        return {
            "issuer": f"{here}/v2.0",
            "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
            "token_endpoint": f"{here}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
        }


@contextmanager
def key_vault(folder: Path) -> Iterator[KeyVault]:
    """Start a vault at a port of this machine, with a certificate of an authority in `folder`."""
    folder.mkdir()
    files = ensure_server_certificate(folder)
    server = _Server(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    vault = KeyVault(f"https://127.0.0.1:{server.server_address[1]}", files.ca_file)
    vault.azure.add_version()
    _Handler.vaults[server.server_address[1]] = vault
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def metadata_service(vault: KeyVault) -> Iterator[str]:
    """Start the metadata service of a machine in Azure, which issues tokens for the vault; yields its address."""

    class Metadata(_Handler):
        def reply(self) -> Answer:
            query = parse_qs(urlsplit(self.path).query)
            if self.headers.get("Metadata") != "true" or query.get("resource") != ["https://vault.azure.net"]:
                return 400, {"error": "invalid_request"}
            return 200, {**vault.issued(), "resource": "https://vault.azure.net"}

    server = _Server(("127.0.0.1", 0), Metadata)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that do not trust us."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    vaults: dict[int, KeyVault] = {}

    def reply(self) -> Answer:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        vault = self.vaults[self.server.server_address[1]]  # type: ignore[index]
        try:
            return vault.answer(self.command, self.path, self.headers, body)
        except Refused as refused:
            return refused.answer

    def do_GET(self) -> None:
        status, body = self.reply()
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the name that the standard library calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""
