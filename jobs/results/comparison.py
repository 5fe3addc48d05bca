"""Two runs of the same cmdlet side by side, organization by organization."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from jobs.results.selectors import latest_results
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import OPEN_TARGET_STATES, TargetState
from portal.core.actors import Actor


class Change(StrEnum):
    """How an organization's outcome differs from the run before; what needs a person comes first."""

    NEWLY_FAILED = "newly_failed"
    FAILS_DIFFERENTLY = "fails_differently"
    STILL_FAILS = "still_fails"
    MENDED = "mended"
    ANSWER_DIFFERS = "answer_differs"
    SAME = "same"
    ONLY_NOW = "only_now"
    ONLY_BEFORE = "only_before"
    NOT_ENDED = "not_ended"


class Side(NamedTuple):
    """What one organization came to in one run; `sha256` is of its answers, one a step; None without any."""

    target_id: UUID
    organization_id: UUID
    organization_name: str
    state: str
    error_class: str
    row_count: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One organization in the earlier run and in this one; at least one side is there."""

    before: Side | None
    after: Side | None

    @property
    def side(self) -> Side:
        """The newer side that is there."""
        side = self.after or self.before
        assert side is not None  # noqa: S101 - a pair is made from at least one
        return side

    @property
    def change(self) -> Change:
        """How the two sides differ."""
        before, after = self.before, self.after
        if after is None:
            return Change.ONLY_BEFORE
        if after.state in OPEN_TARGET_STATES:
            return Change.NOT_ENDED
        if before is None:
            return Change.ONLY_NOW
        return _change(before, after)

    @property
    def more_rows(self) -> int | None:
        """How many objects more there are now; None where one side has no answer."""
        if not self.before or not self.after or self.before.row_count is None or self.after.row_count is None:
            return None
        return self.after.row_count - self.before.row_count


def compared(*, actor: Actor, run: Run, earlier: Run) -> list[Pair]:
    """Return every organization of either run, those that need a person first, then by name."""
    before, after = _sides(actor, earlier), _sides(actor, run)
    ranks = {change: rank for rank, change in enumerate(Change)}
    pairs = [Pair(before.get(key), after.get(key)) for key in {**after, **before}]
    return sorted(pairs, key=lambda pair: (ranks[pair.change], pair.side.organization_name, pair.side.target_id))


def _change(before: Side, after: Side) -> Change:
    fine_before, fine_now = before.state == TargetState.SUCCEEDED, after.state == TargetState.SUCCEEDED
    if fine_before != fine_now:
        return Change.MENDED if fine_now else Change.NEWLY_FAILED
    if fine_now:
        return Change.SAME if before.sha256 == after.sha256 else Change.ANSWER_DIFFERS
    same = (before.state, before.error_class) == (after.state, after.error_class)
    return Change.STILL_FAILS if same else Change.FAILS_DIFFERENTLY


def _sides(actor: Actor, run: Run) -> dict[UUID, Side]:
    answers: dict[UUID, str] = {}
    targets = RunTarget.objects.visible_to(actor).filter(run=run)
    for target_id, sha256 in latest_results(targets).values_list("run_target", "sha256"):
        answers[target_id] = answers.get(target_id, "") + sha256
    rows = targets.values_list("pk", "organization_id", "organization_name", "state", "error_class", "row_count")
    return {row[1]: Side(*row, answers.get(row[0])) for row in rows}
