"""Which root keys the stored secrets need, column by column."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from portal.core.secrets.fields import SealedField, sealed_fields
from portal.core.secrets.stored import HEADER

VERSION_1 = "version 1"
UNKNOWN_FORMAT = "unknown format"

_STATEMENT = sql.SQL(
    """
    SELECT CASE
             WHEN substring({column} FROM 1 FOR 1) = '\\x01' THEN {version_1}
             WHEN length({column}) > 3 AND substring({column} FROM 1 FOR 2) = {header}
             THEN encode(substring({column} FROM 4 FOR get_byte({column}, 2)), 'escape')
             ELSE {unknown}
           END AS root_key, count(*)
    FROM {table} WHERE {column} IS NOT NULL GROUP BY root_key ORDER BY root_key
    """
)


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed secrets and how many of them each root key sealed.

    A key is its id, `VERSION_1` for the first format, which names none, or `UNKNOWN_FORMAT`.
    """

    table: str
    column: str
    secrets: Mapping[str, int]


def inventory() -> list[SealedColumn]:
    """Return every column of sealed secrets, read now; one statement for each."""
    return [_counted(field) for field in sealed_fields()]


def _counted(field: SealedField) -> SealedColumn:
    table, column = field.model._meta.db_table, str(field.column)
    names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    values = {"version_1": VERSION_1, "unknown": UNKNOWN_FORMAT, "header": HEADER}
    statement = _STATEMENT.format(**names, **{name: sql.Literal(value) for name, value in values.items()})
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return SealedColumn(table, column, dict(cursor.fetchall()))
