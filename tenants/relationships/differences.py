"""What differs between two versions of one thing, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.core.templatetags.presentation import day
from portal.core.templatetags.states import look
from tenants.relationships.facts import Facts, extension, moment
from tenants.relationships.models import ChangeKind, VersionKind
from tenants.relationships.roles import role_name

NONE = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was; `before` and `after` are words."""

    kind: ChangeKind
    before: str
    after: str


def differences(
    kind: str, before: Facts | None, after: Facts | None, group_names: Mapping[str, str]
) -> list[Difference]:
    """Return what differs; None stands for what was not there. `group_names` names security groups by id."""
    match kind:
        case VersionKind.GDAP:
            found = _gdap(before, after, group_names)
        case VersionKind.RESELLER:
            found = iter([Difference(ChangeKind.RESELLER, _reseller(before), _reseller(after))])
        case _:
            found = _group(before, after)
    return [each for each in found if each.before != each.after]


def label_of(kind: str, key: str, facts: Facts) -> str:
    """Return how a thing is called."""
    if kind == VersionKind.RESELLER:
        return "Reseller relationship"
    return facts["name"] or (f"Security group {key}" if kind == VersionKind.GROUP else key)


def roles_in_words(role_ids: Sequence[str]) -> str:
    """Return the names of roles by name; “no role” for none."""
    return ", ".join(sorted(map(role_name, role_ids))) or "no role"


def membership_in_words(is_member: bool | None) -> str:
    """Return whether the service account belongs to a group."""
    if is_member is None:
        return "not known"
    return "member" if is_member else "not a member"


def _gdap(before: Facts | None, after: Facts | None, group_names: Mapping[str, str]) -> Iterator[Difference]:
    if before is None or after is None:
        kind = ChangeKind.APPEARED if before is None else ChangeKind.DISAPPEARED
        yield Difference(kind, _summary(before), _summary(after))
        return
    yield Difference(ChangeKind.STATE, _state(before), _state(after))
    yield Difference(ChangeKind.ROLES, roles_in_words(before["roles"]), roles_in_words(after["roles"]))
    yield Difference(ChangeKind.AUTO_EXTEND, _extends(before), _extends(after))
    yield Difference(ChangeKind.END, _end(before), _end(after))
    yield Difference(ChangeKind.NAME, before["name"], after["name"])
    yield from _assignments(before, after, group_names)


def _assignments(before: Facts, after: Facts, group_names: Mapping[str, str]) -> Iterator[Difference]:
    old = {each["id"]: each for each in before["assignments"]}
    new = {each["id"]: each for each in after["assignments"]}
    for key in sorted(old.keys() | new.keys()):
        yield Difference(
            ChangeKind.ASSIGNMENT, _assigned(old.get(key), group_names), _assigned(new.get(key), group_names)
        )


def _assigned(assignment: Facts | None, group_names: Mapping[str, str]) -> str:
    if assignment is None:
        return NONE
    name = group_names.get(assignment["group"]) or assignment["group"]
    return f"{name}: {roles_in_words(assignment['roles'])} ({look(assignment['status']).label.lower()})"


def _group(before: Facts | None, after: Facts | None) -> Iterator[Difference]:
    """A group comes and goes with the assignments that name it, which say so themselves."""
    if before is None or after is None:
        return
    yield Difference(
        ChangeKind.MEMBERSHIP, membership_in_words(before["is_member"]), membership_in_words(after["is_member"])
    )
    yield Difference(ChangeKind.NAME, before["name"] or "not known", after["name"] or "not known")


def _summary(facts: Facts | None) -> str:
    return f"{_state(facts)}: {roles_in_words(facts['roles'])}, until {_end(facts)}" if facts else NONE


def _state(facts: Facts) -> str:
    return look(facts["status"]).label.lower()


def _extends(facts: Facts) -> str:
    return f"extends itself by {extension(facts)}" if extension(facts) else "does not extend itself"


def _end(facts: Facts) -> str:
    end = moment(facts, "end_at")
    return day(end) if end else "no end date"


def _reseller(facts: Facts | None) -> str:
    return facts["relationship"] if facts else NONE
