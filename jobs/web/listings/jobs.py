"""Saved jobs as a listing."""

from django.urls import reverse

from jobs.saved.models import Job
from jobs.saved.selectors import JOB_SORTS, jobs_wanted
from jobs.web.jobs import SORT, JobFilterForm
from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words

COLUMNS = ("Name", "Description", "Cmdlet", "Shared", "Owner", "CreatedAt", "ChangedAt", "ChangedBy", "Job")


def _open(actor: Actor, selection: Selection) -> Table:
    form = JobFilterForm(selection.query)
    jobs = jobs_wanted(actor, form.wanted())
    order = JOB_SORTS.get(selection.query.get("sort", SORT), JOB_SORTS[SORT])
    return Table(
        title="Jobs",
        columns=lambda: COLUMNS,
        rows=lambda: map(_row, each_by_key(jobs, order=order)),
        url=address(reverse("jobs:jobs"), selection.query),
        filters=filters_in_words(form),
        total=jobs.count(),
    )


def _row(job: Job) -> Row:
    values = (
        job.name,
        job.description,
        job.cmdlet,
        job.shared,
        job.owner,
        job.created_at,
        job.changed_at,
        job.changed_by,
        job.pk,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("jobs", "Jobs", frozenset({Permission.RUN_READ}), _open),)
