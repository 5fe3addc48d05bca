"""Remembering a reading: a version is written only where something differs from the one before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft
from portal.core.actors import Actor
from portal.core.bulk import update_rows
from tenants.organizations.models import Organization
from tenants.organizations.services import as_object as organization_as_object
from tenants.partner.models import Partner
from tenants.partner.services import as_object as partner_as_object
from tenants.relationships.differences import differences, label_of
from tenants.relationships.facts import Facts
from tenants.relationships.models import RelationshipChange, RelationshipVersion, VersionKind

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """One thing as a reading found it; a security group belongs to no organization."""

    kind: VersionKind
    key: str
    organization: Organization | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a reading changed: the keys that differ by kind and id, the changes, and their audit events.

    The first reading of a partner changes nothing: it is where the history begins.
    """

    differing: frozenset[Key]
    changes: Sequence[RelationshipChange]
    events: Sequence[AuditEvent]


def record_reading(
    *, actor: Actor, partner: Partner, known: Sequence[Known], read_at: datetime, known_at: datetime | None
) -> Recorded:
    """Compare what was read at `read_at` with the present versions, and write what differs.

    `known_at` is the reading before. Three queries when nothing changed, however many organizations there are; the
    events are drafted, not written.
    """
    present = {
        (version.kind, version.key): version
        for version in RelationshipVersion.objects.filter(partner=partner, valid_until=None).select_related(
            "organization"
        )
    }
    found = {(str(each.kind), each.key): each for each in known}
    is_first = not present and not RelationshipVersion.objects.filter(partner=partner).exists()
    differing = {key for key in found if key not in present or present[key].facts != found[key].facts}
    ended = [version for key, version in present.items() if key in differing or key not in found]
    update_rows(
        RelationshipVersion,
        [
            {"pk": each.pk, "confirmed_at": max(known_at or each.valid_from, each.valid_from), "valid_until": read_at}
            for each in ended
        ],
    )
    RelationshipVersion.objects.bulk_create(
        (_version(partner, found[key], read_at) for key in found if key in differing), batch_size=500
    )
    changes = [] if is_first else list(_changes(partner, present, found, read_at, known_at or read_at))
    RelationshipChange.objects.bulk_create(changes, batch_size=500)
    return Recorded(frozenset(differing), changes, [_event(actor, partner, change) for change in changes])


def without_membership(partner: Partner, group_ids: Sequence[str]) -> list[Known]:
    """Return the security groups `group_ids` of a reading that could not read groups: by the names known before."""
    versions = RelationshipVersion.objects.filter(partner=partner, kind=VersionKind.GROUP, valid_until=None)
    names = {version.key: version.facts["name"] for version in versions}
    return [Known(VersionKind.GROUP, key, None, {"name": names.get(key, ""), "is_member": None}) for key in group_ids]


def _version(partner: Partner, known: Known, read_at: datetime) -> RelationshipVersion:
    return RelationshipVersion(
        partner=partner,
        organization=known.organization,
        kind=known.kind,
        key=known.key,
        facts=known.facts,
        valid_from=read_at,
    )


def _changes(
    partner: Partner,
    present: Mapping[Key, RelationshipVersion],
    found: Mapping[Key, Known],
    read_at: datetime,
    known_at: datetime,
) -> Iterator[RelationshipChange]:
    names = _group_names(present, found)
    for kind, key in sorted(present.keys() | found.keys()):
        version, now = present.get((kind, key)), found.get((kind, key))
        before, after = version.facts if version else None, now.facts if now else None
        place = now.organization if now else version.organization if version else None
        for difference in differences(kind, before, after, names):
            yield RelationshipChange(
                partner=partner,
                organization=place,
                organization_name=place.name if place else "",
                kind=difference.kind,
                key=key,
                label=label_of(kind, key, after or before or {}),
                before=difference.before,
                after=difference.after,
                known_at=known_at,
                found_at=read_at,
            )


def _group_names(present: Mapping[Key, RelationshipVersion], found: Mapping[Key, Known]) -> dict[str, str]:
    old = {key: version.facts["name"] for (kind, key), version in present.items() if kind == VersionKind.GROUP}
    new = {key: known.facts["name"] for (kind, key), known in found.items() if kind == VersionKind.GROUP}
    return {**old, **{key: name for key, name in new.items() if name}}


def _event(actor: Actor, partner: Partner, change: RelationshipChange) -> AuditEvent:
    place = change.organization
    target = organization_as_object(place) if place else partner_as_object(partner)
    return draft(
        AuditAction.RELATIONSHIP_CHANGED,
        actor=actor,
        target=target,
        data={
            "relationship": change.label,
            "relationship_id": change.key,
            "what": change.get_kind_display().lower(),
            "before": change.before,
            "after": change.after,
            "known_at": change.known_at.isoformat(),
        },
    )
