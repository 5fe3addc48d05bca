"""Jobs: saved, changed, copied and deleted, each with its event."""

from collections.abc import Callable

import pytest
from django.http import QueryDict

from jobs.catalogue.cmdlets import find
from jobs.saved.models import Job
from jobs.saved.selectors import JobFilter, find_job, jobs_page
from jobs.saved.services import (
    Definition,
    JobRefused,
    change_job,
    change_job_form,
    create_job,
    delete_job,
    duplicate_job,
)
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tests.factories import make_person, make_run

Acting = Callable[[User], Actor]
pytestmark = pytest.mark.django_db
TYPED = QueryDict("p.Identity=bob&where=all&reason=monthly&csrfmiddlewaretoken=x&look=save")


def saved(actor: Actor, name: str = "Forwarding off", *, shared: bool = True, data: QueryDict = TYPED) -> Job:
    return create_job(
        actor=actor, name=name, description="", shared=shared, definition=Definition.of_forms(find("Set-Mailbox"), data)
    )


@pytest.fixture
def actor(technician: User, acting: Acting) -> Actor:
    return acting(technician)


@pytest.fixture
def colleague(acting: Acting) -> Actor:
    return acting(make_person())


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(target_kind="job").order_by("pk").values_list("action", "target_label"))


class TestCreate:
    def test_keeps_what_was_typed_and_leaves_an_event(self, actor: Actor) -> None:
        job = saved(actor)
        assert job.typed == "p.Identity=bob&where=all&reason=monthly"
        assert events() == [("job.created", "Forwarding off")]

    def test_keeps_no_secret_of_another_cmdlet(self, actor: Actor) -> None:
        job = saved(actor)
        typed = QueryDict("p.Name=x&p.Password=hunter2")
        with pytest.raises(JobRefused, match="runs Set-Mailbox, not New-Mailbox"):
            change_job_form(actor=actor, job_id=job.pk, definition=Definition.of_forms(find("New-Mailbox"), typed))
        assert events() == [("job.created", "Forwarding off")]

    def test_keeps_no_secret(self, actor: Actor) -> None:
        typed = QueryDict("p.Name=x&p.Password=hunter2&p.password.part=hunter2&p.RemotePowerShellEnabled=yes")
        job = create_job(
            actor=actor,
            name="n",
            description="",
            shared=True,
            definition=Definition.of_forms(find("New-Mailbox"), typed),
        )
        assert "hunter2" not in job.typed
        assert "Name=x" in job.typed
        assert "hunter2" not in str(AuditEvent.objects.filter(target_kind="job").values_list("data", flat=True))

    @pytest.mark.parametrize(
        ("name", "words"), [("  ", "Give the job a name"), ("x" * 201, "201"), ("FORWARDING off", "already")]
    )
    def test_refuses_a_bad_name(self, actor: Actor, name: str, words: str) -> None:
        saved(actor)
        with pytest.raises(JobRefused, match=words):
            saved(actor, name)

    def test_needs_the_permission(self, auditor: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused):
            saved(acting(auditor))


class TestChange:
    def test_of_name_and_form_by_a_colleague_when_shared(self, actor: Actor, colleague: Actor) -> None:
        job = saved(actor)
        change_job(actor=colleague, job_id=job.pk, name="New name", description="d", shared=True)
        changed = change_job_form(
            actor=colleague,
            job_id=job.pk,
            definition=Definition.of_forms(find("Set-Mailbox"), QueryDict("p.Identity=ann")),
        )
        assert (changed.name, changed.typed, changed.changed_by) == ("New name", "p.Identity=ann", colleague.label)
        assert [action for action, _ in events()] == ["job.created", "job.changed", "job.changed"]

    def test_only_the_owner_stops_sharing(self, actor: Actor, colleague: Actor) -> None:
        job = saved(actor)
        with pytest.raises(JobRefused, match="who saved this job"):
            change_job(actor=colleague, job_id=job.pk, name=job.name, description="", shared=False)

    def test_of_a_private_one_of_somebody_else_is_refused(self, actor: Actor, colleague: Actor) -> None:
        job = saved(actor, shared=False)
        assert find_job(actor=colleague, job_id=job.pk) is None
        with pytest.raises(JobRefused, match="not shared with you"):
            change_job(actor=colleague, job_id=job.pk, name="x", description="", shared=True)
        with pytest.raises(JobRefused, match="not shared with you"):
            change_job_form(
                actor=colleague, job_id=job.pk, definition=Definition.of_forms(find("Set-Mailbox"), QueryDict())
            )
        with pytest.raises(JobRefused, match="not shared with you"):
            duplicate_job(actor=colleague, job_id=job.pk)
        delete_job(actor=colleague, job_id=job.pk)
        assert Job.objects.get().name == job.name


class TestDuplicate:
    def test_takes_the_next_free_name_and_is_private(self, actor: Actor, colleague: Actor) -> None:
        job = saved(actor)
        copies = [duplicate_job(actor=colleague, job_id=job.pk) for _ in range(2)]
        assert [copy.name for copy in copies] == ["Forwarding off (copy)", "Forwarding off (copy 2)"]
        assert {(copy.typed, copy.shared, copy.owner_id) for copy in copies} == {(job.typed, False, colleague.id)}


class TestDelete:
    def test_leaves_its_runs_and_an_event(self, actor: Actor) -> None:
        job = saved(actor)
        run = make_run(job=job)
        for _ in range(2):
            delete_job(actor=actor, job_id=job.pk)
        run.refresh_from_db()
        assert run.job_id is None
        assert [action for action, _ in events()] == ["job.created", "job.deleted"]


class TestList:
    def test_sorts_filters_and_knows_the_last_run(self, actor: Actor, colleague: Actor) -> None:
        older, newer, never = saved(actor, "B"), saved(actor, "a"), saved(colleague, "C zeta")
        make_run(job=older)
        last = make_run(job=newer, requested_by=make_person(username="lastly"))

        def names(sort: str = "name", **wanted: str) -> list[str]:
            page = jobs_page(actor=actor, wanted=JobFilter(**wanted), sort=sort, cursor="")
            return [job.name for job in page.rows]

        assert names() == ["a", "B", "C zeta"]
        assert names("-last") == ["a", "B", "C zeta"]
        assert names(whose="mine") == ["a", "B"]
        assert names(whose="shared") == [never.name]
        assert names(used="no") == ["C zeta"]
        assert names(text="set-mail zeta") == ["C zeta"]
        first = jobs_page(actor=actor, wanted=JobFilter(), sort="-last", cursor="").rows[0]
        assert first.last_run_id == last.pk  # type: ignore[attr-defined]  # annotated by the selector
