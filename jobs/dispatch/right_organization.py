"""Whether the organization that answered is the one that was asked (exchange-protocol.md 2.5, F17)."""

from jobs.dispatch.story import Story, Way
from jobs.exchange.answer import Answer
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.refusals import WRONG_ORGANIZATION_ANSWERED


def check_who_answered(story: Story, way: Way, answer: Answer) -> None:
    """Raise `CallFailed` when a connection test's accepted domains lack the organization's initial domain.

    Nothing of the answer is kept then: it belongs to somebody else. Security & Compliance lists no domains.
    """
    initial_domain = way.access.initial_domain.lower()
    if not way.plan.is_connection_test or way.plan.service != "exo" or not initial_domain:
        return
    domains = [str(row.get("DomainName", "")) for row in answer.rows]
    if initial_domain in (domain.lower() for domain in domains):
        return
    story.answered_by_another = domains
    detail = f"{initial_domain} is not among the {len(domains)} accepted domains of who answered"
    raise CallFailed(WRONG_ORGANIZATION_ANSWERED, ran=Ran.YES, answered=True, detail=detail)
