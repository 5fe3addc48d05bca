"""Which targets are claimed next: the fairest within every limit, exactly, over all workers and runs."""

from collections import Counter
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from jobs.dispatch import claims
from jobs.dispatch.claims import Claim, claim_targets
from jobs.runs.models import Run, RunTarget
from jobs.runs.shares import Share
from jobs.runs.states import RunState, TargetState
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from tenants.organizations.models import Organization
from tests.factories import make_organizations, make_run

pytestmark = pytest.mark.django_db(transaction=True)


def running(organizations: list[Organization], *, changes: bool = False, share: Share = Share.NORMAL) -> Run:
    effect = "create" if changes else "read"
    return make_run(state=RunState.RUNNING, organizations=organizations, effect=effect, share=share)


def claim(number: int = 100) -> list[Claim]:
    with transaction.atomic():
        return claim_targets(number)


def end(*claimed: Claim) -> None:
    RunTarget.objects.filter(pk__in=[each.run_target_id for each in claimed]).update(
        state=TargetState.SUCCEEDED, finished_at=timezone.now(), lease_until=None
    )


def in_flight() -> Counter[tuple[object, str]]:
    """How many targets are in flight, by organization and effect."""
    found = RunTarget.objects.filter(state=TargetState.RUNNING).values_list("organization_id", "run__effect")
    return Counter(found)


