"""The launch form: what somebody typed, kept exactly, and the request that it means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import BadRequest
from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet, ParameterSet
from jobs.catalogue.kinds import Kind
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.catalogue.text_values import parse_text
from jobs.launch import RunRequest, Selection
from jobs.web.parameter_fields import PREFIX, FieldGroups, field_groups, usable_sets
from jobs.web.words import SERVICES

_ON = frozenset({"on", "yes"})


class PurposeForm(forms.Form):
    """Why a run is launched, and the search among organizations beside it."""

    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="Kept with the run and in the audit trail.",
    )
    ticket = forms.CharField(max_length=100, required=False)
    find = forms.CharField(
        label="Search organizations",
        max_length=200,
        required=False,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )


@dataclass
class LaunchForm:
    """Everything typed for a launch: texts by parameter name, the chosen set and service, where, and why."""

    cmdlet: Cmdlet
    texts: dict[str, str]
    purpose: PurposeForm
    set_name: str = ""
    service: str = ""
    everywhere: bool = False
    group_ids: list[UUID] = field(default_factory=list)
    organization_ids: list[UUID] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, cmdlet: Cmdlet, data: QueryDict) -> "LaunchForm":
        """Return the form that a browser sent; raises `BadRequest` for ids that no page of ours sends."""
        texts = {key.removeprefix(PREFIX): str(data[key]) for key in data if key.startswith(PREFIX)}
        service = str(data.get("service", ""))
        return cls(
            cmdlet=cmdlet,
            texts={name: _lines(text) for name, text in texts.items() if text.strip()},
            purpose=PurposeForm(data),
            set_name=str(data.get("choose_set") or data.get("set", "")),
            service=service if service in cmdlet.services else "",
            everywhere=data.get("where") == "all",
            group_ids=_ids(data.getlist("group")),
            organization_ids=_ids(data.getlist("organization")),
        )

    @classmethod
    def fresh(cls, cmdlet: Cmdlet, **values: Any) -> "LaunchForm":
        """Return a form with only what `values` says: `texts`, `organization_ids`, `purpose` …"""
        return cls(**{"cmdlet": cmdlet, "texts": {}, "purpose": PurposeForm(), **values})

    @property
    def sets(self) -> list[ParameterSet]:
        """The parameter sets to choose from."""
        return usable_sets(self.cmdlet, self.service)

    @property
    def chosen_set(self) -> ParameterSet:
        """The parameter set chosen, else the one that has most of what was typed, the default one, or Identity."""
        by_name = {s.name: s for s in self.sets}
        if self.set_name in by_name:
            return by_name[self.set_name]
        return max(
            self.sets, key=lambda s: (len(self.texts.keys() & set(s.parameters)), s.default, "Identity" in s.parameters)
        )

    @property
    def service_choices(self) -> list[tuple[str, str]]:
        """The services to choose from; empty when there is no choice."""
        if len(self.cmdlet.services) < 2:
            return []
        return [("", "By its parameters"), *((service, SERVICES[service]) for service in self.cmdlet.services)]

    @property
    def fields(self) -> FieldGroups:
        """The fields of the chosen set, with values and problems."""
        by_name: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_name.setdefault(problem.parameter or "", []).append(problem)
        return field_groups(self.cmdlet, self.chosen_set, service=self.service, texts=self.texts, problems=by_name)

    @property
    def search(self) -> str:
        """The words searched for among organizations."""
        return str(self.purpose["find"].value() or "").replace("\x00", "")[:200]

    @property
    def selection(self) -> Selection:
        """Where the run shall go."""
        return Selection(everywhere=self.everywhere, group_ids=self.group_ids, organization_ids=self.organization_ids)

    def is_complete(self) -> bool:
        """Whether reason and ticket can be stored."""
        return self.purpose.is_valid()

    def request(self) -> RunRequest:
        """Return what was asked for; raises `InvalidCall` when a text is no value of its parameter.

        What was typed for parameters of another set stays in the form and is not part of the request.
        """
        return RunRequest(
            cmdlet=self.cmdlet.name,
            parameters=self._values(),
            selection=self.selection,
            reason=self.purpose.cleaned_data["reason"],
            ticket=self.purpose.cleaned_data["ticket"],
            service=self.service or None,
        )

    def unused(self) -> list[str]:
        """Return the parameters that were filled in and belong only to other sets."""
        return [name for name in self.texts if self._belongs_elsewhere(name)]

    def _belongs_elsewhere(self, name: str) -> bool:
        return name in self.cmdlet.parameters and name not in self.chosen_set.parameters

    def _values(self) -> Mapping[str, object]:
        values: dict[str, object] = {}
        problems = []
        for name, text in self.texts.items():
            if self._belongs_elsewhere(name):
                continue
            try:
                values[name] = self._value(name, text)
            except ValueError as error:
                problems.append(Problem(name, str(error)))
        if problems:
            raise InvalidCall(problems)
        return values

    def _value(self, name: str, text: str) -> object:
        parameter = self.cmdlet.parameters.get(name)
        if parameter is None:
            return text
        if parameter.kind is Kind.SWITCH and text in _ON:
            return True
        return parse_text(parameter, text)


def _lines(text: str) -> str:
    """Return text with the line ends of this side; browsers send CR LF."""
    return text.replace("\r\n", "\n")


def _ids(texts: Iterable[str]) -> list[UUID]:
    try:
        return list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError as error:
        raise BadRequest("An id in the form cannot be read.") from error
