"""What a change of assignments would change: how many organizations would be entered by another profile than now."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, Place, ProfileAssignment
from tenants.profiles.resolution import assignments_for, resolved
from tenants.profiles.uses import SERVICES

Change = Callable[[ProfileService, list[ProfileAssignment]], list[ProfileAssignment]]


@dataclass(frozen=True, slots=True)
class Move:
    """Some organizations whose profile for one service would change; None means that no profile applies."""

    service: ProfileService
    number: int
    before: ConnectionProfile | None
    after: ConnectionProfile | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Every move, the largest first, and the number of organizations that it changes anything in.

    `elsewhere` counts those that would get a profile for another cloud than their own. `seal` is the same only for the
    same effect on the same organizations.
    """

    moves: Sequence[Move]
    number: int
    elsewhere: int
    seal: tuple[tuple[str, str, str], ...]


def effect_of_assigning(
    actor: Actor, *, profile: ConnectionProfile, places: Sequence[Place], service: ProfileService, rank: int = 0
) -> Effect:
    """Return what `assign_profile` would change for these places."""

    def after(each: ProfileService, stored: list[ProfileAssignment]) -> list[ProfileAssignment]:
        if not service.covers(each):
            return stored
        given = [_thought_of(profile, place, each, rank) for place in places]
        taken = {_key(assignment) for assignment in given}
        return [*(assignment for assignment in stored if _key(assignment) not in taken), *given]

    return _effect(actor, after)


def effect_of_withdrawing(actor: Actor, assignment_ids: Iterable[UUID]) -> Effect:
    """Return what deleting these assignments would change."""
    gone = set(assignment_ids)
    return _effect(actor, lambda _service, stored: [each for each in stored if each.pk not in gone])


def effect_of_retiring(actor: Actor, profile: ConnectionProfile) -> Effect:
    """Return what retiring a profile would change."""
    return _effect(actor, lambda _service, stored: [each for each in stored if each.profile_id != profile.pk])


def _effect(actor: Actor, after: Change) -> Effect:
    served = list(Organization.objects.visible_to(actor).served().order_by("pk"))
    numbers: Counter[tuple[ProfileService, UUID | None, UUID | None]] = Counter()
    profiles: dict[UUID | None, ConnectionProfile | None] = {None: None}
    changed: list[tuple[str, str, str]] = []
    places, elsewhere = set(), set()
    for service in SERVICES:
        stored = assignments_for(service)
        now, then = resolved(served, stored), resolved(served, after(service, stored))
        for organization in served:
            before, instead = (found.get(organization.pk) for found in (now, then))
            old, new = before.profile if before else None, instead.profile if instead else None
            if old == new:
                continue
            old_id, new_id = old.pk if old else None, new.pk if new else None
            profiles |= {old_id: old, new_id: new}
            numbers[service, old_id, new_id] += 1
            places.add(organization.pk)
            changed.append((service.value, str(organization.pk), str(new_id)))
            if new and new.environment not in ("", organization.environment):
                elsewhere.add(organization.pk)
    moves = [
        Move(service, number, profiles[old], profiles[new]) for (service, old, new), number in numbers.most_common()
    ]
    return Effect(moves, len(places), len(elsewhere), tuple(changed))


def _thought_of(profile: ConnectionProfile, place: Place, service: ProfileService, rank: int) -> ProfileAssignment:
    column = {Partner: "partner", OrganizationGroup: "group", Organization: "organization"}[type(place)]
    return ProfileAssignment(profile=profile, service=service, rank=rank, **{column: place})


def _key(assignment: ProfileAssignment) -> tuple[UUID | None, ...]:
    """Return what a new assignment replaces: of a group, only what a profile of the same partner had there."""
    of_partner = assignment.profile.partner_id if assignment.group_id else None
    return assignment.partner_id, assignment.group_id, assignment.organization_id, of_partner
