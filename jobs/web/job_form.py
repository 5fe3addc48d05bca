"""The launch form that a job stands for today."""

from collections.abc import Sequence

from django.http import QueryDict

from jobs.catalogue.cmdlets import UnknownCmdlet, find
from jobs.saved.models import Job
from jobs.saved.selectors import Step
from jobs.web.form_steps import job_rows, opened
from jobs.web.launch_form import LaunchForm
from portal.core.actors import Actor


def job_form(actor: Actor, job: Job, steps: Sequence[Step]) -> LaunchForm | None:
    """Return the form that launches a job, the first step open whose cmdlet there is; None when there is none."""
    rows = job_rows(steps)
    for position, step in enumerate(steps, start=1):
        try:
            cmdlet = find(step.cmdlet)
        except UnknownCmdlet:
            continue
        around = QueryDict(job.typed, mutable=True)
        around["job"] = str(job.pk)
        _, data = opened(around, rows, position)
        return LaunchForm.read(actor, cmdlet, data)
    return None
