"""Where the secret of the campaign's runs may not be found: I12."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import connection
from psycopg import sql

from jobs.results.bodies import unpack_exchanges
from jobs.results.models import Result
from tests.faults.complaint import Complaint
from tests.faults.load import CANARY


def leaks(folder: Path) -> Iterator[Complaint]:
    """Look for it in all tables, in what was exchanged with Exchange, in logs and in the broker's file."""
    for table in {model._meta.db_table for model in apps.get_models() if model._meta.managed}:
        statement = sql.SQL("SELECT count(*) FROM {} AS kept WHERE kept::text LIKE %s").format(sql.Identifier(table))
        with connection.cursor() as cursor:
            cursor.execute(statement.as_string(), [f"%{CANARY}%"])
            if cursor.fetchone()[0]:
                yield Complaint("I12", f"the secret is in the table {table}")
    exchanges = Result.objects.filter(run_target__run__cmdlet="New-Mailbox").only("exchanges")
    if any(CANARY in str(unpack_exchanges(bytes(result.exchanges))) for result in exchanges.iterator()):
        yield Complaint("I12", "the secret is in what was kept of an exchange")
    for file in (*(folder / "logs").iterdir(), *(folder / "valkey").rglob("*")):
        if file.is_file() and CANARY.encode() in file.read_bytes():
            yield Complaint("I12", f"the secret is in {file.name}")
