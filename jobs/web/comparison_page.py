"""What the tab Compare shows: a run beside an earlier run of the same cmdlet."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from jobs.results.comparison import Change, Pair, Side, compared
from jobs.results.explanations import explanation_of
from jobs.runs.models import Run
from jobs.runs.places import earlier_runs
from portal.core.actors import Actor

ROWS = 50
WORDS = {
    Change.NEWLY_FAILED: "Newly failed",
    Change.FAILS_DIFFERENTLY: "Fails differently",
    Change.STILL_FAILS: "Still fails",
    Change.MENDED: "Mended",
    Change.ANSWER_DIFFERS: "Answer differs",
    Change.SAME: "Same",
    Change.ONLY_NOW: "Only in this run",
    Change.ONLY_BEFORE: "Only in the earlier run",
    Change.NOT_ENDED: "Not ended yet",
}


@dataclass(frozen=True, slots=True)
class ChangeCount:
    """One kind of difference: its number, and the address that shows only it, or everything where it is `current`."""

    word: str
    number: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class PairRow:
    """One organization before and now."""

    name: str
    word: str
    change: str
    before: Side | None
    after: Side | None
    before_cause: str
    after_cause: str
    rows: str


@dataclass(frozen=True, slots=True)
class PairPage:
    """Some rows, with the cursor of the next ones."""

    rows: Sequence[PairRow]
    next_cursor: str
    has_previous: bool


def comparison_context(actor: Actor, run: Run, query: Mapping[str, str]) -> dict[str, Any]:
    """Return `run` beside the earlier run that `query`, the address's, asks for, or the latest one."""
    earlier = earlier_runs(actor=actor, run=run)
    if not earlier:
        return {"earlier": earlier}
    wanted, change = query.get("with", ""), query.get("change", "")
    chosen = next((other for other in earlier if str(other.pk) == wanted), earlier[0])
    pairs = compared(actor=actor, run=run, earlier=chosen)
    shown = [pair for pair in pairs if pair.change == change] if change in WORDS else pairs
    return {
        "earlier": earlier,
        "chosen": chosen,
        "counts": _counts(pairs, chosen, change),
        "change": change if change in WORDS else "",
        "notes": _notes(wanted, chosen, change),
        "pairs": _page(shown, query.get("cursor", "")),
    }


def _counts(pairs: Sequence[Pair], chosen: Run, change: str) -> list[ChangeCount]:
    numbers = Counter(pair.change for pair in pairs)
    return [
        ChangeCount(word, numbers[kind], _url(chosen, "" if kind == change else kind), kind == change)
        for kind, word in WORDS.items()
        if numbers[kind]
    ]


def _url(chosen: Run, change: str) -> str:
    return "?" + urlencode({"with": str(chosen.pk), **({"change": str(change)} if change else {})})


def _notes(wanted: str, chosen: Run, change: str) -> list[str]:
    notes = []
    if wanted and wanted != str(chosen.pk):
        notes.append("The run to compare with is not an earlier run of this cmdlet, or is gone: the latest is shown.")
    if change and change not in WORDS:
        notes.append(f"Difference “{change[:40]}” was ignored. Known are: {', '.join(WORDS)}.")
    return notes


def _page(pairs: Sequence[Pair], cursor: str) -> PairPage:
    start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 7 else 0
    rows = [_row(pair) for pair in pairs[start : start + ROWS]]
    return PairPage(rows, str(start + ROWS) if len(pairs) > start + ROWS else "", has_previous=start > 0)


def _row(pair: Pair) -> PairRow:
    return PairRow(
        name=pair.side.organization_name,
        word=WORDS[pair.change],
        change=pair.change,
        before=pair.before,
        after=pair.after,
        before_cause=_cause(pair.before),
        after_cause=_cause(pair.after),
        rows=_rows(pair),
    )


def _cause(side: Side | None) -> str:
    return explanation_of(side.error_class).title if side and side.error_class else ""


def _rows(pair: Pair) -> str:
    if pair.more_rows is None or pair.before is None or pair.after is None:
        return ""
    if not pair.more_rows:
        return f"{pair.after.row_count:,}"
    return f"{pair.before.row_count:,} → {pair.after.row_count:,} ({pair.more_rows:+,})"
