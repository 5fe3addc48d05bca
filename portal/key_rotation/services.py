"""Rotating the root key: every stored secret is sealed anew, while everything goes on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction

from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.secrets.fields import sealed_fields
from portal.core.secrets.root_keys.key_ring import key_ring
from portal.core.secrets.start import check_root_keys
from portal.core.secrets.stored import prefix_of
from portal.key_rotation.resealing import reseal_column


@dataclass(frozen=True, slots=True)
class Rotation:
    """What one rotation did: per column how many secrets were sealed anew, and how many do not open."""

    root_key: str
    resealed: Mapping[str, int]
    unreadable: Mapping[str, int]


def count_stale() -> int:
    """Return how many stored secrets another root key sealed than the current one."""
    prefix = prefix_of(key_ring().current())
    return sum(field.not_beginning_with(prefix).count() for field in sealed_fields())


def rotate_keys(*, actor: Actor, report: Callable[[int], None] = lambda number: None) -> Rotation:
    """Seal every stored secret with the current root key that another one sealed; `report` is told how many more are.

    It may be interrupted at any moment and begun again, also several times at once: each batch is one transaction.
    Raises `RootKeysUnavailable`, and `ImproperlyConfigured` for an unusable root key; nothing is sealed with that.
    """
    actor.require_everywhere(Permission.ROOT_KEY_ROTATE)
    check_root_keys()
    root_key = key_ring().current()
    _record(AuditAction.ROOT_KEY_ROTATION_BEGUN, actor, root_key, {"secrets": count_stale()})
    done = {
        f"{field.model._meta.db_table}.{field.column}": reseal_column(field, root_key, report)
        for field in sealed_fields()
    }
    rotation = Rotation(
        root_key,
        {name: each.done for name, each in done.items() if each.done},
        {name: len(each.unreadable) for name, each in done.items() if each.unreadable},
    )
    data = {"resealed": dict(rotation.resealed), "unreadable": dict(rotation.unreadable)}
    _record(AuditAction.ROOT_KEY_ROTATION_ENDED, actor, root_key, data)
    return rotation


@transaction.atomic
def _record(action: AuditAction, actor: Actor, root_key: str, data: Mapping[str, object]) -> None:
    record(action, actor=actor, target=Object("root key", root_key, root_key), data=data)
