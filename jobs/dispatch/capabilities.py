"""What attempts showed of the cmdlets that an identity may run."""

from collections.abc import Iterable
from uuid import UUID

from jobs.dispatch.story import Story
from jobs.dispatch.worker import worker_actor
from jobs.exchange.refusals import CMDLET_ABSENT
from tenants.capabilities.services import Glimpse, Reading, note_capabilities, note_glimpses
from tenants.capabilities.sets import Names
from tenants.profiles.methods import reached_through


def keep_capabilities(ended: Iterable[tuple[Story, str]]) -> None:
    """Keep what stories with their error classes tell: whole lists, and for others their one cmdlet."""
    readings, glimpses = [], []
    for story, error_class in ended:
        reading = _reading(story)
        if reading:
            readings.append(reading)
        else:
            glimpses += _glimpses(story, error_class)
    note_capabilities(actor=worker_actor(), readings=readings)
    note_glimpses(glimpses=glimpses)


def _reading(story: Story) -> Reading | None:
    way, claim = story.way, story.claimed
    if way is None or story.connected_at is None or not way.plan.is_connection_test:
        return None
    if story.answered_by_another is not None:
        return None
    facts = way.plan.ways.facts(way.access.tenant_id)
    return Reading(
        organization_id=claim.organization_id,
        organization_name=claim.organization_name,
        profile_id=UUID(facts.id),
        profile_name=way.access.profile_name,
        service=way.plan.service,
        identity=way.access.identity.name,
        run_id=claim.run_id,
        read_at=story.connected_at,
        names=Names.of(story.offered),
    )


def _glimpses(story: Story, error_class: str) -> list[Glimpse]:
    """Return what an attempt shows of its own cmdlets; where one of several is absent, it is not said which."""
    way = story.way
    if way is None or way.plan.is_connection_test:
        return []
    is_absent = story.connected_at is None and error_class == CMDLET_ABSENT.error_class
    if story.connected_at is None and not (is_absent and not story.has_steps):
        return []
    return [
        Glimpse(
            organization_id=story.claimed.organization_id,
            profile_id=UUID(way.plan.ways.facts(way.access.tenant_id).id),
            service=reached_through(way.plan.service),
            cmdlet=cmdlet,
            is_offered=not is_absent,
        )
        for cmdlet in dict.fromkeys(step.sent_as for step in way.plan.steps[story.claimed.step - 1 :])
    ]
