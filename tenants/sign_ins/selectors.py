"""What is asked about sign-ins of technicians."""

from collections.abc import Sequence
from uuid import UUID

from portal.core.actors import Actor
from tenants.sign_ins.models import PersonalSignIn


def are_alive(sign_in_ids: Sequence[UUID]) -> list[bool]:
    """Say of each sign-in whether it has not ended: nothing may be asked of Microsoft with one that has."""
    alive = set(PersonalSignIn.objects.alive().filter(pk__in=sign_in_ids).values_list("pk", flat=True))
    return [pk in alive for pk in sign_in_ids]


def sign_ins_of(*, actor: Actor) -> list[PersonalSignIn]:
    """Return the actor's own sign-ins that have not ended, the newest first; nobody sees another's."""
    return list(PersonalSignIn.objects.of_person(actor.id).alive().order_by("-signed_in_at"))
