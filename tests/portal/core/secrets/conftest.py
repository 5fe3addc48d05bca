from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from portal.core.secrets.root_keys.key_ring import _key_ring
from tests.portal.core.secrets.vaults import (
    CLIENT,
    CLIENT_SECRET,
    TENANT,
    VAULT_TOKEN,
    KeyVault,
    key_vault,
    metadata_service,
)

WAYS = ["azure", "azure with a managed identity", "transit"]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[KeyVault]:
    """A running key vault that nothing uses yet."""
    with key_vault(tmp_path / "vault") as running:
        yield running
        _key_ring.cache_clear()


@pytest.fixture(params=WAYS)
def sealing_vault(
    request: pytest.FixtureRequest, vault: KeyVault, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KeyVault]:
    """A running key vault that this process seals with, in each way that it may be used."""
    if request.param == "azure with a managed identity":
        with metadata_service(vault) as address:
            monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", address)
            use_azure(vault, settings, client_secret_file="")
            yield vault
        return
    secret = tmp_path / "client_secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    if request.param == "azure":
        use_azure(vault, settings, client_secret_file=str(secret))
    else:
        use_transit(vault, settings, tmp_path)
    yield vault


def use_azure(vault: KeyVault, settings: Settings, *, client_secret_file: str) -> None:
    settings.ROOT_KEYS = "azure"
    settings.AZURE_KEY_VAULT = {
        "url": vault.url,
        "key": "signalbox",
        "tenant_id": TENANT,
        "client_id": CLIENT if client_secret_file else "",
        "client_secret_file": client_secret_file,
        "login_url": vault.url,
        "ca_file": str(vault.ca_file),
    }


def use_transit(vault: KeyVault, settings: Settings, folder: Path) -> dict[str, str]:
    """Let this process seal with the transit engine; returns what lets another process do so."""
    token = folder / "vault_token"
    token.write_text(f"{VAULT_TOKEN}\n")
    settings.ROOT_KEYS = "transit"
    settings.VAULT_TRANSIT = {
        "url": vault.url,
        "mount": "transit",
        "key": "signalbox",
        "token_file": str(token),
        "namespace": "",
        "ca_file": str(vault.ca_file),
    }
    return {
        "ROOT_KEYS": "transit",
        "VAULT_URL": vault.url,
        "VAULT_TOKEN_FILE": str(token),
        "ROOT_KEYS_CA_FILE": str(vault.ca_file),
    }
