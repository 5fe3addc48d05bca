"""Root keys in Azure Key Vault and in Vault's transit engine, spoken to over HTTPS (a simulator stands in for both)."""

import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from jobs.runs.models import Run
from portal.core.secrets.data_keys import CAPACITY, DataKeys
from portal.core.secrets.envelope import data_keys, seal, unseal
from portal.core.secrets.errors import RootKeysUnavailable, SecretUnreadable
from portal.core.secrets.inventory import inventory
from portal.core.secrets.places import Place
from portal.core.secrets.root_keys import azure_key_vault, https, vault_transit
from portal.core.secrets.root_keys.key_ring import key_ring
from portal.core.secrets.start import require_keys
from portal.core.secrets.stored import Stored
from portal.key_rotation.services import rotate_keys
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.factories import SYSTEM, make_app_registration
from tests.live import Processes, Sandbox, wait_for
from tests.portal.core.secrets.conftest import use_transit
from tests.portal.core.secrets.vaults import KeyVault
from tests.portal.key_rotation.stored import lost, store_tokens

PLACE: Place = {"table": "t", "column": "c", "row": 1}
UNWRAP = ("/unwrapkey", "/decrypt")
WRAP = ("/wrapkey", "/encrypt")


def unwrapped(vault: KeyVault) -> int:
    return sum(vault.count(word) for word in UNWRAP)


def wrapped(vault: KeyVault) -> int:
    return sum(vault.count(word) for word in WRAP)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    data_keys.forget()
    for module in (azure_key_vault, vault_transit):
        monkeypatch.setattr(module, "_CURRENT_SECONDS", 0.0)


def test_seals_and_opens_and_the_vault_sees_nothing_but_data_keys(sealing_vault: KeyVault) -> None:
    plain = b"a private key " * 100
    sealed = seal(plain, **PLACE)
    assert Stored.from_bytes(sealed).key_id == key_ring().current()
    assert unseal(sealed, **PLACE).reveal() == plain
    assert (wrapped(sealing_vault), unwrapped(sealing_vault)) == (1, 1)
    sent = [
        base64.urlsafe_b64decode(body.get("value", body.get("plaintext", "")) + "==") for _, body in sealing_vault.asked
    ]
    assert all(plain not in content and len(content) in (0, 32, 256) for content in sent)


