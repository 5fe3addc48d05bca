"""Root keys in the transit engine of HashiCorp Vault or OpenBao (encrypt, decrypt of its REST API)."""

import base64
import re
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from portal.core.secrets.errors import RootKeysUnavailable, SecretUnreadable
from portal.core.secrets.root_keys.https import VaultHttp
from portal.core.secrets.root_keys.provider import Wrapped

_CIPHERTEXT = re.compile(rb"vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/]+={0,2}")
_CURRENT_SECONDS = 60.0


class VaultTransit:
    """The versions of one transit key; the newest wraps, those from `min_decryption_version` on unwrap.

    The token is read from `token_file` before every request, where an agent renews it.
    """

    kind = "transit"

    def __init__(self, *, url: str, mount: str, key: str, token_file: str, namespace: str, ca_file: str) -> None:
        self._http = VaultHttp(url, ca_file=ca_file)
        self._mount = mount
        self._key = key
        self._token_file = Path(token_file)
        self._namespace = namespace
        self._newest: tuple[float, int] = (0.0, 0)

    def check(self) -> None:
        """Raise `ImproperlyConfigured` unless the file of the token is there."""
        if not self._token_file.is_file():
            raise ImproperlyConfigured(f"VAULT_TOKEN_FILE names {self._token_file}, which is no file.")

    def knows(self, key_id: str) -> bool:
        """Whether it is a version of the key; the vault may refuse old ones."""
        return key_id.startswith(f"transit:{self._mount}/{self._key}/")

    def current(self) -> str:
        """Return the id of the newest version, asked for at most once a minute."""
        until, version = self._newest
        if until <= time.monotonic():
            version = int(self._ask("GET", "keys")["latest_version"])
            self._newest = (time.monotonic() + _CURRENT_SECONDS, version)
        return self._id_of(version)

    def wrap(self, data_key: bytes) -> Wrapped:
        """Return a data key wrapped with the newest version."""
        version = self.current().rpartition("/")[2]
        body = {"plaintext": base64.b64encode(data_key).decode(), "key_version": version}
        return Wrapped(self._id_of(int(version)), str(self._ask("POST", "encrypt", body)["ciphertext"]).encode("ascii"))

    def unwrap(self, key_id: str, content: bytes) -> bytes:
        """Return the data key; raises `SecretUnreadable` when the vault does not unwrap it."""
        found = _CIPHERTEXT.fullmatch(content)
        if found is None or key_id != self._id_of(int(found[1])):
            raise SecretUnreadable(f"The wrapped data key is not of {self._mount}/{self._key} in the vault.")
        return base64.b64decode(self._ask("POST", "decrypt", {"ciphertext": content.decode("ascii")})["plaintext"])

    def _id_of(self, version: int) -> str:
        return f"transit:{self._mount}/{self._key}/{version}"

    def _ask(self, method: str, operation: str, body: dict[str, str] | None = None) -> Any:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise RootKeysUnavailable(f"The vault's token in {self._token_file} cannot be read: {error}.") from None
        headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
        if self._namespace:
            headers["X-Vault-Namespace"] = self._namespace
        path = f"/v1/{self._mount}/{operation}/{self._key}"
        status, answer = self._http.ask(method, path, headers=headers, body=body)
        if status == 200:
            return answer["data"]
        said = "; ".join(map(str, answer.get("errors") or ()))[:300] if isinstance(answer, dict) else ""
        if status in (401, 403, 404):
            raise RootKeysUnavailable(
                f"The vault refuses {path} ({status} {said}). Let the token's policy read "
                f"{self._mount}/keys/{self._key}, and update {self._mount}/encrypt/{self._key} and "
                f"{self._mount}/decrypt/{self._key}."
            )
        raise SecretUnreadable(f"The vault does not unwrap the data key ({status} {said}).")
