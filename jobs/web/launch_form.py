"""The launch form: what somebody typed, kept exactly, and the request that it means."""

from dataclasses import dataclass, field
from uuid import UUID

from django import forms
from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.planning import RunRequest
from jobs.saved.models import Job
from jobs.saved.selectors import find_job, steps_of
from jobs.web.connect_with import ConnectWith
from jobs.web.form_steps import FormSteps, requested
from jobs.web.parameter_fields import FieldGroups
from jobs.web.what import What
from jobs.web.where import Where
from portal.core.actors import Actor
from portal.core.identifiers import uuid7
from portal.core.text import readable_id


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
    """Everything typed for a launch: what, where, by which profile, and why.

    `what` is the step that is open, `steps` are the others. `draft_id` is the tab's own place to keep it, `job` the job
    that it was opened from, `again_id` the run that is launched again.
    """

    what: What
    steps: FormSteps
    where: Where
    connect_with: ConnectWith
    purpose: PurposeForm = field(default_factory=PurposeForm)
    draft_id: UUID = field(default_factory=uuid7)
    job: Job | None = None
    again_id: UUID | None = None
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, actor: Actor, cmdlet: Cmdlet, data: QueryDict) -> "LaunchForm":
        """Return the form that a browser sent; raises `BadRequest` for ids that no page of ours sends."""
        steps = FormSteps.read(data)
        return cls(
            what=What.read(cmdlet, data),
            steps=steps,
            where=Where.read(actor, data),
            connect_with=ConnectWith.read(actor, data),
            purpose=PurposeForm(data),
            draft_id=readable_id(data.get("draft")) or uuid7(),
            job=_job(actor, {cmdlet.name, *(each.cmdlet_name for each in steps.closed)}, readable_id(data.get("job"))),
            again_id=readable_id(data.get("again")),
        )

    @property
    def job_id(self) -> UUID | None:
        """The id of the job, if there is one."""
        return self.job.pk if self.job else None

    @property
    def cmdlet(self) -> Cmdlet:
        """The cmdlet to launch."""
        return self.what.cmdlet

    @property
    def fields(self) -> FieldGroups:
        """The fields of the chosen set, with values and problems."""
        return self.what.fields([each for each in self.problems if each.step in (None, self.steps.position)])

    @property
    def search(self) -> str:
        """The words searched for among organizations."""
        return str(self.purpose["find"].value() or "").replace("\x00", "")[:200]

    def is_complete(self) -> bool:
        """Whether reason and ticket can be stored and every place is understood; `problems` say what is not."""
        sentences = [*self.where.problems(), *self.connect_with.problems()]
        self.problems += [Problem(None, sentence) for sentence in sentences]
        return self.purpose.is_valid() and not self.problems

    def request(self) -> RunRequest:
        """Return what was asked for; raises `InvalidCall` when a text is no value of its parameter."""
        if not self.purpose.is_valid():
            raise InvalidCall([Problem(None, "Reason or ticket cannot be kept.", "Shorten them.")])
        (first, *later), service = requested(self.steps, self.what)
        return RunRequest(
            cmdlet=first.cmdlet,
            parameters=first.parameters,
            later_steps=later,
            on_failure=self.steps.on_failure,
            selection=self.where.selection,
            reason=self.purpose.cleaned_data["reason"],
            ticket=self.purpose.cleaned_data["ticket"],
            profile_id=self.connect_with.profile_id,
            service=service or None,
            job_id=self.job_id,
        )


def _job(actor: Actor, cmdlets: set[str], job_id: UUID | None) -> Job | None:
    """Return the job, unless it was deleted meanwhile or none of its steps is left in the form."""
    job = find_job(actor=actor, job_id=job_id) if job_id else None
    return job if job and cmdlets & {step.cmdlet for step in steps_of(job)} else None
