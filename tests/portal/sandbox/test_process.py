"""The process: start, certificates, determinism, and a quick end."""

import os
import signal
import ssl
import stat
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from portal.sandbox.world.organizations import make_organizations
from portal.sandbox.world.troubles import AT_THE_TOKEN, EXCHANGE_SAYS_NO
from tests.portal.sandbox.conftest import start_sandbox, wait_for, wait_until_ready


def test_sigterm_ends_it_within_a_second_even_with_a_held_request(tmp_path: Path) -> None:
    process = start_sandbox(tmp_path, "--organizations", "5")
    ready = wait_until_ready(process, tmp_path)
    context = ssl.create_default_context(cafile=ready["ca_file"])
    with httpx.Client(verify=context, trust_env=False, timeout=5) as client:
        client.post(f"{ready['url']}/_sandbox/faults", json={"match": {"path": "/v1.0/"}, "action": {"type": "hold"}})
        ended: list[str] = []

        def hang() -> None:
            try:
                client.get(f"{ready['url']}/v1.0/domains")
            except httpx.TransportError as error:
                ended.append(type(error).__name__)

        thread = threading.Thread(target=hang)
        thread.start()

        def is_held() -> bool:
            return bool(client.get(f"{ready['url']}/_sandbox/faults").json()[0]["applied"])

        assert wait_for(is_held)
        before = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - before < 1
        thread.join(5)
    assert process.stdout is not None
    process.stdout.close()
    assert ended == ["RemoteProtocolError"] or ended == ["ReadError"]
    assert not (tmp_path / "ready.json").exists()


def test_certificates_and_registrations_survive_a_restart(tmp_path: Path) -> None:
    contents = []
    for _ in range(2):
        process = start_sandbox(tmp_path, "--organizations", "1")
        ready = wait_until_ready(process, tmp_path)
        process.terminate()
        process.wait(5)
        assert process.stdout is not None
        process.stdout.close()
        contents.append([path.read_bytes() for path in sorted(tmp_path.glob("*.pem"))])
    assert contents[0] == contents[1]
    assert ready["organizations"] == 1
    for name in ("ca.key.pem", "server.key.pem", "token-signing.key.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_default_demo_has_its_documented_troubles() -> None:
    organizations = make_organizations(1, 300, 0.1)
    groups = Counter(
        "token" if o.trouble in AT_THE_TOKEN else "exchange" if o.trouble in EXCHANGE_SAYS_NO else "succeeds"
        for o in organizations
    )
    assert groups == {"succeeds": 271, "exchange": 22, "token": 7}


def test_same_seed_same_world() -> None:
    first, second = make_organizations(5, 200, 0.1), make_organizations(5, 200, 0.1)
    assert first == second
    assert [o.tenant_id for o in make_organizations(6, 200, 0.1)] != [o.tenant_id for o in first]
    for values in ([o.tenant_id for o in first], [o.initial_domain for o in first], [o.name for o in first]):
        assert len(set(values)) == 200


@pytest.mark.timeout(20)
def test_five_thousand_organizations_are_made_in_a_second() -> None:
    before = time.process_time()
    assert len(make_organizations(1, 5000, 0.1)) == 5000
    assert time.process_time() - before < 1
