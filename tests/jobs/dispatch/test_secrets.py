"""A secret parameter on its whole way: it reaches Exchange, and stands nowhere in clear text."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.db import connection
from django.utils import timezone

from jobs.dispatch.sweep import sweep
from jobs.launch import discard_draft, draft_run, launch_run
from jobs.planning import RunRefused, RunRequest
from jobs.results.bodies import unpack_exchanges
from jobs.results.selectors import latest_result
from jobs.runs.models import Run, RunSecret, RunTarget
from jobs.runs.plans import hash_of
from jobs.runs.secrets import DRAFT_LIFETIME
from jobs.runs.selection import Selection
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.factories import SYSTEM
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
PASSWORD = " Grüße, S3cret-word "
NEW_MAILBOX = {"Name": "Robin Reed", "MicrosoftOnlineServicesID": "robin@robin.example", "Password": PASSWORD}
pytestmark = pytest.mark.django_db(transaction=True)


def stored_text() -> str:
    """Everything that every table of ours holds, as text; bytes as they are."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own table names
            parts += [bytes(v).decode("latin-1") if isinstance(v, memoryview) else str(v) for r in cursor for v in r]
    return "\n".join(parts)


def test_a_password_reaches_exchange_encrypted_and_stands_nowhere_in_clear(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1)
    run = launch("New-Mailbox", [organization], **NEW_MAILBOX)
    before = stored_text()
    [target] = carry_out(run)
    assert (target.state, target.error_detail) == ("succeeded", "")
    [call] = sandbox.executions("New-Mailbox")
    key = load_pem_private_key(Path(sandbox.ca_file).with_name("module.key.pem").read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    assert key.decrypt(base64.b64decode(call["parameters"]["Password"]), PKCS1v15()).decode() == PASSWORD
    result = latest_result(target)
    assert result
    sent = [exchange["request_body"] for exchange in unpack_exchanges(bytes(result.exchanges))]
    assert any('"Password":"(secret)"' in body for body in sent)
    for text in (before, stored_text(), "".join(sent)):
        assert PASSWORD.strip() not in text
        assert call["parameters"]["Password"] not in text


def test_a_secret_that_is_no_securestring_is_sent_as_it_is_and_hidden_everywhere_else(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1)
    run = launch("Export-QuarantineMessage", [organization], Identity="c14401cf-aa9a\\1", PasswordV2="abc-123-xyz")
    carry_out(run)
    [call] = sandbox.control("GET", "ledger?cmdlet=Export-QuarantineMessage")
    assert call["parameters"]["PasswordV2"] == "abc-123-xyz"
    assert "abc-123-xyz" not in stored_text()


def test_the_secret_is_erased_when_the_run_ends(organizations_of: Bring, launch: Launch, carry_out: CarryOut) -> None:
    run = launch("New-Mailbox", organizations_of(2), **NEW_MAILBOX)
    assert RunSecret.objects.filter(run=run).count() == 1
    carry_out(run)
    assert not RunSecret.objects.exists()


def test_the_plan_names_the_secret_by_a_fingerprint_that_differs_from_run_to_run(
    organizations_of: Bring, launch: Launch
) -> None:
    organizations = organizations_of(1)
    first, second = (launch("New-Mailbox", organizations, **NEW_MAILBOX) for _ in range(2))
    assert first.parameters["Password"] == "(secret)"
    assert first.steps[0].secrets.keys() == {"Password"}
    assert first.steps[0].secrets != second.steps[0].secrets
    assert first.plan_hash == hash_of(first.plan)
    assert "-Password (Read-Host -AsSecureString -Prompt 'Password')" in first.powershell


def test_a_secret_that_was_exchanged_in_the_database_is_not_sent(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    organizations = organizations_of(1)
    run = launch("New-Mailbox", organizations, **NEW_MAILBOX)
    other = launch("New-Mailbox", organizations, **{**NEW_MAILBOX, "Password": "another"})
    foreign = RunSecret.objects.get(run=other)
    RunSecret.objects.filter(run=run).update(sealed=foreign.sealed)
    [target] = carry_out(run)
    assert (target.state, target.error_class) == ("errored", "secret_unreadable")
    assert sandbox.executions("New-Mailbox") == []


def test_an_erased_secret_ends_the_target_with_what_to_do(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    run = launch("New-Mailbox", organizations_of(1), **NEW_MAILBOX)
    RunSecret.objects.all().delete()
    [target] = carry_out(run)
    assert (target.state, target.error_class) == ("errored", "secrets_erased")
    assert "type it anew" in target.error_detail
    assert sandbox.executions("New-Mailbox") == []


def test_a_draft_loses_its_secret_after_a_day_and_says_so_at_the_launch(organizations_of: Bring) -> None:
    [organization] = organizations_of(1)
    request = RunRequest("New-Mailbox", NEW_MAILBOX, Selection(organization_ids=[organization.pk]))
    run = draft_run(actor=SYSTEM, request=request)
    sweep()
    assert RunSecret.objects.count() == 1
    Run.objects.filter(pk=run.pk).update(drafted_at=timezone.now() - DRAFT_LIFETIME * 1.01)
    sweep()
    assert not RunSecret.objects.exists()
    with pytest.raises(RunRefused, match="type it again"):
        launch_run(actor=SYSTEM, run_id=run.pk)


def test_discarding_a_draft_erases_its_secret(organizations_of: Bring) -> None:
    [organization] = organizations_of(1)
    request = RunRequest("New-Mailbox", NEW_MAILBOX, Selection(organization_ids=[organization.pk]))
    run = draft_run(actor=SYSTEM, request=request)
    discard_draft(actor=SYSTEM, run_id=run.pk)
    assert not RunSecret.objects.exists()
    assert not Run.objects.filter(pk=run.pk).exists()
