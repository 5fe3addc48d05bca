"""Short visits to the database: a connection is taken for one transaction and given back to the pool."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def brief_transaction() -> Iterator[None]:
    """Run one transaction and then let go of the connection, so that nobody holds one while waiting for Microsoft."""
    outermost = not connection.in_atomic_block
    try:
        with transaction.atomic():
            yield
    finally:
        if outermost:
            connection.close()
