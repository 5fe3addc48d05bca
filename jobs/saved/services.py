"""What is done to jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from jobs.catalogue.cmdlets import Cmdlet
from jobs.runs.calls import MOST_STEPS
from jobs.saved.models import Job, JobStep
from jobs.saved.typed import job_text, step_text
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import storable

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 1000


class JobRefused(Refused):
    """The job cannot be saved, changed or deleted."""


def job_as_object(job: Job) -> Object:
    """Return how audit events name a job."""
    return Object("job", str(job.pk), job.name)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a job keeps of launch forms: the first step with where and why, and the later steps; each as typed."""

    cmdlet: str
    typed: str
    later: Sequence[tuple[str, str]] = ()

    @classmethod
    def of_forms(cls, cmdlet: Cmdlet, data: QueryDict, later: Sequence[tuple[Cmdlet, QueryDict]] = ()) -> Self:
        """Return what is kept of launch forms, one a step, without secrets; raises `FormTooLarge`."""
        return cls(cmdlet.name, job_text(cmdlet, data), [(step.name, step_text(step, typed)) for step, typed in later])

    @property
    def cmdlets(self) -> set[str]:
        """The cmdlets of all steps."""
        return {self.cmdlet, *(name for name, _ in self.later)}


@transaction.atomic
def create_job(*, actor: Actor, name: str, description: str, shared: bool, definition: Definition) -> Job:
    """Save launch forms as a job; raises `JobRefused` when the name is empty, too long or taken."""
    actor.require(Permission.RUN_LAUNCH)
    job = Job(
        name=_free_name(actor, name),
        description=_description(description),
        shared=shared,
        cmdlet=definition.cmdlet,
        typed=definition.typed,
        owner_id=actor.id,
        owner=actor.label,
        changed_at=timezone.now(),
        changed_by=actor.label,
    )
    job.save(force_insert=True)
    _store_later(job, definition)
    record(AuditAction.JOB_CREATED, actor=actor, target=job_as_object(job), data=_facts(job))
    return job


@transaction.atomic
def change_job(*, actor: Actor, job_id: UUID, name: str, description: str, shared: bool) -> Job:
    """Change what a job is called and who sees it; raises `JobRefused`."""
    job = _own_or_shared(actor, job_id)
    if not shared and job.owner_id != actor.id:
        raise JobRefused(f"Only {job.owner}, who saved this job, may stop sharing it.")
    job.name, job.description, job.shared = _free_name(actor, name, job.pk), _description(description), shared
    return _changed(actor, job, "name, description or sharing")


@transaction.atomic
def change_job_form(*, actor: Actor, job_id: UUID, definition: Definition) -> Job:
    """Change the steps of a job and where they go; raises `JobRefused`, also when no step is left of those it had."""
    job = _own_or_shared(actor, job_id)
    had = {job.cmdlet, *job.later_steps.values_list("cmdlet", flat=True)}
    if not had & definition.cmdlets:
        raise JobRefused(f"This job runs {job.cmdlet}, not {definition.cmdlet}. Save this as a job of its own.")
    job.cmdlet, job.typed = definition.cmdlet, definition.typed
    job.later_steps.all().delete()
    _store_later(job, definition)
    return _changed(actor, job, "what it runs, and where")


@transaction.atomic
def duplicate_job(*, actor: Actor, job_id: UUID) -> Job:
    """Save a copy of a job under the next free name, shared with nobody yet."""
    job = _own_or_shared(actor, job_id)
    base = job.name[: LONGEST_NAME - 16]
    taken = set(Job.objects.filter(name__istartswith=base).values_list("name", flat=True))
    names = (f"{base} (copy)" if number == 1 else f"{base} (copy {number})" for number in range(1, len(taken) + 2))
    name = next(name for name in names if name not in taken)
    later = list(job.later_steps.values_list("cmdlet", "typed"))
    return create_job(
        actor=actor,
        name=name,
        description=job.description,
        shared=False,
        definition=Definition(job.cmdlet, job.typed, later),
    )


@transaction.atomic
def delete_job(*, actor: Actor, job_id: UUID) -> None:
    """Delete a job; its runs stay. Deleting twice is no error."""
    actor.require(Permission.RUN_LAUNCH)
    job = Job.objects.visible_to(actor).select_for_update().filter(pk=job_id).first()
    if job is not None:
        record(AuditAction.JOB_DELETED, actor=actor, target=job_as_object(job), data=_facts(job))
        job.delete()


def _store_later(job: Job, definition: Definition) -> None:
    if len(definition.later) >= MOST_STEPS:
        raise JobRefused(f"A job has at most {MOST_STEPS} steps, and these are {len(definition.later) + 1}.")
    JobStep.objects.bulk_create(
        JobStep(job=job, position=position, cmdlet=cmdlet, typed=typed)
        for position, (cmdlet, typed) in enumerate(definition.later, start=2)
    )


def _own_or_shared(actor: Actor, job_id: UUID) -> Job:
    actor.require(Permission.RUN_LAUNCH)
    job = Job.objects.visible_to(actor).select_for_update().filter(pk=job_id).first()
    if job is None:
        raise JobRefused("This job was deleted, or is not shared with you.")
    return job


def _changed(actor: Actor, job: Job, change: str) -> Job:
    job.changed_at, job.changed_by = timezone.now(), actor.label
    job.save(update_fields=["name", "description", "shared", "cmdlet", "typed", "changed_at", "changed_by"])
    record(AuditAction.JOB_CHANGED, actor=actor, target=job_as_object(job), data={"change": change, **_facts(job)})
    return job


def _free_name(actor: Actor, name: str, job_id: UUID | None = None) -> str:
    name = " ".join(storable(name).split())
    if not name:
        raise JobRefused("Give the job a name.")
    if len(name) > LONGEST_NAME:
        raise JobRefused(f"The name has {len(name)} characters. Shorten it to {LONGEST_NAME}.")
    others = Job.objects.visible_to(actor).exclude(pk=job_id) if job_id else Job.objects.visible_to(actor)
    if others.filter(name__iexact=name).exists():
        raise JobRefused(f"There is already a job called “{name}”. Choose another name, or change that one.")
    return name


def _description(text: str) -> str:
    text = storable(text).strip()
    if len(text) > LONGEST_DESCRIPTION:
        raise JobRefused(f"The description has {len(text):,} characters. Shorten it to {LONGEST_DESCRIPTION:,}.")
    return text


def _facts(job: Job) -> dict[str, object]:
    facts: dict[str, object] = {"cmdlet": job.cmdlet, "shared": job.shared, "typed": job.typed}
    if later := list(job.later_steps.values("position", "cmdlet", "typed")):
        facts["later_steps"] = later
    return facts
