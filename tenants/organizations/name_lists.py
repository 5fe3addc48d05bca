"""Lists of organizations as people paste them: domains, e-mail addresses, tenant ids or names, in any mixture."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from rapidfuzz import fuzz, process

from portal.core.actors import Actor
from portal.core.refusals import Refused
from tenants.organizations.models import Organization

LONGEST_LIST = 200_000
"""How many characters of a list are read: some 5,000 tenant ids."""

_SUGGESTED_FOR = 25
_NEAREST = 3
_SEPARATORS = re.compile(r"[,;\t|]")
_SEPARATED = re.compile(r"([,;\t|])")
_SPACED = re.compile(r"(\s+)")
_WORD = re.compile(r"\S*[.@]\S*|[0-9a-fA-F-]{32,36}")


class ListTooLong(Refused):
    """The list holds more than is read at once."""


class Outcome(StrEnum):
    """What became of one entry of a list."""

    MATCHED = "matched"
    REPEATED = "repeated"
    AMBIGUOUS = "ambiguous"
    VANISHED = "vanished"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list with its line, what became of it, and what could be meant instead."""

    line: int
    text: str
    outcome: Outcome
    organization: Organization | None = None
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class NameList:
    """A list that was read: every entry of it, in order."""

    entries: Sequence[Entry] = field(default_factory=tuple)

    @cached_property
    def organizations(self) -> list[Organization]:
        """The organizations that the list names, each once."""
        return [entry.organization for entry in self.of(Outcome.MATCHED) if entry.organization]

    @cached_property
    def repeated(self) -> list[Entry]:
        """Entries that name an organization of an earlier entry again."""
        return self.of(Outcome.REPEATED)

    @cached_property
    def unclear(self) -> list[Entry]:
        """Entries that name no organization that can be chosen, or more than one."""
        return [entry for entry in self.entries if entry.outcome not in (Outcome.MATCHED, Outcome.REPEATED)]

    def of(self, outcome: Outcome) -> list[Entry]:
        """Return the entries with this outcome."""
        return [entry for entry in self.entries if entry.outcome == outcome]


class Directory:
    """Every organization that somebody can see, by everything that it is called."""

    def __init__(self, actor: Actor) -> None:
        self._by_name: dict[str, list[Organization]] = defaultdict(list)
        self._spelt: dict[str, str] = {}
        self._called: dict[str, list[Organization]] = {}
        fields = ("pk", "name", "default_domain", "initial_domain", "tenant_id", "vanished_at")
        for organization in Organization.objects.visible_to(actor).order_by("name", "pk").only(*fields):
            spoken = {organization.name, organization.default_domain, organization.initial_domain}
            names = {name.casefold() for name in spoken}
            for called in (*names, str(organization.tenant_id)):
                self._by_name[called].append(organization)
            if organization.vanished_at is None:
                self._spelt.update(dict.fromkeys(map(_stem, names), organization.default_domain))

    def called(self, text: str) -> list[Organization]:
        """Return the organizations called `text`; served ones alone when there are any."""
        if (known := self._called.get(text)) is not None:
            return known
        found = self._by_name.get(_key(text), [])
        called = [organization for organization in found if organization.vanished_at is None] or found
        return self._called.setdefault(text, called)

    def nearest(self, text: str) -> tuple[str, ...]:
        """Return up to three domains of served organizations whose name or domain is spelt like `text`, best first."""
        stem = _stem(_key(text)[:128])
        found = process.extract(stem, list(self._spelt), scorer=fuzz.ratio, limit=6, score_cutoff=70)
        return tuple(dict.fromkeys(self._spelt[called] for called, _, _ in found))[:_NEAREST]


def read_name_list(actor: Actor, text: str, directory: Directory | None = None) -> NameList:
    """Return what every entry of `text` names, among what `actor` may see; raises `ListTooLong`.

    Entries stand on lines of their own or between commas, semicolons, tabs, or, when they are domains, addresses or
    ids, spaces. Lines that begin with # are left alone.
    """
    if len(text) > LONGEST_LIST:
        raise ListTooLong(
            f"The list has {len(text):,} characters; at most {LONGEST_LIST:,} are read. "
            "Paste the domains alone, or in parts, or make an organization group by rule."
        )
    if not text.strip():
        return NameList()
    directory = directory or Directory(actor)
    return NameList(tuple(_judged(directory, _parts(directory, text))))


def without_entries(text: str, entries: Iterable[Entry]) -> str:
    """Return `text` with `entries` taken out, in one pass however many they are; every other entry keeps its line."""
    taken: dict[int, set[str]] = defaultdict(set)
    for entry in entries:
        taken[entry.line].add(entry.text)
    lines = enumerate(text.splitlines(), start=1)
    return "\n".join(_without(line, taken[number]) if number in taken else line for number, line in lines)


def _without(line: str, texts: set[str]) -> str:
    if " ".join(line.split()) in texts:
        return ""
    parts = _SEPARATED.split(line)
    return "".join("" if " ".join(part.split()) in texts else _without_words(part, texts) for part in parts)


def _without_words(part: str, texts: set[str]) -> str:
    if not all(map(_WORD.fullmatch, part.split())):
        return part
    return "".join(word for word in _SPACED.split(part) if word not in texts)


def rewritten(text: str, entry: Entry, name: str) -> str:
    """Return `text` with `entry` written as `name`; every other entry keeps its line."""
    lines = text.splitlines()
    if entry.line > len(lines):
        return text
    words = r"\s+".join(map(re.escape, entry.text.split()))
    alone = re.compile(rf"(?<![^\s,;|]){words}(?![^\s,;|])")
    lines[entry.line - 1] = alone.sub(lambda _: name, lines[entry.line - 1], count=1)
    return "\n".join(lines)


def _parts(directory: Directory, text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        whole = [line.strip()] if directory.called(line) else _SEPARATORS.split(line)
        for part in whole:
            words = part.split()
            several = len(words) > 1 and not directory.called(part) and all(map(_WORD.fullmatch, words))
            yield from ((number, word) for word in (words if several else [" ".join(words)]) if word)


def _judged(directory: Directory, parts: Iterable[tuple[int, str]]) -> Iterator[Entry]:
    seen: set[UUID] = set()
    advised = 0
    for line, text in parts:
        found = directory.called(text)
        if not found:
            advised += 1
            nearest = directory.nearest(text) if advised <= _SUGGESTED_FOR else ()
            yield Entry(line, text, Outcome.UNKNOWN, suggestions=nearest)
        elif len(found) > 1:
            yield Entry(line, text, Outcome.AMBIGUOUS, suggestions=tuple(o.default_domain for o in found))
        elif found[0].vanished_at is not None:
            yield Entry(line, text, Outcome.VANISHED, found[0])
        else:
            outcome = Outcome.REPEATED if found[0].pk in seen else Outcome.MATCHED
            seen.add(found[0].pk)
            yield Entry(line, text, outcome, found[0])


def _stem(name: str) -> str:
    """Return a domain without its ending, which tells nothing apart, and any other name as it is."""
    initial = name.removesuffix(".onmicrosoft.com")
    return initial if initial != name or " " in name else name.rpartition(".")[0] or name


def _key(text: str) -> str:
    """Return what an entry is looked up by: without quotes, address parts and the case of its letters."""
    key = text.strip().strip("\"'<>“”„‘’()[]").casefold()
    key = key.removeprefix("https://").removeprefix("http://").removeprefix("mailto:").rstrip("/.")
    if "@" in key:
        key = key.rpartition("@")[2]
    try:
        return str(UUID(key)) if len(key) in (32, 36) else key
    except ValueError:
        return key
