"""Sentences, pictures, cursors and texts that pages show."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest

from jobs.catalogue.cmdlets import find
from jobs.catalogue.encoding import encode
from jobs.catalogue.text_values import parse_text
from jobs.catalogue.validation import validate
from jobs.global_stop.models import GlobalStop
from jobs.runs.models import Run
from jobs.runs.selectors import Cell, Progress
from jobs.runs.states import RunState, TargetState
from jobs.web.board import board_markup
from jobs.web.consequences import consequence
from jobs.web.cursor import cursor_of, read_cursor
from jobs.web.hindrance import UNHINDERED, Hindrance
from jobs.web.pictures import MARKS, bar_markup
from jobs.web.plan_values import typed_texts
from jobs.web.run_view import RunView
from jobs.web.sentences import run_sentence
from jobs.web.words import duration

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

PLAN = {"cmdlet": "Get-Mailbox", "sent_as": "Get-Mailbox", "effect": "read", "parameters": {}}


def make(state: RunState = RunState.RUNNING, **values: object) -> Run:
    facts = {"cmdlet": "Get-Mailbox", "target_count": 300, "effect": "read", "risk": "read", "plan": PLAN}
    return Run(**{**facts, "state": state, "started_at": NOW - timedelta(seconds=60), **values})


class TestSentence:
    @pytest.mark.parametrize(
        ("run", "progress", "sentence"),
        [
            (
                make(),
                Progress({"succeeded": 183, "failed": 4, "queued": 113}, 0, 0),
                "Running: 187 of 300, 4 failed, about 36 s left",
            ),
            (
                make(started_at=NOW - timedelta(hours=1), held_for=timedelta(minutes=59)),
                Progress({"succeeded": 183, "failed": 4, "queued": 113}, 0, 0),
                "Running: 187 of 300, 4 failed, about 36 s left",
            ),
            (make(), Progress({"succeeded": 2, "queued": 298}, 0, 0), "Running: 2 of 300"),
            (
                make(),
                Progress({"succeeded": 100, "queued": 200}, 0, 6),
                "Running: 100 of 300, 6 waiting for another try",
            ),
            (
                make(RunState.QUEUED, started_at=None),
                Progress({"queued": 300}, 0, 0),
                "Queued: 300 organizations, starting in a moment.",
            ),
            (
                make(cancel_requested_at=NOW),
                Progress({"running": 14, "cancelled": 286}, 3, 0),
                "Stopping: 14 in flight, 3 may still complete",
            ),
            (
                make(cancel_requested_at=NOW),
                Progress({"cancelled": 286}, 0, 0),
                "Stopping: none in flight",
            ),
            (
                make(RunState.PAUSED, paused_by="Ada"),
                Progress({"running": 14, "succeeded": 106, "queued": 180}, 3, 0),
                "Paused by Ada: 180 organizations wait, 14 in flight, 3 may still complete",
            ),
            (
                make(RunState.PAUSED, paused_by="Ada"),
                Progress({"succeeded": 299, "queued": 1}, 0, 0),
                "Paused by Ada: 1 organization waits, none in flight",
            ),
            (
                make(RunState.PAUSED, paused_by="Ada", cancel_requested_at=NOW),
                Progress({"running": 1, "cancelled": 299}, 0, 0),
                "Stopping: 1 in flight",
            ),
            (
                make(RunState.PARTLY_FAILED, finished_at=NOW),
                Progress({"succeeded": 299, "errored": 1}, 0, 0),
                "Partly failed: 299 succeeded, 1 errored in 1 min 0 s",
            ),
            (
                make(RunState.CANCELLED, finished_at=NOW),
                Progress({"succeeded": 1, "cancelled": 299}, 0, 0),
                "Stopped: 1 succeeded, 299 cancelled. What was done stays done: stopping is not a rollback.",
            ),
        ],
    )
    def test_says_where_a_run_stands(self, run: Run, progress: Progress, sentence: str) -> None:
        assert run_sentence(run, progress, now=NOW) == sentence

    @pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.PAUSED])
    def test_names_who_stopped_everything(self, state: RunState) -> None:
        hindrance = Hindrance(stop=GlobalStop(stopped_by="Ada"))
        sentence = run_sentence(make(state), Progress({"queued": 300}, 0, 0), now=NOW, hindrance=hindrance)
        assert sentence == "Everything is stopped, by Ada: 300 organizations wait, none in flight"


class TestConsequence:
    def test_a_dry_run_changes_nothing_even_if_the_cmdlet_destroys(self) -> None:
        run = make(
            plan={**PLAN, "cmdlet": "Remove-Mailbox", "parameters": {"WhatIf": True}},
            risk="destructive",
            target_count=1,
        )

        assert consequence(run) == (
            "This is a dry run in 1 organization: Remove-Mailbox says what it would do and changes nothing."
        )

    def test_names_what_is_disabled(self) -> None:
        plan = {**PLAN, "cmdlet": "Disable-TransportRule", "effect": "absolute_set"}
        run = make(plan=plan, risk="destructive", effect="absolute_set", target_count=2)

        assert consequence(run).startswith("This disables what it names (transport rule), in 2 organizations.")


class TestPictures:
    def test_every_state_has_a_mark_of_its_own(self) -> None:
        assert len(set(MARKS.values())) == len(MARKS) == len(TargetState)

    def test_bar_is_well_formed_and_filled_completely(self) -> None:
        bar = ET.fromstring(bar_markup({"succeeded": 1, "failed": 2}, width=90, height=10))  # noqa: S314 - our own
        parts = [(part.get("x"), part.get("width")) for part in bar if "bar-part" in part.get("class", "")]

        assert parts == [("0.00", "30.00"), ("30.00", "60.00")]
        assert bar.get("aria-label") == "1 succeeded, 2 failed"

    def test_names_cannot_break_out_of_a_cell(self) -> None:
        cell = Cell(uuid4(), 7, "\"><script>'&", "failed", "", NOW, uuid4())

        element = ET.fromstring(board_markup([cell], RunView()))  # noqa: S314 - our own

        assert element.get("title") == "\"><script>'&: Failed"
        assert len(element) == 0


class TestCursor:
    def test_reads_what_it_writes(self) -> None:
        cursor = cursor_of(make(), [Cell(uuid4(), 0, "a", "running", "", NOW, uuid4())], UNHINDERED)

        assert read_cursor(str(cursor)) == cursor
        assert cursor.since == NOW - timedelta(seconds=2)

    def test_notices_an_older_change_beside_the_newest(self) -> None:
        newest = Cell(uuid4(), 0, "a", "running", "", NOW, uuid4())
        late = Cell(uuid4(), 1, "b", "running", "", NOW - timedelta(seconds=1), uuid4())

        before = cursor_of(make(), [newest], UNHINDERED)
        after = cursor_of(make(), [newest, late], UNHINDERED)

        assert before.newest == after.newest
        assert before != after

    def test_notices_a_change_of_the_run_itself(self) -> None:
        cells = [Cell(uuid4(), 0, "a", "queued", "", NOW, uuid4())]
        cursors = {
            cursor_of(make(RunState.QUEUED), cells, UNHINDERED),
            cursor_of(make(RunState.QUEUED), cells, Hindrance(broker_away=True)),
            cursor_of(make(), cells, UNHINDERED),
            cursor_of(make(cancel_requested_at=NOW), cells, UNHINDERED),
        }

        assert len(cursors) == 4


@pytest.mark.parametrize(
    ("cmdlet", "values"),
    [
        ("Set-Mailbox", {"Identity": "bob", "EmailAddresses": {"Add": ["a@b.c"], "Remove": ["d@e.f"]}}),
        ("Set-Mailbox", {"Identity": "+bob", "EmailAddresses": ["+a", "'b", "c d"]}),
        ("Set-Mailbox", {"Identity": "bob", "AuditEnabled": False, "Force": True, "MaxSendSize": "10 MB"}),
        ("Set-Mailbox", {"Identity": "bob", "ForwardingAddress": None, "EmailAddresses": []}),
        ("Set-Mailbox", {"Identity": "bob", "LitigationHoldDate": "2027-03-01T10:00:00Z"}),
        ("New-TransportRule", {"Name": "it's", "Priority": 0, "SubjectContainsWords": ["a,b", "c"]}),
        ("Get-Mailbox", {"ResultSize": "Unlimited", "Filter": "Name -eq 'x'"}),
    ],
)
def test_a_plan_can_be_typed_again(cmdlet: str, values: dict[str, object]) -> None:
    sent = encode(validate(cmdlet, values))

    known = find(cmdlet)
    assert "Confirm" not in typed_texts(known, sent)
    again = {name: parse_text(known.parameters[name], text) for name, text in typed_texts(known, sent).items()}

    assert encode(validate(cmdlet, again)) == sent


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.42, "0.4 s"), (42, "42 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (-1, "0.0 s")]
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words
