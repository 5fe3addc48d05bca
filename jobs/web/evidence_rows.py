"""What was sent beside what is there, as texts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.reconciliation.lines import NOT_SHOWN, SECRET
from jobs.web.target_result import readable

_WORDS = {
    "same": "as sent",
    "differs": "differs",
    "unclear": "cannot be compared",
    NOT_SHOWN: "not shown by the reader",
    SECRET: "secret, cannot be read",
}
_TONES = {"same": "good", "differs": "bad"}
_SHORT = 60
_FEW = 2


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One value that was sent, the one that is there, and how they compare, in words and as a tone."""

    name: str
    wanted: str
    found: str
    word: str
    tone: str


def evidence_rows(lines: Sequence[Mapping[str, Any]]) -> list[EvidenceRow]:
    """Return stored lines as rows of a table, those that differ first."""
    ranked = sorted(lines, key=lambda line: list(_WORDS).index(line["match"]) if line["match"] != "differs" else -1)
    return [
        EvidenceRow(
            line["name"],
            as_text(line["wanted"]),
            as_text(line["found"]),
            _WORDS[line["match"]],
            _TONES.get(line["match"], "quiet"),
        )
        for line in ranked
    ]


def in_short(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the first differences, or values that are there, for a list: "MailTip: “Away” → “”"."""
    rows = evidence_rows(lines)[:_FEW]
    return [f"{row.name}: {_cut(row.wanted)} → {_cut(row.found)}" for row in rows]


def as_text(value: Any) -> str:
    """Return a value that was sent or found as a person reads it; a dash for none."""
    if isinstance(value, Mapping):
        kept = {key: item for key, item in value.items() if "@" not in key}
        return "; ".join(f"{key}: {readable(item)}" for key, item in kept.items()) or "(emptied)"
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return json.dumps(value, ensure_ascii=False)
    return readable(value) or "–"


def _cut(text: str) -> str:
    plain = text.replace("\n", ", ")
    return plain if len(plain) <= _SHORT else f"{plain[:_SHORT]}…"
