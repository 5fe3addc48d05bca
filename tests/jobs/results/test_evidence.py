"""What was kept of a run is shown only to those who may see the run."""

from dataclasses import replace

import pytest

from jobs.results.evidence import NothingToDownload, answer_of, download_target_rows, export_of, exports_of
from jobs.results.exports import request_export
from jobs.results.models import ExportFormat
from jobs.runs.models import Attempt, RunTarget
from jobs.runs.states import TargetState
from portal.core.permissions import Permission
from tests.factories import SYSTEM, make_run

BLIND = replace(SYSTEM, permissions=frozenset(Permission) - {Permission.RUN_READ})
pytestmark = pytest.mark.django_db


class TestExports:
    def test_are_those_of_runs_that_the_actor_sees(self) -> None:
        run = make_run(organizations=1)
        export = request_export(actor=SYSTEM, run_id=run.pk, file_format=ExportFormat.CSV)

        assert exports_of(actor=SYSTEM, run_id=run.pk) == [export]
        assert export_of(actor=SYSTEM, export_id=export.pk) == export
        assert exports_of(actor=BLIND, run_id=run.pk) == []
        assert export_of(actor=BLIND, export_id=export.pk) is None


class TestAnswer:
    def test_is_there_once_exchange_answered(self) -> None:
        target = make_run(organizations=1, rows=[{"Name": "x"}]).targets.get()

        found = answer_of(target)

        assert found
        assert found.row_count == 1

    def test_is_none_without_a_reply_or_without_an_outcome_by_exchange(self) -> None:
        silent = make_run(organizations=1, rows=[{"Name": "x"}]).targets.get()
        Attempt.objects.update(answered_at=None)
        lost = make_run(organizations=1, rows=[{"Name": "x"}]).targets.get()
        RunTarget.objects.filter(pk=lost.pk).update(state=TargetState.UNKNOWN)
        lost.refresh_from_db()

        assert answer_of(silent) is None
        assert answer_of(lost) is None
        with pytest.raises(NothingToDownload):
            download_target_rows(actor=SYSTEM, target_id=lost.pk)
