"""What was kept of a run is shown only to those who may see the run."""

import pytest

from jobs.results.evidence import NothingToDownload, answer_of, download_target_rows
from jobs.runs.models import Attempt, RunTarget
from jobs.runs.states import TargetState
from tests.factories import SYSTEM, make_run

pytestmark = pytest.mark.django_db


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
