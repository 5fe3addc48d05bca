"""The clerk answers many questions in one transaction, and returns only what has committed."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread

import pytest
from django.db import connection, connections
from psycopg_pool import ConnectionPool

from jobs.dispatch.clerk import MOST_AT_ONCE, Clerk
from tenants.partner.models import Partner
from tests.factories import make_partner
from tests.live import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def together() -> Iterator[Callable[..., list[object]]]:
    """Return a function that has questions asked by a thread each, all waiting before the clerk takes the first."""
    clerk, begun, go_on = Clerk(), Event(), Event()

    def hold(questions: Sequence[object]) -> Sequence[object]:
        begun.set()
        go_on.wait(10)
        return questions

    def ask(work: Callable[[Sequence[int]], Sequence[object]], number: int) -> list[object]:
        answers: list[object] = [None] * number

        def one(position: int) -> None:
            try:
                answers[position] = clerk.ask(work, position)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                answers[position] = error

        first = Thread(target=clerk.ask, args=(hold, 0))
        first.start()
        assert begun.wait(10)
        threads = [Thread(target=one, args=(position,)) for position in range(number)]
        for thread in threads:
            thread.start()
        while clerk._waiting.qsize() < number:
            assert any(thread.is_alive() for thread in threads)
        go_on.set()
        for thread in (first, *threads):
            thread.join(10)
        return answers

    yield ask
    go_on.set()


def test_answers_those_who_wait_together(together: Callable[..., list[object]]) -> None:
    batches: list[list[int]] = []

    def double(questions: Sequence[int]) -> list[int]:
        batches.append(sorted(questions))
        return [2 * question for question in questions]

    assert together(double, 5) == [0, 2, 4, 6, 8]
    assert batches == [[0, 1, 2, 3, 4]]


def test_takes_no_more_than_it_can_hold(together: Callable[..., list[object]]) -> None:
    sizes: list[int] = []

    def count(questions: Sequence[int]) -> Sequence[int]:
        sizes.append(len(questions))
        return questions

    number = MOST_AT_ONCE + 20
    assert together(count, number) == list(range(number))
    assert sum(sizes) == number
    assert max(sizes) <= MOST_AT_ONCE + 1


def test_fails_only_the_guilty_question_and_undoes_what_it_wrote(together: Callable[..., list[object]]) -> None:
    partners = [make_partner() for _ in range(4)]

    def rename(questions: Sequence[int]) -> list[int]:
        for question in questions:
            Partner.objects.filter(pk=partners[question].pk).update(name="Renamed")
            if question == 2:
                raise ValueError("guilty")
        return list(questions)

    answers = together(rename, 4)
    assert [answer for answer in answers if answer != 2 and isinstance(answer, int)] == [0, 1, 3]
    assert isinstance(answers[2], ValueError)
    renamed = [Partner.objects.get(pk=partner.pk).name == "Renamed" for partner in partners]
    assert renamed == [True, True, False, True]


def test_returns_after_the_commit(together: Callable[..., list[object]]) -> None:
    partner = make_partner()
    inside: list[bool] = []

    def rename(questions: Sequence[int]) -> Sequence[int]:
        inside.append(connection.in_atomic_block)
        Partner.objects.filter(pk=partner.pk).update(name="Renamed")
        return questions

    Clerk().ask(rename, 1)
    assert inside == [True]
    assert Partner.objects.get(pk=partner.pk).name == "Renamed"


def test_serves_again_after_a_failure() -> None:
    clerk = Clerk()

    def divide(questions: Sequence[int]) -> list[float]:
        return [1 / question for question in questions]

    with pytest.raises(ZeroDivisionError):
        clerk.ask(divide, 0)
    assert clerk.ask(divide, 2) == 0.5


def test_keeps_no_database_connection_while_nobody_asks() -> None:
    pool: ConnectionPool = connections["default"].pool  # type: ignore[attr-defined]  # PostgreSQL's own

    def is_given_back(backend_pid: int) -> bool:
        return any(each.info.backend_pid == backend_pid for each in list(pool._pool))

    backend_pid = Clerk().ask(backend_pids, None)
    wait_for(lambda: is_given_back(backend_pid), seconds=5, what="the clerk's connection to be given back")


def backend_pids(questions: Sequence[None]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
        return [pid] * len(questions)


def test_asks_on_through_a_new_connection_when_the_server_has_closed_the_kept_one() -> None:
    clerk = Clerk()
    first = clerk.ask(backend_pids, None)
    assert clerk.ask(backend_pids, None) == first, "it is kept for a moment"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [first])
    assert clerk.ask(backend_pids, None) != first
