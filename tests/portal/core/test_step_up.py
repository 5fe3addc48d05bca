"""Who must prove again to be there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from portal.core.actors import Actor, ActorKind, Source
from portal.core.permissions import StepUpRequired

TESS = Actor(ActorKind.PERSON, "1", "tess", (), Source.WEB)


@pytest.mark.parametrize("age", [None, 1.1])
def test_a_person_in_a_browser_must_have_proved_a_moment_ago_to_be_there(age: float | None) -> None:
    proved = None if age is None else datetime.now(UTC) - timedelta(seconds=settings.STEP_UP_SECONDS * age)
    with pytest.raises(StepUpRequired, match="tess must confirm"):
        replace(TESS, stepped_up_at=proved).require_step_up()


def test_a_fresh_proof_suffices_and_the_command_line_needs_none() -> None:
    replace(TESS, stepped_up_at=datetime.now(UTC)).require_step_up()
    TESS.through(Source.COMMAND_LINE).require_step_up()