def test_one_secret_that_a_thousand_need_is_asked_for_once(sealing_vault: KeyVault) -> None:
    sealed = seal(b"private", **PLACE)
    opened: list[object] = []
    threads = [Thread(target=lambda: opened.extend(unseal(sealed, **PLACE) for _ in range(10))) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    print(
        f"\n{len(opened)} uses of one secret by 100 threads: the key vault was asked {unwrapped(sealing_vault)} times"
    )
    assert len(opened) == 1000
    assert unwrapped(sealing_vault) == 1


def test_the_sign_in_at_azure_is_kept(sealing_vault: KeyVault) -> None:
    for _ in range(5):
        seal(b"private", **PLACE)
    assert sealing_vault.sign_ins <= 1


@pytest.mark.django_db
def test_a_new_version_takes_over_and_the_old_one_can_be_ended(sealing_vault: KeyVault) -> None:
    tokens = store_tokens(20)
    first = key_ring().current()
    sealing_vault.transit.rotate()
    sealing_vault.azure.add_version()
    second = key_ring().current()
    assert second != first
    assert lost(tokens) == 0
    assert sum(rotate_keys(actor=SYSTEM).resealed.values()) == 20
    assert {key for column in inventory() for key in column.secrets} == {second}
    sealing_vault.transit.min_decryption_version = 2
    sealing_vault.azure.disabled.add(next(iter(sealing_vault.azure.versions)))
    data_keys.forget()
    assert lost(tokens) == 0


@pytest.mark.django_db
def test_what_a_file_sealed_moves_into_the_vault(vault: KeyVault, settings: Settings, tmp_path: Path) -> None:
    tokens = {**store_tokens(10), **store_tokens(10, in_version_1=True)}
    use_transit(vault, settings, tmp_path)
    assert lost(tokens) == 0
    assert sum(rotate_keys(actor=SYSTEM).resealed.values()) == 20
    settings.ENCRYPTION_KEY = ""
    data_keys.forget()
    require_keys()
    assert lost(tokens) == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_vault_is_asked_again_a_little_later(sealing_vault: KeyVault, status: int) -> None:
    sealed = seal(b"private", **PLACE)
    sealing_vault.refuses = [status, status]
    assert unseal(sealed, **PLACE).reveal() == b"private"


def test_a_vault_that_stays_busy_is_not_taken_for_a_damaged_secret(sealing_vault: KeyVault) -> None:
    sealed = seal(b"private", **PLACE)
    sealing_vault.refuses = [503] * 3
    with pytest.raises(RootKeysUnavailable, match="answered 503"):
        unseal(sealed, **PLACE)
    assert unseal(sealed, **PLACE).reveal() == b"private"


@pytest.mark.parametrize("status", [401, 403])
def test_a_vault_that_refuses_us_says_what_to_allow(sealing_vault: KeyVault, status: int) -> None:
    sealing_vault.refuses = [status] * 5
    with pytest.raises(RootKeysUnavailable, match=r"Key Vault Crypto User|policy"):
        seal(b"private", **PLACE)


def test_a_vault_with_a_certificate_of_somebody_else_gets_nothing(
    vault: KeyVault, settings: Settings, tmp_path: Path
) -> None:
    use_transit(vault, settings, tmp_path)
    settings.VAULT_TRANSIT = {**settings.VAULT_TRANSIT, "ca_file": ssl.get_default_verify_paths().cafile or ""}
    with pytest.raises(RootKeysUnavailable, match="cannot be reached"):
        seal(b"private", **PLACE)
    assert vault.asked == []


def test_a_vault_without_tls_is_refused(vault: KeyVault, settings: Settings, tmp_path: Path) -> None:
    use_transit(vault, settings, tmp_path)
    settings.VAULT_TRANSIT = {**settings.VAULT_TRANSIT, "url": vault.url.replace("https", "http")}
    with pytest.raises(ImproperlyConfigured, match="over HTTPS only"):
        key_ring()


@pytest.mark.parametrize(
    "key_id",
    [
        "azure:another/0123456789abcdef0123456789abcdef",
        "azure:signalbox/../../secrets/x",
        "azure:signalbox/",
        "azure:signalbox/0123456789ABCDEF0123456789ABCDEF",
        "azure:https://evil.example/keys/signalbox/0123456789abcdef0123456789abcdef",
        "transit:transit/another/1",
        "transit:../sys/seal",
        "transit:transit/signalbox/2",
        "unknown:1",
        "",
    ],
)
def test_nobody_who_can_write_to_the_database_leads_us_elsewhere(sealing_vault: KeyVault, key_id: str) -> None:
    stored = Stored.from_bytes(seal(b"private", **PLACE))
    before = len(sealing_vault.asked)
    altered = Stored(key_id, stored.wrapped_key, stored.nonce, stored.ciphertext).to_bytes()
    with pytest.raises(SecretUnreadable) as refused:
        unseal(altered, **PLACE)
    assert not isinstance(refused.value, RootKeysUnavailable)
    assert len(sealing_vault.asked) == before


def test_an_altered_data_key_does_not_open(sealing_vault: KeyVault) -> None:
    stored = Stored.from_bytes(seal(b"private", **PLACE))
    wrapped_key = bytes([*stored.wrapped_key[:-1], stored.wrapped_key[-1] ^ 1])
    with pytest.raises(SecretUnreadable):
        unseal(Stored(stored.key_id, wrapped_key, stored.nonce, stored.ciphertext).to_bytes(), **PLACE)


@pytest.mark.django_db
def test_nothing_starts_while_the_vault_is_away(
    sealing_vault: KeyVault, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_app_registration()
    require_keys()
    monkeypatch.setattr(https, "_ATTEMPTS", 1)
    sealing_vault.refuses = [503] * 9
    with pytest.raises(ImproperlyConfigured, match="nothing is started"):
        require_keys()


def test_data_keys_are_few_and_forgotten_in_time() -> None:
    now = [0.0]
    kept = DataKeys(lifetime=300, clock=lambda: now[0])
    for number in range(CAPACITY * 2):
        kept.get(("k", str(number).encode()), lambda: b"\0" * 32)
    assert len(kept) == CAPACITY
    now[0] = 301
    asked: list[int] = []

    def ask() -> bytes:
        asked.append(1)
        return b""

    kept.get(("k", str(CAPACITY * 2 - 1).encode()), ask)
    assert (asked, len(kept)) == ([1], 1)
    assert "\\0" not in repr(kept)


@pytest.mark.django_db(transaction=True)
def test_a_run_over_250_organizations_asks_the_vault_for_each_secret_once(
    vault: KeyVault,
    settings: Settings,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    environment = use_transit(vault, settings, tmp_path)  # before the certificate is stored
    organizations_of: Callable[..., list[Organization]] = request.getfixturevalue("organizations_of")
    launch: Launch = request.getfixturevalue("launch")
    processes: Processes = request.getfixturevalue("processes")
    organizations = organizations_of(250)
    processes.worker(**environment)
    before = len(vault.asked)
    new = {"Name": "Robin Reed", "MicrosoftOnlineServicesID": "robin@robin.example", "Password": "word of 1 run"}
    run = launch("New-Mailbox", organizations, **new)
    wait_for(lambda: Run.objects.get(pk=run.pk).finished_at, seconds=120, what="the run")
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    executed = len(sandbox.executions("New-Mailbox"))
    asked = [path for path, _ in vault.asked[before:]]
    unwraps = sum("decrypt" in path for path in asked)
    print(
        f"\na run over {executed} organizations: the key vault was asked to unwrap {unwraps} times, {len(asked)} in all"
    )
    assert executed == 250
    assert unwraps <= 6
