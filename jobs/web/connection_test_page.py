"""What the page of a connection test says beside the board: who can be reached, as whom, and with how many cmdlets."""

from dataclasses import dataclass
from typing import Any

from jobs.results.selectors import rows_of_only_target
from jobs.runs.models import Run
from jobs.runs.states import TargetState
from portal.core.actors import Actor
from tenants.capabilities.selectors import Offer, offers_read_by

EXPLAINED = {
    "exo": "A connection counts as made when the token, the address and the anchor name this organization, Exchange "
    "lists the allowed cmdlets, and the organization’s initial domain is among the accepted domains that come back.",
    "scc": "A connection counts as made when the token, the address and the anchor name this organization, Security & "
    "Compliance lists the allowed cmdlets, and one read is answered. It names no domains, so these are not compared.",
}


@dataclass(frozen=True, slots=True)
class TestFindings:
    """What a connection test found; `domains` are the accepted ones, where it was for one organization only."""

    __test__ = False  # no test of ours, whatever pytest thinks of its name

    offers: list[Offer]
    domains: list[str]
    replaced: int
    explained: str


def connection_test_context(actor: Actor, run: Run) -> dict[str, Any]:
    """Return the findings of `run`, nothing for any other run."""
    if not run.is_connection_test:
        return {}
    offers = offers_read_by(actor, run.pk)
    reached = run.counts.get(TargetState.SUCCEEDED, 0)
    rows = rows_of_only_target(actor=actor, run=run)
    return {
        "findings": TestFindings(
            offers=offers,
            domains=sorted(str(row["DomainName"]) for row in rows if row.get("DomainName")),
            replaced=max(0, reached - sum(offer.organizations for offer in offers)),
            explained=EXPLAINED[run.service],
        )
    }
