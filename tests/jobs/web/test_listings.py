"""Runs, targets and results as listings: what the page shows is what is exported, for those who may."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.catalogue.cmdlets import all_cmdlets, find
from jobs.runs.models import Attempt, Connection
from jobs.runs.states import RunState, TargetState
from jobs.saved.models import Job
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Row, Selection, Table, listing_named
from tests.factories import SYSTEM, holding, make_organizations, make_person, make_run

pytestmark = pytest.mark.django_db
BLIND = holding(frozenset(Permission) - {Permission.RUN_READ})


def opened(key: str, query: str = "", *, of: object = "", actor: Actor = SYSTEM) -> Table:
    return listing_named(key).open(actor, Selection(str(of), QueryDict(query)))


def rows(key: str, query: str = "", *, of: object = "", actor: Actor = SYSTEM) -> list[Row]:
    return list(opened(key, query, of=of, actor=actor).rows())


class TestRuns:
    def test_are_all_that_the_filter_lets_through_with_their_outcomes(self) -> None:
        places = make_organizations(1)
        wanted = [make_run(organizations=places, cmdlet="Get-Mailbox") for _ in range(3)]
        make_run(organizations=places)
        found = rows("runs", "cmdlet=mailbox")
        assert [row["Run"] for row in found] == [run.pk for run in reversed(wanted)]
        assert (found[0]["Succeeded"], found[0]["Failed"]) == (1, 0)
        assert isinstance(found[0]["LaunchedAt"], datetime)

    def test_say_their_filter_in_words(self) -> None:
        table = opened("runs", "state=partly_failed&since=2027-03-01&mine=on&person=Tess")
        assert table.filters == "by me; by “Tess”; partly failed; from 1 March 2027"

    def test_need_few_queries_however_many_they_are(self) -> None:
        def queries(number: int) -> int:
            places = make_organizations(1)
            for _ in range(number):
                make_run(organizations=places, state=RunState.RUNNING)
            with CaptureQueriesContext(connection) as captured:
                rows("runs")
            return len(captured)

        assert queries(5) == queries(20)

    def test_are_none_without_the_right(self) -> None:
        make_run()
        assert rows("runs", actor=BLIND) == []

    def test_of_mine_are_those_of_whoever_asks(self) -> None:
        tess = make_person()
        mine = make_run(requested_by=tess)
        make_run()
        assert [row["Run"] for row in rows("runs", "mine=on", actor=replace(SYSTEM, id=str(tess.pk)))] == [mine.pk]


class TestTargets:
    def test_are_those_of_one_run_as_filtered(self) -> None:
        run = make_run(
            state=RunState.PARTLY_FAILED, organizations=3, states=[TargetState.FAILED, TargetState.SUCCEEDED]
        )
        make_run()
        assert [row["State"] for row in rows("run-targets", of=run.pk)] == ["failed", "succeeded", "failed"]
        assert len(rows("run-targets", "state=succeeded", of=run.pk)) == 1
        assert opened("run-targets", of=run.pk).total == 3
        assert opened("run-targets", "state=succeeded", of=run.pk).total is None


class TestResults:
    def test_name_their_run_and_its_plan(self) -> None:
        run = make_run(organizations=2, rows=[{"Name": "x"}])
        table = opened("run-results", of=run.pk)
        assert table.title == "Results of Get-AcceptedDomain in 2 organizations"
        assert table.url == f"/runs/{run.pk}/"
        assert ("Plan hash", run.plan_hash) in table.facts
        assert table.run_id == run.pk
        assert [row["Name"] for row in table.rows()] == ["x", "x"]

    @pytest.mark.parametrize("of", ["", "x", "00000000-0000-7000-8000-000000000000"])
    def test_of_no_run_are_refused(self, of: str) -> None:
        with pytest.raises(Refused, match="no such run"):
            opened("run-results", of=of)

    def test_of_a_draft_are_refused(self) -> None:
        with pytest.raises(Refused, match="no such run"):
            opened("run-results", of=make_run(state=RunState.DRAFT).pk)

    def test_of_a_run_that_one_may_not_see_are_refused(self) -> None:
        run = make_run()
        with pytest.raises(Refused, match="no such run"):
            opened("run-results", of=run.pk, actor=BLIND)


@pytest.mark.parametrize("key", ["run-results", "run-targets"])
@pytest.mark.parametrize("missing", [Permission.RUN_EXPORT, Permission.RUN_READ, Permission.ORGANIZATION_READ])
def test_what_was_done_in_organizations_needs_every_right(key: str, missing: Permission) -> None:
    assert listing_named(key).allows(SYSTEM)
    assert not listing_named(key).allows(holding(frozenset(Permission) - {missing}))


class TestCatalogue:
    def test_cmdlets_are_those_that_the_search_finds(self) -> None:
        names = [row["Cmdlet"] for row in rows("cmdlets", "q=accepted+domain&verb=Get")]
        assert "Get-AcceptedDomain" in names
        assert all(name.startswith("Get-") for name in names)
        assert len(rows("cmdlets")) == len(all_cmdlets())

    def test_parameters_are_all_of_one_cmdlet(self) -> None:
        found = rows("cmdlet-parameters", of="set-mailbox")
        assert len(found) == len(find("Set-Mailbox").parameters)
        assert {row["Cmdlet"] for row in found} == {"Set-Mailbox"}
        with pytest.raises(Refused, match="no cmdlet named"):
            opened("cmdlet-parameters", of="Set-Nothing")


class TestConnections:
    def test_are_the_whole_ledger_or_that_of_an_organization(self) -> None:
        run = make_run(organizations=2, rows=[{"Name": "x"}])
        for attempt in Attempt.objects.select_related("run_target"):
            Connection.objects.create(
                id=uuid4(),
                attempt=attempt,
                organization=attempt.run_target.organization,
                service="exo",
                method="app_certificate_thumbprint",
                identity="app",
                opened_by="worker",
                opened_at=timezone.now(),
            )
        one = run.targets.order_by("position")[0].organization
        assert len(rows("connections")) == 2
        assert [row["TenantId"] for row in rows("connections", of=one.pk)] == [one.tenant_id]
        assert rows("connections", actor=BLIND) == []


class TestJobs:
    def test_are_those_that_the_person_may_see(self) -> None:
        facts = {"cmdlet": "Get-Mailbox", "changed_at": timezone.now(), "owner_id": "7", "owner": "Tess"}
        Job.objects.create(name="Shared", **facts)
        Job.objects.create(name="Own", shared=False, **facts)
        assert [row["Name"] for row in rows("jobs")] == ["Shared"]
        assert [row["Name"] for row in rows("jobs", "sort=-name", actor=replace(SYSTEM, id="7"))] == ["Shared", "Own"]
        assert rows("jobs", "q=nothing") == []


@pytest.mark.parametrize(
    "query", ["filter=equals:Nothing:x", "filter=senseless", "target=nobody", "&".join(["filter=filled:Name"] * 21)]
)
def test_rows_are_refused_rather_than_more_than_the_filters_say(query: str) -> None:
    run = make_run(organizations=1, rows=[{"Name": "x"}])
    assert len(rows("run-rows", "filter=equals:Name:x", of=run.pk)) == 1
    with pytest.raises(Refused, match="more than its filters say"):
        rows("run-rows", query, of=run.pk)
