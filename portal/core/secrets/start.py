"""What a process asks of its root keys before it starts: that they are there, and open what is stored."""

import os

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from portal.core.secrets.envelope import VERSION_1 as VERSION_1_HEADER
from portal.core.secrets.envelope import unseal
from portal.core.secrets.errors import RootKeysUnavailable, SecretUnreadable
from portal.core.secrets.fields import SealedField, sealed_fields
from portal.core.secrets.inventory import UNKNOWN_FORMAT, VERSION_1, inventory
from portal.core.secrets.root_keys.key_ring import key_ring

log = structlog.get_logger(__name__)


def check_root_keys() -> None:
    """Raise `ImproperlyConfigured` unless the settings name root keys that are random and none of SECRET_KEY's."""
    key_ring().check()


def require_keys() -> None:
    """Raise `ImproperlyConfigured` unless the root keys wrap now and open what is stored.

    A database that cannot be asked yet, or has no tables, keeps nobody from starting: what it holds stays closed.
    """
    check_root_keys()
    _require_wrapping()
    try:
        _require_opening()
    except DatabaseError as error:
        log.warning("root_keys.not_compared", error=str(error).strip())
    finally:
        if not connection.in_atomic_block:
            connection.close()


def _require_wrapping() -> None:
    probe = os.urandom(32)
    try:
        wrapped = key_ring().wrap(probe)
        opened = key_ring().unwrap(wrapped.key_id, wrapped.content)
    except RootKeysUnavailable as error:
        raise ImproperlyConfigured(f"The root keys cannot be used, so nothing is started. {error}") from None
    if opened != probe:
        raise ImproperlyConfigured(f"The root key {wrapped.key_id} does not open what it wrapped. Check the key vault.")


def _require_opening() -> None:
    ring = key_ring()
    for column in inventory():
        for key_id, number in column.secrets.items():
            where = f"{number} {'secret' if number == 1 else 'secrets'} in {column.table}.{column.column}"
            if key_id not in (VERSION_1, UNKNOWN_FORMAT) and not ring.knows(key_id):
                raise ImproperlyConfigured(
                    f"{where} need the root key {key_id}, which is not here. Put that key back (ENCRYPTION_KEY_FILE "
                    "may name a folder or several files), or restore the settings of its key vault. "
                    "Nothing is started, and nothing was changed."
                )
    for field in sealed_fields():
        _require_opening_of_version_1(field)


def _require_opening_of_version_1(field: SealedField) -> None:
    """Refuse to start when none of the first secrets of the first format opens: one alone may be damaged."""
    rows = list(field.beginning_with(VERSION_1_HEADER)[:5])
    if rows and not any(_opens(field, row) for row in rows):
        raise ImproperlyConfigured(
            f"The secrets in {field.model._meta.db_table}.{field.column} do not open with the encryption key that "
            "ENCRYPTION_KEY_FILE names. Put back the key that sealed them. Nothing is started, and nothing was changed."
        )


def _opens(field: SealedField, row: object) -> bool:
    try:
        unseal(bytes(getattr(row, field.attname)), **field.place(row))
    except SecretUnreadable:
        return False
    return True
