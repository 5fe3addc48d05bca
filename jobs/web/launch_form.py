"""The launch form: what somebody typed, kept exactly, and the request that it means."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django import forms
from django.core.exceptions import BadRequest
from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.catalogue.problems import Problem
from jobs.launch import RunRequest
from jobs.runs.selection import Selection
from jobs.web.parameter_fields import FieldGroups
from jobs.web.what import What


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
    """Everything typed for a launch: what, where, and why."""

    what: What
    purpose: PurposeForm = field(default_factory=PurposeForm)
    everywhere: bool = False
    group_ids: list[UUID] = field(default_factory=list)
    organization_ids: list[UUID] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, cmdlet: Cmdlet, data: QueryDict) -> "LaunchForm":
        """Return the form that a browser sent; raises `BadRequest` for ids that no page of ours sends."""
        return cls(
            what=What.read(cmdlet, data),
            purpose=PurposeForm(data),
            everywhere=data.get("where") == "all",
            group_ids=_ids(data.getlist("group")),
            organization_ids=_ids(data.getlist("organization")),
        )

    @property
    def cmdlet(self) -> Cmdlet:
        """The cmdlet to launch."""
        return self.what.cmdlet

    @property
    def fields(self) -> FieldGroups:
        """The fields of the chosen set, with values and problems."""
        return self.what.fields(self.problems)

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
        """Return what was asked for; raises `InvalidCall` when a text is no value of its parameter."""
        return RunRequest(
            cmdlet=self.cmdlet.name,
            parameters=self.what.values(),
            selection=self.selection,
            reason=self.purpose.cleaned_data["reason"],
            ticket=self.purpose.cleaned_data["ticket"],
            service=self.what.service or None,
        )


def _ids(texts: Iterable[str]) -> list[UUID]:
    try:
        return list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError as error:
        raise BadRequest("An id in the form cannot be read.") from error
