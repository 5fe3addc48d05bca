"""Pages of jobs: saved on the launch page, listed, opened, renamed, copied, deleted."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from jobs.runs.models import Run
from jobs.saved.models import Job
from portal.accounts.models import User
from portal.accounts.policy import Role
from tests.factories import make_app_registration, make_group, make_organizations, make_partner, make_person, make_run

SignIn = Callable[[User], Client]
URL = "/cmdlets/Get-Mailbox/launch/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    make_app_registration(make_partner())
    return signed_in(technician)


def save(browser: Client, name: str = "Monthly", **data: object) -> Job:
    typed = {"look": "save_job", "job_name": name, "job_shared": "yes", "p.Identity": "bob", **data}
    response = browser.post(URL, typed)
    assert response.status_code == 303
    return Job.objects.latest("created_at")


class TestSave:
    def test_keeps_the_places_symbolic(self, browser: Client) -> None:
        places = make_organizations(2)
        group = make_group("Gold", places[:1])
        job = save(browser, group=str(group.pk), where="chosen", reason="why")
        group.organizations.add(places[1])

        form = browser.get(URL, {"job": str(job.pk)}).context["form"]

        assert form.what.texts == {"Identity": "bob"}
        assert form.where.chosen.organizations == places
        assert form.purpose["reason"].value() == "why"

    def test_under_a_taken_name_keeps_everything_typed(self, browser: Client) -> None:
        save(browser)

        data = {"look": "save_job", "job_name": "monthly", "job_description": "d", "p.Identity": "ann"}
        response = browser.post(URL, data)

        assert response.status_code == 422
        assert "There is already a job called “monthly”" in response.content.decode()
        assert response.context["form"].what.texts == {"Identity": "ann"}
        assert 'value="monthly"' in response.content.decode()

    def test_over_the_job_that_was_opened(self, browser: Client) -> None:
        job = save(browser)

        browser.post(URL, {"look": "change_job", "job": str(job.pk), "p.Identity": "ann"})

        job.refresh_from_db()
        assert (Job.objects.count(), job.typed) == (1, "p.Identity=ann")

    def test_a_run_remembers_its_job(self, browser: Client) -> None:
        make_organizations(1)
        job = save(browser, where="all")

        form = browser.get(URL, {"job": str(job.pk)}).context["form"]
        browser.post(URL, {"job": str(form.job_id), "p.Identity": "bob", "where": "all"})
        run = Run.objects.get()
        browser.post(f"/runs/{run.pk}/launch/")

        assert f"/runs/{run.pk}/" in browser.get(f"/jobs/{job.pk}/").content.decode()
        assert job.name in browser.get("/jobs/", {"used": "yes"}).content.decode()


class TestPages:
    def test_list_teaches_when_empty(self, browser: Client) -> None:
        assert "No job is saved yet" in browser.get("/jobs/").content.decode()

    def test_list_offers_to_clear_filters(self, browser: Client) -> None:
        save(browser)

        page = browser.get("/jobs/", {"q": "nothing like it"}).content.decode()

        assert "No job matches" in page
        assert "Clear filters" in page

    @pytest.mark.parametrize("query", [{"whose": "rubbish"}, {"sort": "rubbish"}, {"colour": "red"}])
    def test_senseless_filters_are_named(self, browser: Client, query: dict[str, str]) -> None:
        save(browser)

        page = browser.get("/jobs/", query).content.decode()

        assert "Monthly" in page
        assert next(iter(query.values())) in page or next(iter(query)) in page
        assert "ignored" in page or "no order" in page

    @pytest.mark.parametrize("number", [5, 20])
    def test_query_count_does_not_grow(
        self, browser: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for index in range(number):
            job = save(browser, f"Job {index}")
            make_run(job=job, organizations=1)
            browser.post(URL, {"look": "save", "draft": str(uuid4()), "p.Identity": "bob"})

        with django_assert_num_queries(11):
            browser.get("/jobs/")

    def test_unfinished_launches_are_listed_and_discarded(self, browser: Client) -> None:
        draft_id = uuid4()
        browser.post(URL, {"look": "save", "draft": str(draft_id), "p.Identity": "bob@example.com"})

        page = browser.get("/jobs/").content.decode()
        response = browser.post(f"/launch-drafts/{draft_id}/discard/")

        assert "bob@example.com" in page
        assert response.headers["Location"] == "/jobs/"
        assert "bob@example.com" not in browser.get("/jobs/").content.decode()

    def test_detail_says_what_it_would_do_today(self, browser: Client) -> None:
        make_organizations(2)
        job = save(browser, where="all")

        page = browser.get(f"/jobs/{job.pk}/").content.decode()

        assert "Get-Mailbox -Identity &#x27;bob&#x27;" in page
        assert "All organizations: <strong>2 organizations</strong> now" in page

    def test_rename_copy_delete(self, browser: Client) -> None:
        job = save(browser)

        renamed = browser.post(f"/jobs/{job.pk}/", {"name": "Weekly", "description": "d", "shared": "on"})
        copied = browser.post(f"/jobs/{job.pk}/duplicate/")
        asked = browser.get(f"/jobs/{job.pk}/delete/")
        deleted = browser.post(f"/jobs/{job.pk}/delete/")

        assert [r.status_code for r in (renamed, copied, asked, deleted)] == [303, 303, 200, 303]
        assert "Delete the job “Weekly”" in asked.content.decode()
        assert list(Job.objects.values_list("name", flat=True)) == ["Weekly (copy)"]

    def test_an_empty_name_is_refused(self, browser: Client) -> None:
        job = save(browser)

        assert browser.post(f"/jobs/{job.pk}/", {"name": " "}).status_code == 422


class TestAccess:
    ROLES = (Role.SENIOR_TECHNICIAN, Role.APPROVER, Role.AUDITOR, Role.PARTNER_ADMINISTRATOR, None)
    READERS = frozenset({Role.SENIOR_TECHNICIAN, Role.APPROVER, Role.AUDITOR, Role.PARTNER_ADMINISTRATOR})
    LAUNCHERS = frozenset({Role.SENIOR_TECHNICIAN, Role.PARTNER_ADMINISTRATOR})

    @pytest.mark.parametrize("role", ROLES)
    def test_reading_and_changing(self, browser: Client, signed_in: SignIn, role: Role | None) -> None:
        job, client = save(browser), signed_in(make_person(role))

        assert client.get("/jobs/").status_code == (200 if role in self.READERS else 403)
        assert client.get(f"/jobs/{job.pk}/").status_code == (200 if role in self.READERS else 403)
        assert client.get(f"/jobs/{job.pk}/delete/").status_code == (200 if role in self.LAUNCHERS else 403)
        change = client.post(f"/jobs/{job.pk}/", {"name": "New", "shared": "on"})
        assert change.status_code == (303 if role in self.LAUNCHERS else 403)
        assert client.post(f"/jobs/{job.pk}/duplicate/").status_code == (303 if role in self.LAUNCHERS else 403)
        discard = client.post(reverse("jobs:launch-draft-discard", args=[uuid4()]))
        assert discard.status_code == (303 if role in self.LAUNCHERS else 403)
        assert client.post(f"/jobs/{job.pk}/delete/").status_code == (303 if role in self.LAUNCHERS else 403)
        assert Job.objects.filter(pk=job.pk).exists() == (role not in self.LAUNCHERS)

    def test_a_private_one_is_404_for_others(self, browser: Client, signed_in: SignIn) -> None:
        job = save(browser, job_shared="")
        Job.objects.update(shared=False)
        other = signed_in(make_person())

        assert other.get(f"/jobs/{job.pk}/").status_code == 404
        assert other.post(f"/jobs/{job.pk}/duplicate/").status_code == 404
        assert other.get(f"/jobs/{job.pk}/delete/").status_code == 404

    @pytest.mark.parametrize("path", ["duplicate", "delete"])
    def test_unknown_ones(self, browser: Client, path: str) -> None:
        assert browser.get(f"/jobs/{uuid4()}/").status_code == 404
        assert browser.post(f"/jobs/{uuid4()}/{path}/").status_code == (404 if path == "duplicate" else 303)
