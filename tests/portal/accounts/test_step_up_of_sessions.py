"""The proof of being there that a session carries to services."""

import time

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from portal.accounts.models import User
from portal.accounts.web.access import STEPPED_UP_AT, actor_of
from portal.core.permissions import StepUpRequired


def _request(person: User | AnonymousUser, **session: float) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = person
    request.session = session  # type: ignore[assignment]
    return request


def test_a_session_carries_when_its_person_proved_to_be_there(technician: User) -> None:
    actor_of(_request(technician, **{STEPPED_UP_AT: time.time()})).require_step_up()


@pytest.mark.parametrize("session", [{}, {STEPPED_UP_AT: 1.0}])
def test_a_session_without_a_fresh_proof_does_not(technician: User, session: dict[str, float]) -> None:
    with pytest.raises(StepUpRequired):
        actor_of(_request(technician, **session)).require_step_up()
