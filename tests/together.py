"""Several threads that do the same to one row at the same moment."""

from collections.abc import Callable
from threading import Thread

from django.db import connection, transaction
from django.db.models import Model

from tests.live import wait_for


def at_once(row: Model, number: int, act: Callable[[], object]) -> list[object]:
    """Have `number` threads do `act`, all held up at the lock of `row` before the first goes on.

    Returns what each returned or raised, in no order.
    """
    answers: list[object] = []

    def one() -> None:
        try:
            answers.append(act())
        except Exception as error:  # noqa: BLE001 - handed to the test
            answers.append(error)
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(number)]
    with transaction.atomic():
        type(row)._default_manager.select_for_update().get(pk=row.pk)
        for thread in threads:
            thread.start()
        wait_for(lambda: waiting_for_locks() == number, seconds=20, what="the threads at the lock")
    for thread in threads:
        thread.join(20)
    return answers


def waiting_for_locks() -> int:
    """How many transactions wait for a lock that another one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it would stay as first seen
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        number: int = cursor.fetchone()[0]
        return number
