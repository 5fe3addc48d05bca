"""What others share is seen by whoever may see all that it can name."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from jobs.saved.models import Job
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.saved_filters.models import SavedFilter
from portal.accounts.saved_filters.services import save_filter
from portal.core.actors import Source
from tests.factories import grant, make_group, make_organizations, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def nora() -> User:
    person = make_person(None)
    grant(person, Role.SENIOR_TECHNICIAN, over=make_group("Gold", make_organizations(1)))
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize(
    ("typed", "is_seen"),
    [
        ("p.Identity=x&where=all", True),
        ("p.Identity=x&where=chosen&organization=1", False),
        ("group=1&where=chosen", False),
        ("where=chosen&names=contoso.com", False),
        ("where=chosen&names=&p.organization=2", True),
    ],
)
def test_a_shared_job_that_names_organizations_is_hidden_from_who_sees_a_part(
    nora: User, technician: User, typed: str, is_seen: bool
) -> None:
    Job.objects.create(name="J", cmdlet="Get-Mailbox", typed=typed, changed_at=timezone.now(), owner_id="0")
    assert Job.objects.visible_to(nora.as_actor(Source.WEB)).exists() == is_seen
    assert Job.objects.visible_to(technician.as_actor(Source.WEB)).exists()


def test_ones_own_job_is_seen_whatever_it_names(nora: User) -> None:
    Job.objects.create(
        name="J", cmdlet="Get-Mailbox", typed="organization=1", changed_at=timezone.now(), owner_id=str(nora.pk)
    )
    assert Job.objects.visible_to(nora.as_actor(Source.WEB)).exists()


def test_shared_filters_are_seen_by_who_sees_everything(
    nora: User, technician: User, signed_in: Callable[[User], Client]
) -> None:
    other = make_person().as_actor(Source.WEB)
    save_filter(actor=other, page="runs", name="Contoso’s failures", query="q=contoso")
    SavedFilter.objects.update(is_shared=True)
    assert SavedFilter.objects.visible_to(technician.as_actor(Source.WEB)).exists()
    assert not SavedFilter.objects.visible_to(nora.as_actor(Source.WEB)).exists()
    assert "Contoso" not in signed_in(nora).get("/runs/?all=1").content.decode()