class TestLimitsOfAnOrganization:
    def test_are_three_reads_and_one_change_at_once_over_all_runs(self) -> None:
        places = make_organizations(2)
        for _ in range(5):
            running(places)
            running(places, changes=True)
        assert len(claim()) == 8
        assert set(in_flight().values()) == {3, 1}
        assert claim() == []

    def test_let_the_next_run_in_when_one_has_ended(self) -> None:
        [place] = make_organizations(1)
        for _ in range(4):
            running([place])
        first, *_ = claim()
        end(first)
        assert len(claim()) == 1

    def test_hold_exactly_while_many_claim_and_end_at_once(self) -> None:
        places = make_organizations(4)
        for _ in range(10):
            running(places)
            running(places, changes=True)
        most: Counter[str] = Counter()
        begun: Counter[object] = Counter()

        def work() -> None:
            held: list[Claim] = []
            try:
                while True:
                    with transaction.atomic():
                        claimed = claim_targets(2)
                        for (_, effect), number in in_flight().items():
                            most[effect] = max(most[effect], number)
                    if not claimed and not held and not RunTarget.objects.filter(state=TargetState.QUEUED).exists():
                        return
                    begun.update(each.run_target_id for each in claimed)
                    end(*held)
                    held = claimed
            finally:
                connection.close()

        threads = [Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert most == {"read": 3, "create": 1}
        assert len(begun) == begun.total() == 80

    def test_keep_all_that_is_in_flight_there_in_one_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        here, there = make_organizations(2)
        for _ in range(3):
            running([here])
        [mine] = claim(1)
        running([there])
        monkeypatch.setattr(claims, "worker_name", lambda: "elsewhere:1")
        assert [each.organization_id for each in claim()] == [there.pk]
        end(mine)
        assert [each.organization_id for each in claim()] == [here.pk] * 2


class TestGates:
    @pytest.fixture
    def place(self) -> Organization:
        [place] = make_organizations(1)
        for _ in range(4):
            running([place])
        return place

    def close(self, place: Organization, *, seconds: float = 0, slots: float = 4) -> None:
        until = timezone.now() + timedelta(seconds=seconds)
        OrganizationGate.objects.create(
            organization=place, closed_until=until, slots=slots, reason="asked", changed_at=timezone.now()
        )

    def test_that_are_closed_let_nothing_through(self, place: Organization) -> None:
        self.close(place, seconds=60)
        running(make_organizations(1))
        assert place.pk not in {each.organization_id for each in claim()}

    @pytest.mark.parametrize(("slots", "number"), [(1, 1), (1.5, 1), (2, 2), (3, 3), (4, 3)])
    def test_that_are_open_again_let_as_many_through_as_they_have_slots(
        self, place: Organization, slots: float, number: int
    ) -> None:
        self.close(place, slots=slots)
        assert len(claim(1)) + len(claim()) == number
        assert claim() == []

    def test_count_reads_and_changes_together(self, place: Organization) -> None:
        running([place], changes=True)
        self.close(place, slots=2)
        assert len(claim()) == 2


class TestPausedIdentities:
    @pytest.fixture
    def run(self) -> Run:
        run = running(make_organizations(6))
        run.targets.update(identity="paused")
        run.targets.filter(position__gte=4).update(identity="other")
        return run

    def pause(self, *, seconds: float) -> None:
        now = timezone.now()
        until = now + timedelta(seconds=seconds)
        IdentityBreaker.objects.create(key="paused", opened_at=now, paused_at=now, closed_until=until, changed_at=now)

    def test_are_not_claimed_and_others_are(self, run: Run) -> None:
        self.pause(seconds=60)
        assert [each.identity for each in claim()] == ["other"] * 2

    def test_try_with_one_target_when_their_time_has_come(self, run: Run) -> None:
        self.pause(seconds=0)
        assert sorted(each.identity for each in claim()) == ["other", "other", "paused"]
        assert claim() == []

    def test_try_although_something_that_was_claimed_before_is_still_in_flight(self, run: Run) -> None:
        assert claim(1)[0].identity == "paused"
        self.pause(seconds=0)
        assert [each.identity for each in claim()].count("paused") == 1


class TestLimitsOfAll:
    @pytest.fixture(autouse=True)
    def _limits(self, settings: Settings) -> None:
        settings.IDENTITY_IN_FLIGHT, settings.MOST_IN_FLIGHT = 3, 5

    def test_of_an_identity_leave_the_way_free_for_others_behind_it(self, settings: Settings) -> None:
        settings.IDENTITY_IN_FLIGHT = 2
        run = running(make_organizations(12))
        run.targets.update(identity="full")
        run.targets.filter(position__gte=10).update(identity="behind")
        assert [each.identity for each in claim(2)] == ["full"] * 2
        assert [each.identity for each in claim(2)] == ["behind"] * 2

    def test_hold_for_one_identity(self) -> None:
        running(make_organizations(8)).targets.update(identity="one")
        assert len(claim(1)) + len(claim()) == 3

    def test_hold_for_everything(self) -> None:
        for number in range(4):
            running(make_organizations(2)).targets.update(identity=str(number))
        assert len(claim(3)) + len(claim()) == 5
        assert claim() == []


class TestFairness:
    def test_a_small_run_behind_a_large_one_is_claimed_next(self) -> None:
        large = running(make_organizations(400))
        assert {each.run_id for each in claim(100)} == {large.pk}
        small = running(make_organizations(5))
        following = [each.run_id for _ in range(5) for each in claim(1)]
        assert following == [small.pk] * 5

    def test_a_small_run_over_organizations_of_the_large_one_is_claimed_as_soon(self) -> None:
        places = make_organizations(400)
        running(places)
        claim(100)
        small = running(places[:5])
        assert [each.run_id for each in claim(5)] == [small.pk] * 5

    def test_behind_many_large_runs_it_waits_for_none_of_them(self) -> None:
        for _ in range(10):
            running(make_organizations(60))
        claim(100)
        small = running(make_organizations(5))
        assert {each.run_id for each in claim(5)} == {small.pk}

    def test_runs_that_start_together_get_by_their_shares(self) -> None:
        low, normal, high = (running(make_organizations(200), share=share) for share in Share)
        claimed = Counter(each.run_id for each in claim(105))
        assert (claimed[low.pk], claimed[normal.pk], claimed[high.pk]) == (5, 20, 80)
