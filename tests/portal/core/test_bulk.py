"""Many rows, each with values of its own, in one statement."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DataError
from pytest_django import DjangoAssertNumQueries

from jobs.results.models import Result
from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.states import RunState
from portal.core.bulk import insert_rows, update_rows
from tenants.consents.models import Consent
from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_organizations, make_run

pytestmark = pytest.mark.django_db
MOMENT = datetime(2027, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def test_each_row_gets_its_own_values_and_others_none(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one, two, other = make_organizations(3)
    with django_assert_num_queries(1):
        update_rows(Organization, [{"pk": one.pk, "name": "One"}, {"pk": two.pk, "name": "It's “two”, {3}\\"}])
    names = dict(Organization.objects.values_list("pk", "name"))
    assert names == {one.pk: "One", two.pk: "It's “two”, {3}\\", other.pk: other.name}


def test_null_is_stored_as_null_beside_values_of_others() -> None:
    one, two = make_organizations(2, vanished_at=MOMENT)
    update_rows(Organization, [{"pk": one.pk, "vanished_at": None}, {"pk": two.pk, "vanished_at": MOMENT}])
    assert dict(Organization.objects.values_list("pk", "vanished_at")) == {one.pk: None, two.pk: MOMENT}


def test_nulls_alone_keep_the_type_of_their_column() -> None:
    [one] = make_organizations(1, relationship_ends_at=MOMENT)
    update_rows(Organization, [{"pk": one.pk, "relationship_ends_at": None}])
    one.refresh_from_db()
    assert one.relationship_ends_at is None


def test_times_numbers_and_truth_keep_their_values() -> None:
    run = make_run(organizations=1, state=RunState.RUNNING)
    target = run.targets.get()
    attempt = Attempt.objects.create(run_target=target, number=1, fence=1, worker="x", claimed_at=MOMENT)
    update_rows(Attempt, [{"pk": attempt.pk, "ended_at": MOMENT, "retry_after_seconds": 1.5, "fence": 2**40}])
    attempt.refresh_from_db()
    assert (attempt.ended_at, attempt.retry_after_seconds, attempt.fence) == (MOMENT, 1.5, 2**40)
    [organization] = make_organizations(1)
    update_rows(Organization, [{"pk": organization.pk, "is_reseller_customer": True}])
    organization.refresh_from_db()
    assert organization.is_reseller_customer is True


def test_json_keeps_its_structure() -> None:
    runs = [make_run(organizations=1), make_run(organizations=2)]
    counts = [{"succeeded": 1, "it's": ["a", None, {"b": 1.5}]}, {}]
    update_rows(Run, [{"pk": run.pk, "counts": count} for run, count in zip(runs, counts, strict=True)])
    assert [Run.objects.get(pk=run.pk).counts for run in runs] == counts


def test_keys_of_other_tables_keep_their_value() -> None:
    run = make_run(organizations=1, state=RunState.RUNNING)
    target, [elsewhere] = run.targets.get(), make_organizations(1)
    update_rows(RunTarget, [{"pk": target.pk, "organization": elsewhere.pk}])
    target.refresh_from_db()
    assert target.organization_id == elsewhere.pk


def test_nothing_to_do_asks_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        update_rows(Organization, [])


def test_a_row_that_is_not_there_changes_nothing() -> None:
    update_rows(Organization, [{"pk": uuid4(), "name": "Nobody"}])
    assert not Organization.objects.exists()


def test_objects_are_inserted_as_they_are_in_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    target = make_run(organizations=1, state=RunState.RUNNING).targets.get()
    attempts = [
        Attempt(run_target=target, number=n, fence=n, worker="it's “one” {}\\", claimed_at=MOMENT) for n in (1, 2)
    ]
    with django_assert_num_queries(1):
        insert_rows(attempts)
    kept = list(Attempt.objects.all())
    assert kept == attempts
    assert (kept[0].worker, kept[0].claimed_at, kept[0].ended_at) == ("it's “one” {}\\", MOMENT, None)


def test_bytes_and_numbers_of_any_size_are_kept_and_keys_are_given_by_the_database() -> None:
    target = make_run(organizations=1, state=RunState.RUNNING).targets.get()
    attempt = Attempt.objects.create(run_target=target, number=1, fence=1, worker="x", claimed_at=MOMENT)
    everything = bytes(range(256))
    insert_rows(
        [
            Result(
                attempt=attempt,
                run_target=target,
                body=everything,
                row_count=1,
                byte_count=256,
                sha256="a" * 64,
                columns=["é", 10**30],
                exchanges=b"",
                duration_ms=1,
                received_at=MOMENT,
            )
        ]
    )
    kept = Result.objects.get()
    assert (bytes(kept.body), bytes(kept.exchanges), kept.columns) == (everything, b"", ["é", 10**30])


def test_a_text_that_is_too_long_is_refused_and_not_cut() -> None:
    target = make_run(organizations=1, state=RunState.RUNNING).targets.get()
    with pytest.raises(DataError):
        insert_rows([Attempt(run_target=target, number=1, fence=1, worker="x" * 121, claimed_at=MOMENT)])


def test_a_row_that_is_there_already_is_changed_where_that_is_asked_for() -> None:
    [organization] = make_organizations(1)
    registration = make_app_registration(organization.partner)
    for evidence, permissions in (("token", ["a"]), ("AADSTS65001", [])):
        seen = Consent(
            app_registration=registration,
            organization=organization,
            state="granted",
            permissions=permissions,
            evidence=evidence,
            checked_at=MOMENT,
        )
        insert_rows([seen], once_per=["app_registration_id", "organization_id"], else_update=["evidence"])
    kept = Consent.objects.get()
    assert (kept.evidence, kept.permissions) == ("AADSTS65001", ["a"])
