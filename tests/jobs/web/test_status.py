"""The status page, what monitoring asks, and the command that prints the same."""

import json
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from redis import Redis

from jobs.liveness.canaries import QUEUES, consume_canary, send_canaries
from jobs.liveness.models import WorkerProcess
from jobs.liveness.sweeps import sweeping
from jobs.runs.states import RunState
from jobs.web.status import _facts
from portal.accounts.models import User
from tests.factories import make_person, make_run

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def all_is_well(broker: Redis) -> None:
    send_canaries("beat:1")
    for queue in QUEUES:
        consume_canary(queue=queue, number=1, worker=f"secret-host:{queue}")
    with sweeping("secret-host:1"):
        pass


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what was seen in another test within the same five seconds."""
    _facts.cache_clear()
    yield
    _facts.cache_clear()


def test_the_page_answers_its_question_in_one_sentence(all_is_well: None, technician: User, signed_in: SignIn) -> None:
    page = signed_in(technician).get(reverse("jobs:status")).content.decode()
    assert "Everything that should run, runs." in page
    assert "What to do" not in page
    assert "secret-host:bulk took a canary" in page


def test_the_page_opens_with_the_broker_away_and_without_any_worker(
    no_broker: None, technician: User, signed_in: SignIn
) -> None:
    page = signed_in(technician).get(reverse("jobs:status")).content.decode()
    assert "Something that should run does not." in page
    assert "The broker cannot be asked" in page
    assert "None. Start the worker processes and the scheduler" in page


def test_the_page_is_asked_for_again_and_again(all_is_well: None, technician: User, signed_in: SignIn) -> None:
    part = signed_in(technician).get(reverse("jobs:status-now"), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="status-now"')
    assert f'hx-get="{reverse("jobs:status-now")}"' in part


def test_whoever_may_not_read_runs_is_refused(signed_in: SignIn) -> None:
    browser = signed_in(make_person(None))
    assert browser.get(reverse("jobs:status")).status_code == 403
    assert browser.get(reverse("jobs:status-now"), headers={"HX-Request": "true"}).status_code == 403


def test_monitoring_gets_numbers_and_nobodys_name(all_is_well: None) -> None:
    run = make_run(state=RunState.RUNNING, organizations=2)
    answer = Client().get("/health/status")
    assert answer.status_code == 200
    facts = answer.json()
    assert facts["level"] == "works"
    assert facts["findings"]["queue_bulk"]["level"] == "works"
    assert facts["findings"]["runs"] == {"level": "works", "running": 1, "paused": 0, "queued": 0, "late": 0}
    assert facts["findings"]["waiting"]["organizations"] == 2
    said = answer.content.decode()
    assert "secret-host" not in said
    assert run.targets.all()[0].organization_name not in said


def test_monitoring_is_told_with_a_status_of_its_own_that_something_fails(broker: Redis) -> None:
    answer = Client().get("/health/status")
    assert (answer.status_code, answer.json()["level"]) == (503, "fails")


def test_monitoring_costs_no_more_however_often_it_asks(all_is_well: None) -> None:
    first = Client().get("/health/status").json()["at"]
    assert {Client().get("/health/status").json()["at"] for _ in range(3)} <= {first} or _facts.cache_info().misses <= 2


def test_the_command_prints_the_same_and_exits_with_0(all_is_well: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("status", stderr=StringIO())
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "Queue “bulk”" in printed
    assert "secret-host:bulk" in printed


def test_the_command_exits_with_1_and_says_what_to_do_when_something_fails(
    broker: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("status")
    assert ended.value.code == 1
    assert "What to do: Start the process “scheduler”" in capsys.readouterr().out


def test_what_monitoring_gets_is_plain_json(all_is_well: None) -> None:
    WorkerProcess.objects.update(version="0.0.1")
    answer = Client().get("/health/status")
    assert answer.status_code == 200
    assert json.loads(answer.content)["findings"]["workers"] == {"level": "watch", "seen": 5, "of_another_version": 5}
