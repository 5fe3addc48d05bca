"""Where a run shall go, as it was typed: everywhere, a filter, or groups, a list and single ones; less exceptions."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import QueryDict

from jobs.runs.selection import Chosen, Selection, choose
from jobs.web.words import counted
from portal.core.actors import Actor
from portal.core.refusals import Refused
from tenants.groups.scope import Scope
from tenants.organizations.name_lists import ListTooLong, NameList, read_name_list
from tenants.selection.facets import FACETS
from tenants.selection.selectors import selection_in_words

FILTER_PREFIX = "filter."
"""What stands before a facet's key in the name of its form field."""

FILTER_KEYS = ("q", *FACETS)
MODES = ("all", "filter", "chosen")


@dataclass
class Where:
    """The typed places of one person; what they mean is worked out once, when it is asked for."""

    actor: Actor
    mode: str = "chosen"
    group_ids: list[UUID] = field(default_factory=list)
    organization_ids: list[UUID] = field(default_factory=list)
    names: str = ""
    names_note: str = ""
    matching: QueryDict = field(default_factory=QueryDict)
    except_ids: list[UUID] = field(default_factory=list)
    except_group_ids: list[UUID] = field(default_factory=list)

    @classmethod
    def read(cls, actor: Actor, data: QueryDict) -> "Where":
        """Return what a browser sent; raises `BadRequest` for ids that no page of ours sends."""
        matching = QueryDict(mutable=True)
        for key in FILTER_KEYS:
            if values := [value for value in data.getlist(FILTER_PREFIX + key) if value.strip()]:
                matching.setlist(key, values)
        mode = data.get("where", "")
        return cls(
            actor=actor,
            mode=mode if mode in MODES else "chosen",
            group_ids=_ids(data.getlist("group")),
            organization_ids=_ids(data.getlist("organization")),
            names=data.get("names", "").replace("\r\n", "\n"),
            names_note=data.get("names_note", "")[:300],
            matching=matching,
            except_ids=_ids(data.getlist("except")),
            except_group_ids=_ids(data.getlist("except_group")),
        )

    @cached_property
    def _read_names(self) -> tuple[NameList, str]:
        """What the pasted list names, and why it was not read, if so."""
        if self.mode != "chosen" or not self.names:
            return NameList(), ""
        try:
            return read_name_list(self.actor, self.names), ""
        except ListTooLong as refusal:
            return NameList(), str(refusal)

    @property
    def named(self) -> NameList:
        """What the pasted list names; a list that is too long names nobody."""
        return self._read_names[0]

    @property
    def names_refusal(self) -> str:
        """Why the pasted list was not read; empty when it was."""
        return self._read_names[1]

    @property
    def selection(self) -> Selection:
        """The selection that this means; what was typed for another way of choosing stays typed, unused."""
        return replace(self._wanted(), except_ids=self.except_ids, except_group_ids=self.except_group_ids)

    def _wanted(self) -> Selection:
        if self.mode == "all":
            return Selection(everywhere=True)
        if self.mode == "filter":
            return Selection(matching=self.matching.urlencode())
        named = [organization.pk for organization in self.named.organizations]
        return Selection(
            group_ids=self.group_ids, organization_ids=list(dict.fromkeys([*self.organization_ids, *named]))
        )

    @cached_property
    def _chosen(self) -> tuple[Chosen, str]:
        """Who is chosen, and why nobody is, when the filter makes no sense."""
        try:
            return choose(actor=self.actor, selection=self.selection), ""
        except Refused as refusal:
            return Chosen(), str(refusal)

    @property
    def chosen(self) -> Chosen:
        """The organizations that are chosen now, and who is left out; nobody when the filter makes no sense."""
        return self._chosen[0]

    @cached_property
    def _group_names(self) -> dict[str, str]:
        return {key: group.name for key, group in Scope.of(self.actor).groups.items()}

    @property
    def deleted_groups(self) -> list[UUID]:
        """The chosen groups that are there no more."""
        return [pk for pk in self.group_ids if str(pk) not in self._group_names]

    @property
    def deleted_except_groups(self) -> list[UUID]:
        """The excepted groups that are there no more."""
        return [pk for pk in self.except_group_ids if str(pk) not in self._group_names]

    def in_words(self) -> str:
        """Return where this goes, as it is kept: “Gold, 3 from a list; except 2 organizations”."""
        if self.mode == "all":
            words = "All organizations"
        elif self.mode == "filter":
            words = self._filter_in_words()
        else:
            names = self._names(self.group_ids)
            listed = len(self.named.entries)
            names += [f"{listed:,} from a list"] if listed else []
            names += [f"{len(self.organization_ids):,} picked one by one"] if self.organization_ids else []
            words = ", ".join(names) or "Nobody yet"
        spared = self._names(self.except_group_ids)
        spared += [counted(len(self.except_ids), "single organization")] if self.except_ids else []
        return f"{words}; except {', '.join(spared)}" if spared else words

    def _filter_in_words(self) -> str:
        query = self.matching.copy()
        query["match"] = "all"
        try:
            return selection_in_words(self.actor, query) if self.matching else "A filter with nothing chosen"
        except Refused as refusal:
            return str(refusal)

    def _names(self, group_ids: Iterable[UUID]) -> list[str]:
        return [self._group_names.get(str(pk), "a deleted group") for pk in group_ids]

    def problems(self) -> list[str]:
        """Return what must be mended before a run can go there: nothing of a list is dropped in silence."""
        if refusal := self._chosen[1] or self.names_refusal:
            return [refusal]
        number = len(self.named.unclear)
        if not number:
            return []
        entries = "1 entry" if number == 1 else f"{number:,} entries"
        first = ", ".join(f"“{entry.text[:60]}”" for entry in self.named.unclear[:3])
        return [f"{entries} of the list cannot be used: {first}{' …' if number > 3 else ''}. Correct or remove them."]


def _ids(texts: Iterable[str]) -> list[UUID]:
    try:
        return list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError as error:
        raise BadRequest("An id in the form cannot be read.") from error
