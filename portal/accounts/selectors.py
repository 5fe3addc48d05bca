"""Questions about people."""

from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from portal.accounts.grants.models import RoleGrant
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor, ActorKind, Source
from portal.core.authority import Grant
from portal.core.pagination import Page, page_by_key
from portal.core.permissions import Permission
from portal.core.refusals import Refused


class PersonUnknown(Refused):
    """Nobody has this sign-in name."""


def person_named(username: str) -> User:
    """Return the person who may sign in as `username`; raises `PersonUnknown`."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        known = ", ".join(
            User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)[:20]
        )
        raise PersonUnknown(f"Nobody can sign in as “{username}”. Known are: {known or 'nobody yet'}.")
    return user


def search_people(*, actor: Actor, text: str, number: int) -> list[User]:
    """Return up to `number` people whose name or sign-in name has every word of `text`; none without the right.

    Whoever may read runs sees who launched them, so the same right shows their names here.
    """
    if not actor.has(Permission.RUN_READ):
        return []
    fits = Q()
    for word in text.split():
        fits &= Q(display_name__icontains=word) | Q(username__icontains=word)
    return list(User.objects.filter(fits).order_by("display_name", "pk")[:number])


def grants_of_people(person_ids: Iterable[str]) -> dict[str, tuple[Grant, ...]]:
    """Return what people hold now, by their ids as actors carry them; who may not sign in any more is left out."""
    people = User.objects.filter(pk__in=list(map(int, person_ids)), is_active=True)
    return {str(person.pk): person.grants for person in people}


def count_people() -> int:
    """Return how many people may sign in."""
    return User.objects.filter(is_active=True).count()


def person_with_id(person_id: str) -> User | None:
    """Return the person of this id who may sign in, or None."""
    return User.objects.filter(pk=person_id, is_active=True).first() if person_id.isdecimal() else None


def human_of(person_id: str) -> str:
    """Return the human behind the account of this id, also one that may not sign in any more; empty for nobody."""
    person = User.objects.filter(pk=person_id).first() if person_id.isdecimal() else None
    return person.human if person else ""


PEOPLE_SORTS: Mapping[str, str] = {"name": "display_name", "sign-in": "username", "made": "created_at"}


def people_page(*, actor: Actor, text: str, role: str, state: str, order: str, cursor: str) -> Page[User]:
    """Return the people whose names have every word of `text`, narrowed by a role and by whether they may sign in."""
    return page_by_key(_people(actor, text, role, state), order=order, cursor=cursor)


def _people(actor: Actor, text: str, role: str, state: str) -> QuerySet[User]:
    actor.require(Permission.PERSON_READ)
    people = User.objects.all()
    for word in text.split():
        people = people.filter(Q(display_name__icontains=word) | Q(username__icontains=word))
    if state:
        people = people.filter(is_active=state == "active")
    if role:
        held = RoleGrant.objects.filter(user=OuterRef("pk"), role=role, revoked_at=None)
        people = people.filter(Exists(held.filter(Q(until=None) | Q(until__gt=Now()))))
    return people


def find_person(*, actor: Actor, person_id: int) -> User | None:
    """Return one person, also one that may not sign in any more, or None."""
    actor.require(Permission.PERSON_READ)
    return User.objects.filter(pk=person_id).first()


def latest_events_by(*, actor: Actor, person: User, number: int) -> list[AuditEvent]:
    """Return what a person did last, for who may read the whole trail."""
    if not actor.has_everywhere(Permission.AUDIT_EVENT_READ):
        return []
    label = person.as_actor(Source.WEB).label
    done = AuditEvent.objects.filter(actor_kind=ActorKind.PERSON, actor_label=label)
    return list(done.order_by("-occurred_at", "-pk")[:number])
