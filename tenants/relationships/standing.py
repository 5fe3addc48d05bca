"""Who could do what in an organization at some time, and how surely that is known: answered from versions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from portal.core.templatetags.presentation import day
from portal.core.templatetags.states import look
from tenants.organizations.models import Organization
from tenants.relationships.differences import Difference, differences, label_of
from tenants.relationships.facts import IN_FORCE, Facts, extension, moment
from tenants.relationships.models import RelationshipVersion, VersionKind
from tenants.relationships.roles import role_name


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is asked about, both ends included, aware UTC; a moment begins and ends at once."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """A security group with the roles that it held; `is_member` tells of the service account, None: not known."""

    group_id: str
    group_name: str
    is_member: bool | None
    status: str
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """One relationship as it was known; `knowledge` says from which readings, `is_certain` whether they leave a gap."""

    key: str
    label: str
    kind: str
    status: str
    in_force: bool
    roles: Sequence[str]
    activated_at: datetime | None
    end_at: datetime | None
    extends_by: str
    holders: Sequence[Holder]
    since: datetime
    until: datetime | None
    knowledge: str
    is_certain: bool


def standings(organization: Organization, span: Span, last_read_at: datetime | None) -> list[Standing]:
    """Return what was known to give access during `span`, what was in force first.

    `last_read_at` is when the partner was last read. Two queries.
    """
    versions = list(_during(organization, span))
    groups = _groups(organization, versions, span)
    found = [_standing(version, groups, span, last_read_at or version.valid_from) for version in versions]
    return sorted(found, key=lambda each: (not each.in_force, each.kind, each.label, each.since))


def inferred(organization: Organization, span: Span) -> list[tuple[str, str]]:
    """Return name and sentence of relationships that no reading of that time shows, but whose own dates do."""
    first: dict[str, RelationshipVersion] = {}
    every = RelationshipVersion.objects.filter(organization=organization, kind=VersionKind.GDAP)
    for version in every.order_by("valid_from"):
        first.setdefault(version.key, version)
    return [
        (label_of(version.kind, version.key, version.facts), _inference(version))
        for version in first.values()
        if version.valid_from > span.end and _lasted_then(version.facts, span)
    ]


def compared(organization: Organization, earlier: datetime, later: datetime) -> list[tuple[str, Difference]]:
    """Return what differs between two moments: the name of the relationship or group, and the difference."""
    sides = [_facts_at(organization, at) for at in (earlier, later)]
    names = {key: facts["name"] for side in sides for (kind, key), facts in side.items() if kind == VersionKind.GROUP}
    return [
        (label_of(kind, key, after or before or {}), difference)
        for kind, key in sorted(sides[0].keys() | sides[1].keys())
        for before, after in [(sides[0].get((kind, key)), sides[1].get((kind, key)))]
        for difference in differences(kind, before, after, names)
    ]


def _covering(begin: datetime, end: datetime) -> Q:
    return Q(valid_from__lte=end) & (Q(valid_until=None) | Q(valid_until__gt=begin))


def _during(organization: Organization, span: Span) -> QuerySet[RelationshipVersion]:
    return RelationshipVersion.objects.filter(_covering(span.begin, span.end), organization=organization)


def _groups(
    organization: Organization, versions: Sequence[RelationshipVersion], span: Span
) -> Mapping[str, RelationshipVersion]:
    """Return the security groups that `versions` name, as they were at the end of `span`."""
    ids = {each["group"] for version in versions for each in version.facts.get("assignments", ())}
    known = RelationshipVersion.objects.filter(
        _covering(span.begin, span.end), partner=organization.partner_id, kind=VersionKind.GROUP, key__in=ids
    )
    return {version.key: version for version in known.order_by("valid_from")}


def _standing(
    version: RelationshipVersion, groups: Mapping[str, RelationshipVersion], span: Span, last_read_at: datetime
) -> Standing:
    facts = version.facts
    status, end_at = facts.get("status", ""), moment(facts, "end_at")
    seen_until = version.confirmed_at or last_read_at
    return Standing(
        key=version.key,
        label=label_of(version.kind, version.key, facts),
        kind=version.kind,
        status=status or "none",
        in_force=status in IN_FORCE and (end_at is None or end_at > span.begin),
        roles=sorted(map(role_name, facts.get("roles", ()))),
        activated_at=moment(facts, "activated_at"),
        end_at=end_at,
        extends_by=extension(facts),
        holders=[_holder(each, groups) for each in facts.get("assignments", ())],
        since=version.valid_from,
        until=version.valid_until,
        knowledge=" ".join(_knowledge(version, seen_until)),
        is_certain=version.valid_from <= span.begin and span.end <= seen_until,
    )


def _holder(assignment: Facts, groups: Mapping[str, RelationshipVersion]) -> Holder:
    group = groups.get(assignment["group"])
    return Holder(
        assignment["group"],
        group.facts["name"] if group else "",
        group.facts["is_member"] if group else None,
        assignment["status"],
        sorted(map(role_name, assignment["roles"])),
    )


def _knowledge(version: RelationshipVersion, seen_until: datetime) -> Iterator[str]:
    yield f"First read so on {at(version.valid_from)}"
    if version.valid_until is None:
        yield f"and still so at the last reading, on {at(seen_until)}."
        return
    yield f"and last read so on {at(seen_until)}."
    yield f"The next reading, on {at(version.valid_until)}, found it different: it changed somewhere between."


def at(value: datetime) -> str:
    """Return a moment in UTC to the minute: "11 March 2026 08:12 UTC"."""
    return f"{day(value)} {value:%H:%M} UTC"


def _lasted_then(facts: Facts, span: Span) -> bool:
    activated_at, end_at = moment(facts, "activated_at"), moment(facts, "end_at")
    return activated_at is not None and activated_at <= span.end and (end_at is None or end_at >= span.begin)


def _inference(version: RelationshipVersion) -> str:
    activated_at = moment(version.facts, "activated_at")
    since = day(activated_at) if activated_at else "before"
    state = look(version.facts["status"]).label.lower()
    sure = version.facts["status"] in IN_FORCE
    return (
        f"Nobody had read it yet. When it was first read, on {at(version.valid_from)}, it was {state}, and Microsoft "
        f"said that it became active on {since}: it {'was' if sure else 'may have been'} in force. Which groups held "
        "which roles then is not known."
    )


def _facts_at(organization: Organization, at_moment: datetime) -> Mapping[tuple[str, str], Facts]:
    places = Q(organization=organization) | Q(partner=organization.partner_id, kind=VersionKind.GROUP)
    versions = RelationshipVersion.objects.filter(places & _covering(at_moment, at_moment))
    facts = {(version.kind, version.key): version.facts for version in versions}
    assigned = {a["group"] for of in facts.values() for a in of.get("assignments", ())}
    return {(kind, key): of for (kind, key), of in facts.items() if kind != VersionKind.GROUP or key in assigned}
