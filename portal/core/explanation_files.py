"""Explanations as data: a TOML file per area, one table per kind of failure, checked when it is read.

A file starts with `area`; each table is named by its error class and holds the fields of `Explanation`.
"""

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from portal.core.explanations import DidItRun, Explanation, Retry, Who

_ERROR_CLASS = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_FAILURE_MODE = re.compile(r"F[1-9][0-9]*")
_NEEDED = frozenset({"title", "meaning", "fix", "who", "retry", "did_it_run"})
_OPTIONAL = frozenset({"whole_partner", "wait_seconds", "codes", "texts", "failure_modes", "links"})

Word = TypeVar("Word", bound=StrEnum)
Kind = TypeVar("Kind")


class BadExplanation(ValueError):
    """A file of explanations is wrong; the message says where and how."""


def read_explanations(path: Path) -> dict[str, Explanation]:
    """Return the failures of a file by error class, in its order; raises `BadExplanation`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:  # a table that is there twice comes as this too
        raise BadExplanation(f"{path.name}: {error}") from error
    area = _text(content.pop("area", None), f"{path.name}: area")
    return {name: _explanation(name, area, fields, f"{path.name}: {name}") for name, fields in content.items()}


def _explanation(name: str, area: str, fields: object, where: str) -> Explanation:
    if not isinstance(fields, dict) or not _ERROR_CLASS.fullmatch(name):
        raise BadExplanation(f"{where} is no table named by an error class")
    if missing := sorted(_NEEDED - fields.keys()):
        raise BadExplanation(f"{where} lacks {', '.join(missing)}")
    if unknown := sorted(fields.keys() - _NEEDED - _OPTIONAL):
        raise BadExplanation(f"{where} has the unknown field {', '.join(unknown)}")
    return Explanation(
        name,
        _text(fields["title"], f"{where}.title"),
        _text(fields["meaning"], f"{where}.meaning"),
        _text(fields["fix"], f"{where}.fix"),
        _word(Retry, fields["retry"], f"{where}.retry"),
        _word(Who, fields["who"], f"{where}.who"),
        _word(DidItRun, fields["did_it_run"], f"{where}.did_it_run"),
        area=area,
        whole_partner=_of_type(bool, fields.get("whole_partner", False), f"{where}.whole_partner"),
        wait_seconds=_seconds(fields.get("wait_seconds"), f"{where}.wait_seconds"),
        codes=_codes(fields.get("codes", {}), f"{where}.codes"),
        texts=_list(fields.get("texts", []), f"{where}.texts"),
        failure_modes=_failure_modes(fields.get("failure_modes", []), f"{where}.failure_modes"),
        links=_list(fields.get("links", []), f"{where}.links"),
    )


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadExplanation(f"{where} is empty or no text")
    return value


def _word(kind: type[Word], value: object, where: str) -> Word:
    try:
        return kind(str(value))
    except ValueError as error:
        raise BadExplanation(f"{where} is “{value}”; known are {', '.join(kind)}") from error


def _list(value: object, where: str) -> tuple[str, ...]:
    return tuple(_text(item, where) for item in _of_type(list, value, where))


def _failure_modes(value: object, where: str) -> tuple[str, ...]:
    modes = _list(value, where)
    if wrong := [mode for mode in modes if not _FAILURE_MODE.fullmatch(mode)]:
        raise BadExplanation(f"{where} names {', '.join(wrong)}; they are numbered as F1")
    return modes


def _codes(value: object, where: str) -> tuple[tuple[str, str], ...]:
    return tuple((code, _text(wording, f"{where}.{code}")) for code, wording in _of_type(dict, value, where).items())


def _seconds(value: object, where: str) -> int | None:
    return None if value is None else _of_type(int, value, where)


def _of_type(kind: type[Kind], value: object, where: str) -> Kind:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadExplanation(f"{where} is no {kind.__name__}")
    return value
