"""Columns that hold sealed secrets, and the one list of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr

from portal.core.secrets.places import Place


class SealedField(BinaryField):  # type: ignore[type-arg]  # Django itself knows no parameters of it
    """A column of sealed secrets; `place` says of a row what its secret is bound to.

    Migrations see the bytes only. Whatever rotates keys finds the column by this type.
    """

    def __init__(self, *args: Any, place: Callable[[Any], Place] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._place = place

    def place(self, row: Any) -> Place:
        """Return what the secret of a row is bound to."""
        if self._place is None:
            raise TypeError(f"{self} belongs to a migration, which opens no secret.")
        return self._place(row)

    def beginning_with(self, prefix: bytes) -> "QuerySet[Any]":
        """Return the rows whose secret begins with `prefix`."""
        return self._with_prefix(prefix).filter(sealed_prefix=prefix)

    def not_beginning_with(self, prefix: bytes) -> "QuerySet[Any]":
        """Return the rows whose secret begins otherwise."""
        return self._with_prefix(prefix).exclude(sealed_prefix=prefix)

    def _with_prefix(self, prefix: bytes) -> "QuerySet[Any]":
        first = Substr(self.attname, 1, len(prefix), output_field=BinaryField())
        stored: Any = self.model._default_manager.exclude(**{self.attname: None})
        rows: QuerySet[Any] = stored.annotate(sealed_prefix=first)
        return rows

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Return the field as migrations know it: bytes."""
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.BinaryField", arguments, options


def sealed_fields() -> Iterator[SealedField]:
    """Return every column of sealed secrets, in the order of their tables."""
    found = [
        field for model in apps.get_models() for field in model._meta.concrete_fields if isinstance(field, SealedField)
    ]
    yield from sorted(found, key=lambda field: (field.model._meta.db_table, field.column))
