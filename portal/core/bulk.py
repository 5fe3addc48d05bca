"""Inserting and changing many rows at once, each with values of its own, in one statement.

The rows travel as one JSON document that PostgreSQL takes apart. Django builds every statement anew, value by value:
inserting ten audit events that way took 0.8 ms of CPU, and takes 0.1 ms this way.
"""

import json
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import BinaryField, Field, GeneratedField, Model
from django.db.models.expressions import DatabaseDefault
from psycopg import sql

Row = TypeVar("Row", bound=Model)


def rows_by_id(model: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Return model objects by their primary key, as `in_bulk` does; not for models with JSON fields."""
    fields = model._meta.concrete_fields
    with connection.cursor() as cursor:
        cursor.execute(_select_statement(model), [array(ids)])
        rows = [model.from_db("default", [field.attname for field in fields], row) for row in cursor.fetchall()]
    return {row.pk: row for row in rows}


def insert_rows(rows: Sequence[Model], *, once_per: Sequence[str] = (), else_update: Sequence[str] = ()) -> None:
    """Insert model objects of one kind in the present transaction, as they are: nothing is read back, no signal sent.

    Columns that only the database fills are left to it. Where a row with the same columns `once_per` is there already,
    its columns `else_update` are set instead.
    """
    if not rows:
        return
    model = type(rows[0])
    written = [field for field in model._meta.concrete_fields if _is_written(field, rows[0])]
    names = tuple(str(field.attname) for field in written)
    statement = _insert_statement(model, names, tuple(once_per), tuple(else_update))
    _execute(statement, [{name: row.__dict__[name] for name in names} for row in rows])


def update_rows(model: type[Model], rows: Sequence[Mapping[str, Any]], *, only_where_empty: str = "") -> None:
    """Set columns of `model` in the present transaction; every row is a mapping with `pk` and the same field names.

    Rows in which the field `only_where_empty` is already set are left as they are.
    """
    if rows:
        names = tuple(name for name in rows[0] if name != "pk")
        given = [{name: value.pk if isinstance(value, Model) else value for name, value in row.items()} for row in rows]
        _execute(_update_statement(model, names, only_where_empty), given)


def encoded(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as JSON that `json_to_recordset` reads: moments and ids as text, bytes in base64."""
    try:
        return orjson.dumps(rows, default=_as_text).decode()
    except TypeError:  # a whole number of more than 64 bits, which PostgreSQL keeps
        return json.dumps(rows, default=_as_text)


def array(ids: Iterable[UUID]) -> str:
    """Return ids as PostgreSQL writes an array, for `= ANY(%s::uuid[])`: psycopg takes a list apart in Python."""
    return f"{{{','.join(map(str, ids))}}}"


def record_of(model: type[Model], names: Sequence[str]) -> sql.Composed:
    """Return `name type, …` of some fields by their names or columns, for `json_to_recordset(…) AS given(…)`."""
    fields = _fields(model)
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_type(fields[name]))) for name in names
    )


def _execute(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [encoded(rows)])


@lru_cache(maxsize=256)
def _select_statement(model: type[Model]) -> str:
    columns = [str(field.column) for field in model._meta.concrete_fields]
    statement = sql.SQL("SELECT {} FROM {} WHERE {} = ANY(%s::uuid[])").format(
        _listed(columns), sql.Identifier(model._meta.db_table), sql.Identifier(str(model._meta.pk.column))
    )
    return statement.as_string()


@lru_cache(maxsize=256)
def _insert_statement(
    model: type[Model], names: tuple[str, ...], once_per: tuple[str, ...], else_update: tuple[str, ...]
) -> str:
    fields = _fields(model)
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM json_to_recordset(%s) AS given({})").format(
        sql.Identifier(model._meta.db_table),
        _listed(names),
        sql.SQL(", ").join(_value(fields[name], name) for name in names),
        record_of(model, names),
    )
    if once_per:
        changes = [sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in else_update]
        conflict = sql.SQL(" ON CONFLICT ({}) DO UPDATE SET {}").format(_listed(once_per), sql.SQL(", ").join(changes))
        statement += conflict
    return statement.as_string()


@lru_cache(maxsize=256)
def _update_statement(model: type[Model], names: tuple[str, ...], only_where_empty: str) -> str:
    fields, key = _fields(model), model._meta.pk
    table = sql.Identifier(model._meta.db_table)
    statement = sql.SQL(
        "UPDATE {table} SET {sets} FROM json_to_recordset(%s) AS given(pk {kind}, {record}) WHERE {table}.{key} = pk"
    ).format(
        table=table,
        sets=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(str(fields[name].column)), _value(fields[name], name))
            for name in names
        ),
        kind=sql.SQL(_type(key)),
        record=record_of(model, names),
        key=sql.Identifier(str(key.column)),
    )
    if only_where_empty:
        empty = sql.Identifier(str(fields[only_where_empty].column))
        statement += sql.SQL(" AND {}.{} IS NULL").format(table, empty)
    return statement.as_string()


def _listed(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _fields(model: type[Model]) -> "dict[str, Field[Any, Any]]":
    named = {field.attname: field for field in model._meta.concrete_fields}
    return named | {field.name: field for field in model._meta.concrete_fields}


def _is_written(field: "Field[Any, Any]", row: Model) -> bool:
    filled_there = isinstance(field, GeneratedField) or isinstance(row.__dict__[field.attname], DatabaseDefault)
    return not filled_there and not (field.primary_key and row.pk is None)


def _type(field: "Field[Any, Any]") -> str:
    """Return the type of a column without its length, so that a text that is too long is refused and not cut."""
    return "text" if isinstance(field, BinaryField) else str(field.db_type(connection)).split("(")[0]


def _value(field: "Field[Any, Any]", name: str) -> sql.Composable:
    given = sql.Identifier("given", name)
    return sql.SQL("decode({}, 'base64')").format(given) if isinstance(field, BinaryField) else given


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return b2a_base64(value, newline=False).decode()
    if isinstance(value, date | UUID):
        return str(value)
    msg = f"{value!r} cannot be stored"
    raise TypeError(msg)
