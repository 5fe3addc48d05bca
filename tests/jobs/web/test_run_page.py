"""A run's page: where it stands, live, without moving the page."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.web import hindrance
from jobs.web.again import LOOK_FIRST
from portal.accounts.models import User
from tests.factories import make_organizations, make_person, make_run

SignIn = Callable[[User], Client]
S = TargetState
pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def end(target: RunTarget, state: TargetState = S.SUCCEEDED, **values: object) -> None:
    now = timezone.now()
    RunTarget.objects.filter(pk=target.pk).update(state=state, finished_at=now, changed_at=now, **values)


def cells(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<a id="cell-(\d+)"', html)]


def poll_url(html: str) -> str:
    found = re.search(r'hx-get="(/runs/[^"]+/progress/[^"]+)"', html)
    assert found
    return unescape(found.group(1))


class TestPage:
    def test_says_where_the_run_stands(self, browser: Client) -> None:
        run = make_run(
            state=RunState.RUNNING,
            organizations=10,
            states=[S.SUCCEEDED] * 4 + [S.FAILED] + [S.RUNNING] + [S.QUEUED] * 4,
            started_at=timezone.now() - timedelta(seconds=20),
        )

        page = browser.get(f"/runs/{run.pk}/").content.decode()

        assert re.search(r"Running: 5 of 10, 1 failed, about \d+ s left", page)
        assert "<title>5/10 Get-AcceptedDomain · Signalbox</title>" in page
        assert run.plan_hash in page

    def test_board_has_a_cell_per_organization_in_stable_order(self, browser: Client) -> None:
        run = make_run(organizations=5, states=[S.SUCCEEDED, S.FAILED])
        target = run.targets.get(position=1)
        RunTarget.objects.filter(pk=target.pk).update(error_class="object_not_found")

        page = browser.get(f"/runs/{run.pk}/").content.decode()

        assert cells(page) == [0, 1, 2, 3, 4]
        assert f'title="{target.organization_name}: Failed, Object does not exist"' in page
        assert f'href="/targets/{target.pk}/"' in page

    def test_hostile_names_and_reasons_are_only_text(self, browser: Client) -> None:
        places = make_organizations(1, name="<img src=x onerror=alert(1)>\"'")
        run = make_run(organizations=places, reason="<script>alert(2)</script>", powershell="Get-User -Filter '<b>'")

        page = browser.get(f"/runs/{run.pk}/").content.decode()

        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "'<b>'" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page

    def test_causes_lead_to_their_targets_and_to_a_retry(self, browser: Client) -> None:
        run = make_run(state=RunState.PARTLY_FAILED, organizations=4, states=[S.SUCCEEDED, S.ERRORED])
        run.targets.filter(state=S.ERRORED).update(error_class="throttled")

        page = browser.get(f"/runs/{run.pk}/").content.decode()
        listed = browser.get(f"/runs/{run.pk}/targets/", {"cause": "throttled"}).context["targets"].rows

        assert [row.target.position for row in listed] == [1, 3]
        assert f"/runs/{run.pk}/targets/?cause=throttled" in page
        assert '<input type="hidden" name="cause" value="throttled">' in page
        assert page.count(f'action="/runs/{run.pk}/retry/"') == 2

    def test_a_cause_is_retried_only_where_that_is_safe(self, browser: Client) -> None:
        states = [S.ERRORED, S.UNKNOWN, S.UNKNOWN, S.SUCCEEDED]
        run = make_run(state=RunState.PARTLY_FAILED, effect="create", organizations=4, states=states)
        run.targets.exclude(state=S.SUCCEEDED).update(error_class="gateway_timeout")

        response = browser.get(f"/runs/{run.pk}/")
        page, [cause] = response.content.decode(), response.context["causes"]

        assert (cause.ended, cause.again) == (3, 1)
        assert "Retry 1 organization</button>" in page
        assert "Errored: Safe to try again." in page
        assert f"Unknown: {LOOK_FIRST}" in page

    def test_unknown_outcomes_are_never_offered_again(self, browser: Client) -> None:
        run = make_run(state=RunState.PARTLY_FAILED, effect="create", organizations=2, states=[S.SUCCEEDED, S.UNKNOWN])
        run.targets.filter(state=S.UNKNOWN).update(error_class="gateway_timeout")

        page = browser.get(f"/runs/{run.pk}/").content.decode()

        assert LOOK_FIRST in page
        assert "Safe to try again" not in page
        assert "Retry " not in page

    @pytest.mark.parametrize(("effect", "offered"), [("create", False), ("relative", False), ("absolute_set", True)])
    def test_what_was_done_in_part_is_offered_again_only_if_it_does_not_act_twice(
        self, browser: Client, effect: str, offered: bool
    ) -> None:
        run = make_run(state=RunState.FAILED, effect=effect, organizations=2, states=[S.FAILED])
        run.targets.update(error_class="partly_done")

        page = browser.get(f"/runs/{run.pk}/").content.decode()

        assert ("Retry 2 organizations</button>" in page) is offered
        assert ("Retry 2 failed organizations</button>" in page) is offered
        assert ("would act a second time" in page) is not offered

    def test_targets_are_filtered_by_state_and_name(self, browser: Client) -> None:
        places = make_organizations(1, name="Alpha") + make_organizations(3)
        run = make_run(organizations=places, states=[S.SUCCEEDED, S.FAILED])

        by_name = browser.get(f"/runs/{run.pk}/targets/", {"organization": "alph"}).context["targets"].rows
        by_state = browser.get(f"/runs/{run.pk}/targets/", {"state": "failed"}).context["targets"].rows

        assert [row.target.organization_name for row in by_name] == ["Alpha"]
        assert [row.target.position for row in by_state] == [1, 3]

    def test_targets_come_in_pages(self, browser: Client) -> None:
        run = make_run(organizations=60)

        first = browser.get(f"/runs/{run.pk}/targets/").context["targets"]
        second = browser.get(f"/runs/{run.pk}/targets/", {"cursor": first.next_cursor}).context["targets"]

        assert [row.target.position for row in second.rows] == list(range(50, 60))

    def test_waits_for_the_broker_in_words(self, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hindrance, "broker_answers", lambda: False)
        run = make_run(state=RunState.QUEUED, launched_at=timezone.now() - timedelta(minutes=1))

        page = browser.get(f"/runs/{run.pk}/").content.decode()

        assert "Waiting: the broker cannot be reached; the run starts by itself when it is back." in page

    def test_stopping_says_what_may_still_complete(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=5, states=[S.RUNNING], cancel_requested_at=timezone.now())
        run.targets.filter(position__lt=2).update(fence=3, intent_fence=3)
        run.targets.filter(position=2).update(fence=3, intent_fence=2)

        page = browser.get(f"/runs/{run.pk}/").content.decode()

        assert "Stopping: 5 in flight, 2 may still complete" in page
        assert "stopping is not a rollback" in page

    def test_draft_leads_to_its_review(self, browser: Client, technician: User) -> None:
        draft = make_run(state=RunState.DRAFT, requested_by=technician)

        assert browser.get(f"/runs/{draft.pk}/").headers["Location"] == f"/runs/{draft.pk}/review/"

    def test_buttons_follow_rights_and_state(self, browser: Client, signed_in: SignIn, auditor: User) -> None:
        run, ended = make_run(state=RunState.RUNNING), make_run()
        stop = f"/runs/{run.pk}/stop/"

        assert stop in browser.get(f"/runs/{run.pk}/").content.decode()
        assert "/stop/" not in browser.get(f"/runs/{ended.pk}/").content.decode()
        assert stop not in signed_in(auditor).get(f"/runs/{run.pk}/").content.decode()


class TestProgress:
    def test_nothing_changed_is_204(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=5)
        url = poll_url(browser.get(f"/runs/{run.pk}/").content.decode())

        response = browser.get(url, headers=HTMX)

        assert (response.status_code, response.content) == (204, b"")

    def test_carries_the_header_and_only_the_changed_cells(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=6)
        run.targets.exclude(position=5).update(changed_at=timezone.now() - timedelta(minutes=2))
        run.targets.filter(position=5).update(changed_at=timezone.now() - timedelta(minutes=1))
        url = poll_url(browser.get(f"/runs/{run.pk}/").content.decode())
        end(run.targets.get(position=2))
        end(run.targets.get(position=4), S.FAILED, error_class="throttled")

        response = browser.get(url, headers=HTMX)
        fragment = response.content.decode()

        assert response.status_code == 200
        assert cells(fragment) == [2, 4, 5]  # 5 was the newest before: it lies in the overlap
        assert 'hx-swap-oob="true"' not in fragment
        assert 'id="run-progress"' in fragment
        assert "2 of 6, 1 failed" in fragment
        assert "<title>2/6 Get-AcceptedDomain · Signalbox</title>" in fragment
        assert response.headers["HX-Trigger"] == "run-changed"
        assert browser.get(poll_url(fragment), headers=HTMX).status_code == 204

    def test_change_that_was_committed_late_is_not_missed(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=4)
        RunTarget.objects.filter(run=run).update(changed_at=timezone.now() - timedelta(minutes=1))
        end(run.targets.get(position=0))
        url = poll_url(browser.get(f"/runs/{run.pk}/").content.decode())
        end(run.targets.get(position=1))
        newest = run.targets.get(position=0).changed_at
        run.targets.filter(position=1).update(changed_at=newest - timedelta(seconds=1))

        response = browser.get(url, headers=HTMX)

        assert response.status_code == 200
        assert 1 in cells(response.content.decode())

    def test_ends_with_286_and_the_last_header(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=2)
        url = poll_url(browser.get(f"/runs/{run.pk}/").content.decode())
        for target in run.targets.all():
            end(target)
        Run.objects.filter(pk=run.pk).update(
            state=RunState.SUCCEEDED, finished_at=timezone.now(), counts={"succeeded": 2}
        )

        response = browser.get(url, headers=HTMX)
        fragment = response.content.decode()

        assert response.status_code == 286
        assert "every 1s" not in fragment
        assert "Succeeded: 2 succeeded" in fragment
        assert 'id="run-actions"' in fragment
        assert "/stop/" not in fragment
        assert response.headers["HX-Trigger"] == "run-ended"

    @pytest.mark.parametrize("since", ["", "nonsense", "1-", "9" * 40 + "-0", "-1-ff"])
    def test_unreadable_cursor_gets_everything(self, browser: Client, since: str) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3)

        response = browser.get(f"/runs/{run.pk}/progress/", {"since": since, "tab": "run"}, headers=HTMX)

        assert response.status_code == 200
        assert cells(response.content.decode()) == [0, 1, 2]

    def test_what_a_person_types_into_the_filters_is_never_swapped(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3, states=[S.RUNNING, S.QUEUED])

        headers = {"HX-Request": "true", "HX-Target": "run-targets"}
        response = browser.get(f"/runs/{run.pk}/targets/", {"state": "queued"}, headers=headers)

        fragment = response.content.decode()
        assert fragment.strip().startswith('<div id="run-targets"')
        assert fragment.count('href="/targets/') == 1
        assert 'name="state"' not in fragment


class TestStop:
    def test_cancels_what_waits(self, browser: Client) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3, states=[S.RUNNING, S.QUEUED])

        response = browser.post(f"/runs/{run.pk}/stop/")

        run.refresh_from_db()
        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{run.pk}/")
        assert run.cancel_requested_at is not None
        assert run.targets.count_by_state() == {"running": 2, "cancelled": 1}

    def test_ended_run_cannot_be_stopped(self, browser: Client) -> None:
        response = browser.post(f"/runs/{make_run().pk}/stop/")

        assert response.status_code == 409
        assert "has ended already" in response.content.decode()

    def test_wrong_method(self, browser: Client) -> None:
        assert browser.get(f"/runs/{make_run().pk}/stop/").status_code == 405

    def test_not_signed_in(self, client: Client) -> None:
        assert client.post(f"/runs/{make_run(state=RunState.RUNNING).pk}/stop/").status_code == 302

    def test_wrong_role(self, signed_in: SignIn, auditor: User) -> None:
        run = make_run(state=RunState.RUNNING)

        assert signed_in(auditor).post(f"/runs/{run.pk}/stop/").status_code == 403
        assert Run.objects.get(pk=run.pk).cancel_requested_at is None

    def test_unknown_run(self, browser: Client) -> None:
        assert browser.post("/runs/00000000-0000-7000-8000-000000000000/stop/").status_code == 404


@pytest.mark.parametrize("part", ["", "targets/", "powershell/", "events/", "progress/", "details/"])
class TestAccess:
    def test_not_signed_in(self, client: Client, part: str) -> None:
        assert client.get(f"/runs/{make_run().pk}/{part}").status_code == 302

    def test_without_a_role(self, signed_in: SignIn, part: str) -> None:
        assert signed_in(make_person(None)).get(f"/runs/{make_run().pk}/{part}").status_code == 403

    def test_wrong_method(self, browser: Client, part: str) -> None:
        assert browser.post(f"/runs/{make_run().pk}/{part}").status_code == 405

    def test_unknown_run(self, browser: Client, part: str) -> None:
        assert browser.get(f"/runs/00000000-0000-7000-8000-000000000000/{part}").status_code == 404
