"""The time line: who was where when, small enough to send every few seconds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from jobs.runs.attempts import Try
from jobs.runs.models import Attempt
from jobs.runs.states import RunState
from jobs.web.time_line import time_line
from jobs.web.time_line_picture import time_line_picture
from portal.accounts.models import User
from tests.factories import make_run

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def attempt(
    target: int, start: float, end: float | None, *, worker: str = "a:1", outcome: str = "succeeded", state: str = ""
) -> Try:
    return Try(
        target_id=UUID(int=target),
        organization_name=f"Contoso {target}",
        state=state or outcome,
        worker=worker,
        claimed_at=NOW + timedelta(seconds=start),
        ended_at=None if end is None else NOW + timedelta(seconds=end),
        outcome="" if end is None else outcome,
        error_class="throttled" if outcome == "deferred" else "",
    )


class TestRows:
    def test_what_overlaps_stands_in_rows_of_its_own_and_a_free_row_is_used_again(self) -> None:
        line = time_line([attempt(1, 0, 4), attempt(2, 1, 2), attempt(3, 2, 3), attempt(4, 5, 6)], NOW)

        assert line
        assert [bar.row for bar in line.bars] == [0, 1, 1, 0]
        assert (line.rows, line.seconds) == (2, 6.0)

    def test_rows_of_one_worker_lie_together(self) -> None:
        tries = [attempt(1, 0, 9), attempt(2, 0.1, 9, worker="b:1"), attempt(3, 0.2, 9)]

        line = time_line(tries, NOW)

        assert line
        assert [bar.row for bar in line.bars] == [0, 2, 1]

    @given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 20), st.sampled_from("ab")), min_size=1, max_size=60))
    def test_no_two_attempts_ever_share_a_row_at_one_moment(self, spans: list[tuple[float, float, str]]) -> None:
        tries = [
            attempt(number, start, start + length, worker=worker)
            for number, (start, length, worker) in enumerate(sorted(spans))
        ]

        line = time_line(tries, NOW)

        assert line
        by_row: dict[int, list[tuple[float, float]]] = {}
        for bar in line.bars:
            by_row.setdefault(bar.row, []).append((bar.start, bar.end))
        for row in by_row.values():
            assert all(before[1] <= after[0] for before, after in pairwise(row))

    def test_an_attempt_that_goes_on_reaches_to_now(self) -> None:
        line = time_line([attempt(1, -30, None, state="running")], NOW)

        assert line
        assert (line.bars[0].end, line.bars[0].state) == (30.0, "running")

    def test_nothing_yet(self) -> None:
        assert time_line([], NOW) is None


class TestWaits:
    def test_the_time_between_two_attempts_is_a_wait_with_its_cause(self) -> None:
        tries = [attempt(1, 0, 1, outcome="deferred", state="succeeded"), attempt(1, 6, 7)]

        line = time_line(tries, NOW)

        assert line
        assert [(wait.start, wait.end, wait.error_class) for wait in line.waits] == [(1.0, 6.0, "throttled")]
        assert "1 wait for another attempt, 5.0 s together" in line.sentence

    def test_who_waits_still_waits_until_now(self) -> None:
        line = time_line([attempt(1, -10, -8, outcome="deferred", state="queued")], NOW)

        assert line
        assert [(wait.start, wait.end) for wait in line.waits] == [(2.0, 10.0)]


class TestPicture:
    @pytest.mark.parametrize("number", [1, 400, 1000, 5000])
    def test_is_well_formed_and_small(self, number: int) -> None:
        tries = [
            attempt(n, n * 0.05, n * 0.05 + 1 + n % 7, outcome=("succeeded", "failed", "deferred")[n % 3])._replace(
                organization_name="🏢 شركة " + "长" * 60
            )
            for n in range(number)
        ]

        picture = time_line_picture(time_line(tries, NOW))  # type: ignore[arg-type] # there are attempts

        assert len(picture.svg.encode()) < 60_000
        assert ET.fromstring(picture.svg).get("role") == "img"  # noqa: S314 - our own
        assert len(picture.rows) == min(number, 20)

    def test_the_table_names_the_longest_first(self) -> None:
        picture = time_line_picture(time_line([attempt(1, 0, 2), attempt(2, 0, 9)], NOW))  # type: ignore[arg-type] # as above

        assert [row[4] for row in picture.rows] == ["9.0 s", "2.0 s"]

    def test_names_are_only_text(self) -> None:
        hostile = attempt(1, 0, 2)._replace(organization_name="</title><script>alert(1)</script>")

        picture = time_line_picture(time_line([hostile], NOW))  # type: ignore[arg-type] # as above

        assert "<script" not in picture.svg + "".join(picture.rows[0])


@pytest.mark.django_db
def test_the_page_draws_the_attempts_of_its_run_only(signed_in: Callable[[User], Client], technician: User) -> None:
    run, other = make_run(organizations=2), make_run(organizations=1)
    for target in (*run.targets.all(), *other.targets.all()):
        Attempt.objects.create(
            run_target=target,
            number=1,
            fence=1,
            worker="w:1",
            claimed_at=NOW,
            ended_at=NOW,
            outcome="succeeded",
        )
    fresh = make_run(state=RunState.RUNNING)

    drawn = signed_in(technician).get(f"/runs/{run.pk}/")

    assert len(drawn.context["time_line"].bars) == 2
    assert "No attempt yet." in signed_in(technician).get(f"/runs/{fresh.pk}/").content.decode()
