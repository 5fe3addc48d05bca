"""Rotating the root key: complete, audited, and harmless to whoever uses the secrets meanwhile."""

from io import StringIO
from threading import Event, Thread

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import BinaryField

from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.core.permissions import PermissionRefused
from portal.core.secrets.fields import SealedField, sealed_fields
from portal.core.secrets.fingerprints import fingerprint
from portal.core.secrets.inventory import inventory
from portal.core.secrets.root_keys.key_ring import key_ring
from portal.key_rotation.services import count_stale, rotate_keys
from tenants.sign_ins.models import PersonalSignIn
from tests.factories import SYSTEM, make_app_registration, make_person
from tests.portal.key_rotation.stored import KeyFiles, lost, store_tokens

pytestmark = pytest.mark.django_db

NO_SECRETS = {"result.body", "result.exchanges"}
"""Bytes that are no secrets: compressed answers of Exchange."""


def test_every_column_of_bytes_is_sealed_or_known_to_hold_no_secret() -> None:
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    bytes_ = {field for field in fields if isinstance(field, BinaryField)}
    named = {field for field in fields if "sealed" in field.name}
    unsealed = {f"{f.model._meta.db_table}.{f.column}" for f in bytes_ | named if not isinstance(f, SealedField)}
    assert unsealed == NO_SECRETS
    assert len(list(sealed_fields())) >= 7


def run(*arguments: str) -> tuple[int, str, str]:
    out, errors = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys", *arguments, stdout=out, stderr=errors)
    return int(str(ended.value.code)), out.getvalue(), errors.getvalue()


def test_seals_every_column_of_both_formats_anew_and_says_so(keys: KeyFiles) -> None:
    make_app_registration()
    word = fingerprint(b"word", table="run", row=1, column="Password")
    tokens = store_tokens(3)
    first = key_ring().current()
    assert run("--status")[0] == 0
    keys.add("2")
    second = key_ring().current()
    assert second != first
    status, told, _ = run("--status")
    assert (status, first in told, "5 to be rotated" in told) == (1, True, True)
    assert run()[0] == 0
    used = {key for column in inventory() for key in column.secrets}
    assert used == {second}
    assert lost(tokens) == 0
    assert fingerprint(b"word", table="run", row=1, column="Password") == word
    (keys.folder / "1").unlink()
    assert run("--status")[0] == 0
    assert lost(tokens) == 0
    begun, ended = AuditEvent.objects.filter(action__startswith="root_key.").order_by("pk")
    assert (begun.data, begun.target_id) == ({"secrets": 5}, second)
    resealed = {
        "certificate.sealed_private_key": 1,
        "personal_sign_in.sealed_refresh_token": 3,
        "purpose_key.sealed_key": 1,
    }
    assert ended.data == {"resealed": resealed, "unreadable": {}}


def test_seals_the_first_format_anew(settings: object) -> None:
    tokens = store_tokens(5, in_version_1=True)
    assert {key for column in inventory() for key in column.secrets} == {"version 1"}
    assert rotate_keys(actor=SYSTEM).resealed == {"personal_sign_in.sealed_refresh_token": 5}
    assert {key for column in inventory() for key in column.secrets} == {key_ring().current()}
    assert lost(tokens) == 0


def test_does_nothing_where_nothing_is_left(keys: KeyFiles) -> None:
    store_tokens(2)
    keys.add("2")
    rotate_keys(actor=SYSTEM)
    before = list(PersonalSignIn.objects.order_by("pk").values_list("sealed_refresh_token", flat=True))
    assert rotate_keys(actor=SYSTEM).resealed == {}
    assert list(PersonalSignIn.objects.order_by("pk").values_list("sealed_refresh_token", flat=True)) == before


def test_a_secret_that_does_not_open_stays_and_is_counted(keys: KeyFiles) -> None:
    tokens = store_tokens(4)
    damaged = next(iter(tokens))
    PersonalSignIn.objects.filter(pk=damaged).update(sealed_refresh_token=b"\x01damaged")
    keys.add("2")
    status, _, told = run()
    assert (status, "1 do not open" in told) == (1, True)
    assert bytes(PersonalSignIn.objects.get(pk=damaged).sealed_refresh_token) == b"\x01damaged"
    assert count_stale() == 1


def test_without_the_earlier_key_nothing_is_changed(keys: KeyFiles) -> None:
    store_tokens(2)
    (keys.folder / "1").unlink()
    keys.add("2")
    before = list(PersonalSignIn.objects.order_by("pk").values_list("sealed_refresh_token", flat=True))
    assert run()[0] == 1
    assert list(PersonalSignIn.objects.order_by("pk").values_list("sealed_refresh_token", flat=True)) == before


@pytest.mark.parametrize("content", ["", "AAAA", "not base64!", "A" * 43 + "="])
def test_with_an_unusable_key_nothing_begins(keys: KeyFiles, content: str) -> None:
    store_tokens(1)
    (keys.folder / "2").write_text(content)
    status, _, told = run()
    assert (status, "Make one with" in told) == (2, True)
    assert not AuditEvent.objects.filter(action__startswith="root_key.").exists()


def test_needs_the_permission_everywhere(keys: KeyFiles) -> None:
    for role in Role:
        actor = make_person(role).as_actor(Source.COMMAND_LINE)
        if role is Role.PLATFORM_ADMINISTRATOR:
            rotate_keys(actor=actor)
        else:
            with pytest.raises(PermissionRefused):
                rotate_keys(actor=actor)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_waited_for(keys: KeyFiles) -> None:
    tokens = store_tokens(3)
    keys.add("2")
    batches: list[int] = []
    others_are_done = Event()

    def report(number: int) -> None:
        batches.append(number)
        others_are_done.set()

    def rotate() -> None:
        try:
            rotate_keys(actor=SYSTEM, report=report)
        finally:
            connection.close()

    rotating = Thread(target=rotate)
    with transaction.atomic():
        PersonalSignIn.objects.select_for_update().get(pk=next(iter(tokens)))
        rotating.start()
        assert others_are_done.wait(20)
        assert count_stale() == 1
    rotating.join(20)
    assert batches == [2, 1]
    assert count_stale() == 0
    assert lost(tokens) == 0
