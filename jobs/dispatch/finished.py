"""An attempt that ended, ready to be stored."""

from dataclasses import dataclass

from jobs.dispatch.outcomes import Ending
from jobs.dispatch.progress import result_of
from jobs.dispatch.story import Story
from jobs.exchange.answer import Answer
from jobs.results.models import Result


@dataclass(frozen=True, slots=True)
class Finished:
    """One attempt with its ending, and its rows already packed by the thread that fetched them."""

    story: Story
    ending: Ending
    result: Result | None

    @property
    def answer(self) -> Answer | None:
        """What Exchange answered to the last step."""
        return self.story.sending.answer

    @property
    def is_final(self) -> bool:
        """Whether the target ended, and will not be tried again by itself."""
        return self.ending.retry_in is None


def finished(story: Story, ending: Ending) -> Finished:
    """Return an attempt ready to be stored."""
    return Finished(story, ending, result_of(story, story.sending))
