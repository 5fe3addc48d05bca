"""Sealing the secrets of one column anew, a batch in each transaction."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from portal.core.bulk import update_rows
from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.errors import RootKeysUnavailable, SecretUnreadable
from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place
from portal.core.secrets.stored import prefix_of

BATCH = 200
_THREADS = 16  # what a key vault is asked at the same time
_LOOK_AGAIN_SECONDS = 0.2


@dataclass(slots=True)
class Resealed:
    """How many secrets of a column are sealed anew, and the rows whose secret does not open."""

    done: int = 0
    unreadable: set[Any] = field(default_factory=set)


def reseal_column(column: SealedField, key_id: str, report: Callable[[int], None]) -> Resealed:
    """Seal every secret of a column that another root key than `key_id` sealed; `report` is told of each batch.

    Rows that somebody else has locked are passed over and looked at again, until none is left. A secret that does not
    open stays as it is. Raises `RootKeysUnavailable`; what was done until then stays done.
    """
    resealed = Resealed()
    with ThreadPoolExecutor(_THREADS) as threads:
        while True:
            after = None
            while rows := _reseal_batch(column, key_id, after, resealed, threads):
                after = rows[-1].pk
                report(len(rows))
            if not _stale(column, key_id).exclude(pk__in=resealed.unreadable).exists():
                return resealed
            time.sleep(_LOOK_AGAIN_SECONDS)


def _stale(column: SealedField, key_id: str) -> Any:
    return column.not_beginning_with(prefix_of(key_id))


@transaction.atomic
def _reseal_batch(
    column: SealedField, key_id: str, after: object, resealed: Resealed, threads: ThreadPoolExecutor
) -> list[Any]:
    stale = _stale(column, key_id).exclude(pk__in=resealed.unreadable)
    further = stale if after is None else stale.filter(pk__gt=after)
    rows = list(further.order_by("pk").select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
    secrets = [(bytes(getattr(row, column.attname)), column.place(row)) for row in rows]
    anew = list(threads.map(_anew, secrets))
    changed = [{"pk": row.pk, column.attname: sealed} for row, sealed in zip(rows, anew, strict=True) if sealed]
    update_rows(column.model, changed)
    resealed.done += len(changed)
    resealed.unreadable |= {row.pk for row, sealed in zip(rows, anew, strict=True) if not sealed}
    return rows


def _anew(secret: tuple[bytes, Place]) -> bytes | None:
    sealed, place = secret
    try:
        return seal(unseal(sealed, **place), **place)
    except RootKeysUnavailable:
        raise
    except SecretUnreadable:
        return None
