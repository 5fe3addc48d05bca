"""Saved jobs as a listing."""

from django.urls import reverse

from jobs.saved.models import Job
from jobs.saved.selectors import JobFilter, jobs_wanted
from portal.core.actors import Actor
from portal.core.pagination import each_by_key
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table

COLUMNS = ("Name", "Description", "Cmdlet", "Shared", "Owner", "CreatedAt", "ChangedAt", "ChangedBy", "Job")
WHOSE, USED = ("mine", "shared"), ("yes", "no")


def _open(actor: Actor, selection: Selection) -> Table:
    chosen = {name: selection.query.get(name, "") for name in ("q", "whose", "used")}
    wanted = JobFilter(
        chosen["q"][:200],
        chosen["whose"] if chosen["whose"] in WHOSE else "",
        chosen["used"] if chosen["used"] in USED else "",
    )
    words = {"Name": wanted.text, "Whose": wanted.whose, "Used": wanted.used}
    return Table(
        title="Jobs",
        columns=lambda: COLUMNS,
        rows=lambda: map(_row, each_by_key(jobs_wanted(actor, wanted), order="name")),
        url=reverse("jobs:cmdlets"),
        filters="; ".join(f"{name}: {value}" for name, value in words.items() if value),
        total=jobs_wanted(actor, wanted).count(),
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
