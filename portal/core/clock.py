"""Time: the database's clock is the authority for leases and expiries."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the database's present time (aware, UTC)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
