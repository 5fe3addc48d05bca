"""Questions about people."""

from collections.abc import Iterable

from django.db.models import Q

from portal.accounts.models import User
from portal.core.actors import Actor
from portal.core.authority import Grant
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
