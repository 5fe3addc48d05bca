"""The root keys of this installation: one place seals, every configured place opens."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.core.secrets.errors import SecretUnreadable
from portal.core.secrets.root_keys.files import FileRootKeys
from portal.core.secrets.root_keys.provider import RootKeys, Wrapped


class KeyRing:
    """Wraps with the place that seals; unwraps with whichever place a root key's id names."""

    def __init__(self, sealing: str, places: Mapping[str, RootKeys]) -> None:
        if sealing not in places:
            raise ImproperlyConfigured(
                f"ROOT_KEYS is {sealing!r}, which is not configured. Configured are: {', '.join(places) or 'none'}. "
                "docs/operating.md names the settings of each."
            )
        self._sealing = places[sealing]
        self._places = places

    def check(self) -> None:
        """Raise `ImproperlyConfigured` when the settings of any place cannot work; asks no other machine."""
        for place in self._places.values():
            place.check()

    def knows(self, key_id: str) -> bool:
        """Whether a secret that needs this root key may open here."""
        place = self._places.get(key_id.partition(":")[0])
        return place is not None and place.knows(key_id)

    def current(self) -> str:
        """Return the id of the root key that wraps now; raises `RootKeysUnavailable`."""
        return self._sealing.current()

    def wrap(self, data_key: bytes) -> Wrapped:
        """Return a data key wrapped with the current root key; raises `RootKeysUnavailable`."""
        return self._sealing.wrap(data_key)

    def unwrap(self, key_id: str, content: bytes) -> bytes:
        """Return a data key; raises `SecretUnreadable` or `RootKeysUnavailable`."""
        place = self._places.get(key_id.partition(":")[0])
        if place is None:
            raise SecretUnreadable(
                f"The secret was sealed with the root key {key_id[:60]!r}, whose place is not configured here."
            )
        return place.unwrap(key_id, content)

    def keys_of_version_1(self) -> list[bytes]:
        """Return the keys that may have sealed secrets of the first format: those in files."""
        files = self._places.get(FileRootKeys.kind)
        return [key.content for key in files.keys().values()] if isinstance(files, FileRootKeys) else []

    @property
    def is_remote(self) -> bool:
        """Whether every use asks another machine."""
        return self._sealing.kind != FileRootKeys.kind


def key_ring() -> KeyRing:
    """Return the root keys that the settings name; raises `ImproperlyConfigured`."""
    return _key_ring(
        settings.ROOT_KEYS,
        settings.ENCRYPTION_KEY,
        tuple(settings.ENCRYPTION_KEY_FILES),
        settings.SECRET_KEY,
        tuple(sorted(settings.AZURE_KEY_VAULT.items())),
        tuple(sorted(settings.VAULT_TRANSIT.items())),
    )


@lru_cache(maxsize=4)
def _key_ring(
    sealing: str,
    content: str,
    files: tuple[str, ...],
    secret_key: str,
    azure: tuple[tuple[str, str], ...],
    transit: tuple[tuple[str, str], ...],
) -> KeyRing:
    places: dict[str, RootKeys] = {}
    if files or content:
        places["file"] = FileRootKeys(paths=tuple(map(Path, files)), content=content, secret_key=secret_key)
    if dict(azure)["url"]:
        from portal.core.secrets.root_keys.azure_key_vault import AzureKeyVault

        places["azure"] = AzureKeyVault(**dict(azure))
    if dict(transit)["url"]:
        from portal.core.secrets.root_keys.vault_transit import VaultTransit

        places["transit"] = VaultTransit(**dict(transit))
    return KeyRing(sealing, places)
