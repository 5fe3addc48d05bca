"""The unknown outcomes as a listing: what was sent, what was found out, and by whom."""

from django.urls import reverse
from django.utils import timezone

from jobs.reconciliation.selectors import UnknownOutcome, all_unknown
from jobs.reconciliation.unknown_filter import VERDICTS, WAITING
from jobs.web.evidence_rows import evidence_rows
from jobs.web.sent import sent_cmdlet, sent_line
from jobs.web.unknown_filters import UnknownFilterForm
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words

READ = frozenset({Permission.RUN_EXPORT, Permission.RUN_READ, Permission.ORGANIZATION_READ})
COLUMNS = (
    "Organization",
    "TenantId",
    "Cmdlet",
    "Parameters",
    "Verdict",
    "Detail",
    "Evidence",
    "By",
    "ReadWith",
    "RequestId",
    "LookedAt",
    "LostAt",
    "RequestedBy",
    "Reason",
    "Ticket",
    "Run",
    "Target",
)


def _open(actor: Actor, selection: Selection) -> Table:
    form = UnknownFilterForm(actor, selection.query)
    wanted = form.wanted(timezone.now().date())
    return Table(
        title="Unknown outcomes",
        columns=lambda: COLUMNS,
        rows=lambda: map(_row, all_unknown(actor=actor, wanted=wanted, sort=form.sort)),
        url=address(reverse("jobs:unknown-outcomes"), selection.query),
        filters=filters_in_words(form),
    )


def _row(outcome: UnknownOutcome) -> Row:
    target, latest = outcome.target, outcome.latest
    lines = evidence_rows(latest.lines) if latest else []
    values = (
        target.organization_name,
        target.organization.tenant_id,
        sent_cmdlet(target),
        sent_line(target).removeprefix(sent_cmdlet(target)).strip(),
        VERDICTS[target.verdict or WAITING],
        latest.detail if latest else "",
        "; ".join(f"{line.name}: {line.wanted} → {line.found} ({line.word})" for line in lines),
        latest.by if latest else "",
        latest.read_cmdlet if latest else "",
        latest.request_id if latest else "",
        latest.looked_at if latest else None,
        target.finished_at,
        target.run.requested_by,
        target.run.reason,
        target.run.ticket,
        target.run_id,
        target.pk,
    )
    return dict(zip(COLUMNS, values, strict=True))


LISTINGS = (Listing("unknown-outcomes", "Unknown outcomes", READ, _open),)
