"""Root keys in Azure Key Vault: an RSA key whose private part never leaves it (wrapKey, unwrapKey of its REST API)."""

import base64
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msal
import requests
from django.core.exceptions import ImproperlyConfigured
from msal.managed_identity import ManagedIdentityError

from portal.core.egress import hosts
from portal.core.secrets.errors import RootKeysUnavailable, SecretUnreadable
from portal.core.secrets.root_keys.https import GuardedSession, VaultHttp
from portal.core.secrets.root_keys.provider import Wrapped

API = "api-version=7.4"
ALGORITHM = "RSA-OAEP-256"
_RESOURCE = "https://vault.azure.net"
_VERSION = re.compile(r"[0-9a-f]{32}")
_CURRENT_SECONDS = 60.0


class AzureKeyVault:
    """The versions of one key; the newest wraps, every enabled one unwraps.

    Signs in as the application `client_id` of `tenant_id` with the secret in `client_secret_file`, or, without that
    file, with the managed identity of this machine (`client_id` names a user-assigned one).
    """

    kind = "azure"

    def __init__(
        self,
        *,
        url: str,
        key: str,
        tenant_id: str,
        client_id: str,
        client_secret_file: str,
        login_url: str,
        ca_file: str,
    ) -> None:
        self._http = VaultHttp(url, ca_file=ca_file)
        self._key = key
        self._client_secret_file = client_secret_file
        self._tokens = _Tokens(_sign_in(tenant_id, client_id, client_secret_file, login_url, ca_file))
        self._newest: tuple[float, str] = (0.0, "")

    def check(self) -> None:
        """Raise `ImproperlyConfigured` unless the key is named, and the file of the client secret is there."""
        if not self._key:
            raise ImproperlyConfigured("AZURE_KEY_VAULT_KEY must name a key of the vault.")
        if self._client_secret_file and not Path(self._client_secret_file).is_file():
            raise ImproperlyConfigured(
                f"AZURE_KEY_VAULT_CLIENT_SECRET_FILE names {self._client_secret_file}, which is no file."
            )

    def knows(self, key_id: str) -> bool:
        """Whether it is a version of the key; the vault may have disabled it."""
        return key_id.startswith(f"azure:{self._key}/")

    def current(self) -> str:
        """Return the id of the newest version, asked for at most once a minute."""
        until, version = self._newest
        if until <= time.monotonic():
            answer = self._ask("GET", f"/keys/{self._key}")
            version = str(answer["key"]["kid"]).rpartition("/")[2]
            self._newest = (time.monotonic() + _CURRENT_SECONDS, version)
        return f"azure:{self._key}/{version}"

    def wrap(self, data_key: bytes) -> Wrapped:
        """Return a data key wrapped with the newest version."""
        key_id = self.current()
        return Wrapped(key_id, self._change(key_id, "wrapkey", data_key))

    def unwrap(self, key_id: str, content: bytes) -> bytes:
        """Return the data key; raises `SecretUnreadable` when the vault does not unwrap it."""
        return self._change(key_id, "unwrapkey", content)

    def _change(self, key_id: str, operation: str, content: bytes) -> bytes:
        key, _, version = key_id.removeprefix("azure:").partition("/")
        if key != self._key or not _VERSION.fullmatch(version):
            raise SecretUnreadable(f"The root key {key_id[:80]!r} is not a version of {self._key} in Azure Key Vault.")
        value = base64.urlsafe_b64encode(content).decode().rstrip("=")
        answer = self._ask("POST", f"/keys/{key}/{version}/{operation}", {"alg": ALGORITHM, "value": value})
        changed = str(answer["value"])
        return base64.urlsafe_b64decode(changed + "=" * (-len(changed) % 4))

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._tokens.get()}"}
        status, answer = self._http.ask(method, f"{path}?{API}", headers=headers, body=body)
        if status == 200:
            return answer
        said = str((answer.get("error") or {}).get("code", "")) if isinstance(answer, dict) else ""
        if status in (401, 403):
            self._tokens.forget()
            raise RootKeysUnavailable(
                f"Azure Key Vault refuses this application ({status} {said}). Give it the role “Key Vault Crypto User” "
                f"on the key {self._key}."
            )
        raise SecretUnreadable(f"Azure Key Vault does not unwrap with {path.partition('?')[0]} ({status} {said}).")


class _Tokens:
    """The access token of this process for the vault, renewed two minutes before its end."""

    def __init__(self, sign_in: Callable[[], dict[str, Any]]) -> None:
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._kept: tuple[float, str] = (0.0, "")

    def get(self) -> str:
        with self._lock:
            until, token = self._kept
            if until <= time.monotonic():
                try:
                    answer = self._sign_in()
                except (requests.RequestException, ManagedIdentityError, ValueError, OSError) as error:
                    raise RootKeysUnavailable(f"The sign-in for Azure Key Vault fails: {error}.") from None
                if "access_token" not in answer:
                    said = str(answer.get("error_description") or answer.get("error"))[:300]
                    raise RootKeysUnavailable(f"The sign-in for Azure Key Vault is refused: {said}")
                token = str(answer["access_token"])
                self._kept = (time.monotonic() + float(answer.get("expires_in") or 0) - 120, token)
            return token

    def forget(self) -> None:
        self._kept = (0.0, "")


def _sign_in(
    tenant_id: str, client_id: str, client_secret_file: str, login_url: str, ca_file: str
) -> Callable[[], dict[str, Any]]:
    hosts.allow_urls([login_url])
    session = GuardedSession()
    session.trust_env, session.max_redirects = False, 0
    session.verify = ca_file or True
    session.headers["Connection"] = "close"  # it is used once an hour
    if not client_secret_file:
        identity = (
            msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
        )
        managed = msal.ManagedIdentityClient(identity, http_client=session)
        return lambda: dict(managed.acquire_token_for_client(resource=_RESOURCE))

    def sign_in() -> dict[str, Any]:
        application = msal.ConfidentialClientApplication(
            client_id,
            authority=f"{login_url}/{tenant_id}",
            client_credential=Path(client_secret_file).read_text(encoding="utf-8").strip(),
            instance_discovery=False,
            http_client=session,
        )
        return dict(application.acquire_token_for_client([f"{_RESOURCE}/.default"]))

    return sign_in
