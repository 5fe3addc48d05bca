"""One attempt at one organization: begin, converse, store."""

import stamina
import structlog

from jobs.dispatch.begin import begin
from jobs.dispatch.clerk import clerk
from jobs.dispatch.conversation import converse
from jobs.dispatch.finish import store
from jobs.dispatch.finished import Finished, finished
from jobs.dispatch.heart import heart
from jobs.dispatch.last import finish_runs
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.story import Story
from portal.core.errors import DATABASE_AWAY

log = structlog.get_logger(__name__)


def attempt_next() -> bool:
    """Make one attempt at the target whose turn it is; False when none is due that may go now.

    Ends the run when it was the last.
    """
    begun = clerk.ask(begin, None)
    if begun is None:
        return False
    story, way = begun
    heart.hold(story.claimed.run_target_id, story.claimed.fence)
    try:
        _store_somehow(story, way if isinstance(way, Ending) else converse(story, way))
    finally:
        heart.release(story.claimed.run_target_id, story.claimed.fence)
    return True


def _store_somehow(story: Story, ending: Ending) -> None:
    """Store the ending; if it cannot be stored as it is, store at least that the attempt ended, and how surely."""
    try:
        _store(finished(story, ending))
    except DATABASE_AWAY:
        raise
    except Exception as error:
        log.exception("ending.not_storable", run_target=str(story.claimed.run_target_id), state=ending.state)
        story.finding = None
        for sending in story.sendings:
            sending.answer, sending.exchanges = None, []
        bare = Ending(ending.state, ending.error_class or "signalbox_fault", detail=type(error).__name__)
        _store(finished(story, bare))


@stamina.retry(on=DATABASE_AWAY, attempts=None, timeout=600, wait_initial=0.2, wait_max=5)
def _store(item: Finished) -> None:
    claimed = item.story.claimed
    if not clerk.ask(store, item):
        log.warning("answer.late", run_target=str(claimed.run_target_id), fence=claimed.fence)
    elif item.ending.retry_in is None:
        clerk.tell(finish_runs, claimed.run_id)
