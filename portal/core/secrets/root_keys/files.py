"""Root keys in files: 32 bytes in base64 each, one file per version, the last one current."""

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured

from portal.core.secrets.errors import SecretUnreadable
from portal.core.secrets.root_keys.derivations import is_derived_from
from portal.core.secrets.root_keys.provider import Wrapped

HOW_TO_MAKE_ONE = "Make one with: head -c 32 /dev/urandom | base64"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, repr=False)
class RootKey:
    """One root key; its id says nothing of it without it, and follows it when its file is renamed."""

    content: bytes

    @property
    def id(self) -> str:
        """What names the key in every secret that it sealed."""
        return f"file:{self._derived(b'signalbox root key id').hex()[:16]}"

    @property
    def wrapping_key(self) -> AESGCM:
        """What wraps data keys."""
        return AESGCM(self._derived(b"signalbox wrapping key"))

    def _derived(self, label: bytes) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=label).derive(self.content)


class FileRootKeys:
    """The root keys of `paths`: files, or folders whose files count in the order of their names (2 before 10).

    A key that is put there later is found without a restart. `content` is a key given directly, for tests and tools.
    """

    kind = "file"

    def __init__(self, *, paths: tuple[Path, ...] = (), content: str = "", secret_key: str) -> None:
        self._paths = paths
        self._content = content
        self._secret_key = secret_key
        self._read: tuple[object, dict[str, RootKey]] = (None, {})

    def check(self) -> None:
        """Raise `ImproperlyConfigured` unless every key is 32 random bytes and none of SECRET_KEY's."""
        self.keys()

    def knows(self, key_id: str) -> bool:
        """Whether the key is in the files."""
        return key_id in self.keys()

    def current(self) -> str:
        """Return the id of the last key."""
        return next(reversed(self.keys()))

    def wrap(self, data_key: bytes) -> Wrapped:
        """Return a data key wrapped with the last key."""
        keys = self.keys()
        key_id = next(reversed(keys))
        nonce = os.urandom(_NONCE_BYTES)
        return Wrapped(key_id, nonce + keys[key_id].wrapping_key.encrypt(nonce, data_key, key_id.encode()))

    def unwrap(self, key_id: str, content: bytes) -> bytes:
        """Return the data key; raises `SecretUnreadable` when its root key is not in the files."""
        key = self.keys().get(key_id)
        if key is None:
            raise SecretUnreadable(
                f"The secret was sealed with the root key {key_id}, which is not in the files that ENCRYPTION_KEY_FILE "
                "names. Put that key back beside the others."
            )
        try:
            return key.wrapping_key.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], key_id.encode())
        except (InvalidTag, ValueError):
            raise SecretUnreadable("The wrapped data key was altered.") from None

    def keys(self) -> dict[str, RootKey]:
        """Return every key by its id, the current one last; raises `ImproperlyConfigured`.

        Files are read anew when one was added, removed or changed.
        """
        files = [file for path in self._paths for file in _files_in(path)]
        seen = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_ino) for file in files)
        if self._read[0] != seen:
            contents = [(str(file), file.read_text(encoding="ascii", errors="replace")) for file in files]
            given = [("ENCRYPTION_KEY", self._content)] if self._content else []
            keys = [self._key(name, content.strip()) for name, content in (*given, *contents)]
            if not keys:
                raise ImproperlyConfigured(
                    f"There is no root key: set ENCRYPTION_KEY_FILE to the path of a file with 32 bytes in base64. "
                    f"{HOW_TO_MAKE_ONE}"
                )
            self._read = (seen, {key.id: key for key in keys})
        return self._read[1]

    def _key(self, name: str, content: str) -> RootKey:
        try:
            key = base64.b64decode(content, validate=True)
        except ValueError:
            raise ImproperlyConfigured(f"{name} is not base64. {HOW_TO_MAKE_ONE}") from None
        if len(key) != 32:
            raise ImproperlyConfigured(f"{name} must hold 32 bytes, not {len(key)}. {HOW_TO_MAKE_ONE}")
        if len(set(key)) < 8:
            raise ImproperlyConfigured(f"{name} is not random. {HOW_TO_MAKE_ONE}")
        if content == self._secret_key or is_derived_from(self._secret_key, key):
            raise ImproperlyConfigured(
                f"{name} is SECRET_KEY or made from it, and whoever learns that opens everything. {HOW_TO_MAKE_ONE}"
            )
        return RootKey(key)


def _files_in(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        files = [file for file in path.iterdir() if file.is_file() and not file.name.startswith(".")]
    except OSError as error:
        raise ImproperlyConfigured(
            f"ENCRYPTION_KEY_FILE names {path}, which cannot be read: {error.strerror}. "
            "Put the key back from its copy; without it no stored secret opens."
        ) from error
    return sorted(files, key=lambda file: [int(part) if part.isdigit() else part for part in _parts(file.name)])


def _parts(name: str) -> list[str]:
    return re.split(r"(\d+)", name)
