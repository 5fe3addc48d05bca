"""What pages ask about jobs and drafts of launches."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, DateTimeField, Exists, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from jobs.runs.models import Run
from jobs.saved.models import Job, JobStep, LaunchDraft
from jobs.saved.querysets import JobQuerySet
from portal.core.actors import Actor
from portal.core.pagination import Page, page_by_key
from portal.core.refusals import Refused

LONG_AGO = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
JOB_SORTS = {
    "name": "name_key",
    "-name": "-name_key",
    "-last": "-last_key",
    "last": "last_key",
    "-changed": "-changed_at",
    "changed": "changed_at",
    "cmdlet": "cmdlet",
    "-cmdlet": "-cmdlet",
}
DRAFTS_SHOWN = 20


class NoSuchJob(Refused):
    """There is no job of this name."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are wanted; `whose` is empty, "mine" or "shared", `used` is empty, "yes" or "no"."""

    text: str = ""
    whose: str = ""
    used: str = ""


def jobs_page(*, actor: Actor, wanted: JobFilter, sort: str, cursor: str) -> Page[Job]:
    """Return jobs in the order `sort` of `JOB_SORTS`, each with its last run: `last_launched_at`, `last_run_id` …"""
    return page_by_key(jobs_wanted(actor, wanted), order=JOB_SORTS[sort], cursor=cursor)


def jobs_wanted(actor: Actor, wanted: JobFilter) -> JobQuerySet:
    """Return the jobs that `wanted` lets through, with their last run."""
    jobs = _with_last_run(actor, Job.objects.visible_to(actor).matching(wanted.text))
    if wanted.whose:
        jobs = jobs.filter(owner_id=actor.id) if wanted.whose == "mine" else jobs.exclude(owner_id=actor.id)
    if wanted.used:
        runs = Exists(Run.objects.filter(job=OuterRef("pk"), launched_at__isnull=False))
        jobs = jobs.filter(runs if wanted.used == "yes" else ~runs)
    return jobs


def search_jobs(*, actor: Actor, text: str, number: int) -> list[Job]:
    """Return up to `number` jobs whose name, cmdlet or description holds every word of `text`, by name."""
    return list(Job.objects.visible_to(actor).matching(text).order_by("name", "pk")[:number])


def has_jobs(*, actor: Actor) -> bool:
    """Whether there is any job that `actor` may see."""
    return Job.objects.visible_to(actor).exists()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job; `position` counts from 1, `typed` is its launch form as a query string."""

    position: int
    cmdlet: str
    typed: str


def steps_of(job: Job) -> list[Step]:
    """Return the steps of a job in order; there is always a first one."""
    later = [Step(step.position, step.cmdlet, step.typed) for step in job.later_steps.all()]
    return [Step(1, job.cmdlet, job.typed), *later]


def find_job(*, actor: Actor, job_id: UUID) -> Job | None:
    """Return one job that `actor` may see."""
    return Job.objects.visible_to(actor).filter(pk=job_id).first()


def job_named(*, actor: Actor, name: str) -> Job:
    """Return the job that is called so, in any case; raises `NoSuchJob`."""
    job = Job.objects.visible_to(actor).filter(name__iexact=name.strip()).order_by("pk").first()
    if job is None:
        near = ", ".join(f"“{each.name}”" for each in Job.objects.visible_to(actor).order_by("name", "pk")[:5])
        raise NoSuchJob(f"There is no job called “{name}”." + (f" There are {near}." if near else ""))
    return job


def runs_of_job(*, actor: Actor, job: Job, number: int = 20) -> list[Run]:
    """Return the latest launched runs of a job, newest first."""
    launched = Run.objects.visible_to(actor).launched().filter(job=job)
    return list(launched.order_by("-launched_at", "-pk")[:number])


def unfinished_launches(*, actor: Actor, number: int = DRAFTS_SHOWN) -> list[LaunchDraft]:
    """Return the launches that this person began and has not launched, the latest changed first, with their plans."""
    own = LaunchDraft.objects.visible_to(actor).unfinished(timezone.now()).select_related("run")
    return list(own.order_by("-changed_at")[:number])


def find_launch_draft(*, actor: Actor, draft_id: UUID) -> LaunchDraft | None:
    """Return a draft of this very person with its plan, also one that was launched."""
    return LaunchDraft.objects.visible_to(actor).select_related("run").filter(pk=draft_id).first()


def launch_draft_of_run(*, actor: Actor, run_id: UUID) -> LaunchDraft | None:
    """Return the form from which a plan was drafted, or None."""
    return LaunchDraft.objects.visible_to(actor).filter(run=run_id).first()


def _with_last_run(actor: Actor, jobs: JobQuerySet) -> JobQuerySet:
    later = JobStep.objects.filter(job=OuterRef("pk")).order_by().values("job").annotate(number=Count("pk"))
    newest = (
        Run.objects.visible_to(actor).filter(job=OuterRef("pk"), launched_at__isnull=False).order_by("-launched_at")
    )
    return jobs.annotate(
        name_key=Lower("name"),
        later_number=Coalesce(Subquery(later.values("number")), 0),
        last_launched_at=Subquery(newest.values("launched_at")[:1]),
        last_run_id=Subquery(newest.values("pk")[:1]),
        last_state=Subquery(newest.values("state")[:1]),
        last_by=Subquery(newest.values("requested_by")[:1]),
    ).annotate(last_key=Coalesce(F("last_launched_at"), Value(LONG_AGO), output_field=DateTimeField()))
