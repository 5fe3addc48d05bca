"""Rows of a table on their way in: collected, then copied in one go."""

from typing import Any

import orjson
from django.db import connection
from django.db.models import Model
from psycopg import sql


class Table:
    """Collects rows for the table of `model`, given the values of `fields`; other fields get their defaults."""

    def __init__(self, model: type[Model], *fields: str) -> None:
        known = {field.name: field for field in model._meta.concrete_fields}
        others = [
            field
            for field in model._meta.concrete_fields
            if field.name not in fields and not field.primary_key and not field.null and not field.generated
        ]
        self._table = model._meta.db_table
        self._columns = [str(field.column) for field in (*(known[name] for name in fields), *others)]
        self._defaults = tuple(_plain(field.get_default()) for field in others)
        self._rows: list[tuple[Any, ...]] = []
        self.copied = 0

    def add(self, *values: Any) -> None:
        """Collect one row; JSON values come as `json`."""
        self._rows.append(values + self._defaults)

    def copy(self) -> None:
        """Write what was collected, in the present transaction."""
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self._table), sql.SQL(", ").join(map(sql.Identifier, self._columns))
        )
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in self._rows:
                copy.write_row(row)
        self.copied += len(self._rows)
        self._rows.clear()


def json(value: Any) -> str:
    """Return a value for a JSON column."""
    return orjson.dumps(value).decode()


def _plain(value: Any) -> Any:
    return json(value) if isinstance(value, dict | list) else value
