"""The failures as a listing: what each means, and in how many organizations it is met."""

from django.urls import reverse

from jobs.web.failure_filters import FailureFilterForm
from jobs.web.failures import FailureRow, failure_rows
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words

READ = frozenset({Permission.RUN_EXPORT, Permission.CMDLET_READ})
COLUMNS = (
    "Class",
    "Title",
    "Area",
    "Codes",
    "Meaning",
    "Who",
    "Fix",
    "Retry",
    "DidItRun",
    "OrganizationsNow",
    "OrganizationsIn30Days",
)


def _open(actor: Actor, selection: Selection) -> Table:
    form = FailureFilterForm(selection.query)
    return Table(
        title="Failures",
        columns=lambda: COLUMNS,
        rows=lambda: map(_row, failure_rows(actor, form)),
        url=address(reverse("jobs:failures"), selection.query),
        filters=filters_in_words(form),
    )


def _row(row: FailureRow) -> Row:
    explanation = row.explanation
    values = (
        explanation.error_class,
        explanation.title,
        explanation.area,
        ", ".join(code for code, _ in explanation.codes),
        explanation.meaning,
        row.who,
        explanation.fix,
        row.retry,
        row.did_it_run,
        row.now,
        row.lately,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("failures", "Failures", READ, _open),)
