"""Why an organization can be reached through GDAP, or why not: a chain in which every link has its fix.

Rights are the union over active relationships, active assignments in them, and the groups that the partner's service
account belongs to (exchange-protocol.md 4.1, 4.2). Answered from what was last read: nothing is asked now.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.core.templatetags.presentation import counted, day
from tenants.organizations.models import Organization
from tenants.partner.models import PartnerSignIn
from tenants.relationships.facts import IN_FORCE
from tenants.relationships.models import RelationshipVersion, VersionKind
from tenants.relationships.selectors import AssignmentView, RelationshipView, relationships_of

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"
EXCHANGE_ROLES = frozenset(
    {
        "Compliance Administrator",
        "Exchange Administrator",
        "Exchange Recipient Administrator",
        "Global Administrator",
        "Global Reader",
        "Helpdesk Administrator",
        "Security Administrator",
        "Security Reader",
    }
)
"""Roles with which Exchange lets anybody run anything (4.6)."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain: `state` is "good", "bad" or "unknown"; `fix` says what to do unless it is good."""

    title: str
    state: str
    fact: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """The chain, and what it comes to; `roles` are those that the service account holds through it, by name."""

    links: Sequence[Link]
    state: str
    answer: str
    fix: str
    roles: Sequence[str]

    @property
    def through_groups(self) -> Link:
        """What decides for whoever belongs to the groups: the broken link before the service account, or the roles."""
        *before, _service_account = self.links
        return next((link for link in before if link.state == BAD), before[-1])


@dataclass(frozen=True, slots=True)
class _Path:
    """One way through: an active assignment of a relationship in force, with what is known of its group."""

    assignment: AssignmentView
    group_name: str
    is_member: bool | None

    @property
    def group(self) -> str:
        return self.group_name or f"the group {self.assignment.container_id}"


def reach_of(organization: Organization, relationships: Sequence[RelationshipView] | None = None) -> Reach:
    """Return the chain of `organization`; `relationships` are its own where they are at hand. At most 5 queries."""
    known = relationships_of(organization) if relationships is None else relationships
    account = PartnerSignIn.objects.filter(partner=organization.partner_id).first()
    in_force = [each for each in known if each.status in IN_FORCE]
    paths = _paths(organization, in_force)
    held = [path for path in paths if EXCHANGE_ROLES & set(path.assignment.roles)]
    answers: Sequence[Callable[[], Link]] = (
        lambda: _relationship(known, in_force),
        lambda: _assignment(in_force, paths),
        lambda: _group(paths),
        lambda: _role(paths, held),
        lambda: _member(account, held),
    )
    links = list(_until_broken(answers))
    roles = sorted({role for path in paths if path.is_member for role in path.assignment.roles})
    return _conclusion(links, roles)


def _until_broken(answers: Sequence[Callable[[], Link]]) -> Iterator[Link]:
    """Yield links; behind one that is broken nothing can be said."""
    titles = ("Relationship", "Access assignment", "Security group", "Role", "Service account")
    broken = False
    for title, answer in zip(titles, answers, strict=True):
        link = Link(title, UNKNOWN, "Hangs on what is missing before it.") if broken else answer()
        broken = broken or link.state == BAD
        yield link


def _paths(organization: Organization, in_force: Sequence[RelationshipView]) -> list[_Path]:
    assignments = [each for relationship in in_force for each in relationship.assignments if each.status == "active"]
    groups: Mapping[str, RelationshipVersion] = {
        version.key: version
        for version in RelationshipVersion.objects.filter(
            partner=organization.partner_id,
            kind=VersionKind.GROUP,
            valid_until=None,
            key__in={each.container_id for each in assignments},
        )
    }
    return [
        _Path(each, group.facts["name"] if group else "", group.facts["is_member"] if group else None)
        for each in assignments
        for group in [groups.get(each.container_id)]
    ]


def _relationship(known: Sequence[RelationshipView], in_force: Sequence[RelationshipView]) -> Link:
    title = "Relationship"
    if in_force:
        last = max(in_force, key=lambda each: each.end_at.timestamp() if each.end_at else float("inf"))
        until = f", until {day(last.end_at)}" if last.end_at else ""
        return Link(title, GOOD, f"{counted(len(in_force), 'delegated admin relationship')} in force{until}.")
    if known:
        return Link(
            title,
            BAD,
            "No delegated admin relationship is in force.",
            "Have the customer's Global Administrator approve a new one.",
        )
    return Link(
        title,
        BAD,
        "There is no delegated admin relationship. A CSP reseller relationship alone grants no access.",
        "Ask the customer for a delegated admin relationship (GDAP).",
    )


def _assignment(in_force: Sequence[RelationshipView], paths: Sequence[_Path]) -> Link:
    title = "Access assignment"
    if paths:
        return Link(title, GOOD, f"{counted(len(paths), 'active assignment')}.")
    waiting = [each for relationship in in_force for each in relationship.assignments if each.status == "pending"]
    if waiting:
        return Link(title, BAD, "Microsoft has not carried the assignment out yet.", "Wait some minutes, read again.")
    return Link(
        title,
        BAD,
        "No security group of the partner holds a role of the relationship.",
        "In Partner Center, assign a security group to the relationship, with its roles.",
    )


def _group(paths: Sequence[_Path]) -> Link:
    title, names = "Security group", sorted({path.group_name for path in paths if path.group_name})
    if names:
        return Link(title, GOOD, f"{', '.join(names)}.")
    if any(path.is_member is not None for path in paths):
        return Link(
            title,
            BAD,
            "Entra does not know the assigned security groups any more: they were deleted.",
            "In Partner Center, assign a security group that exists.",
        )
    return Link(
        title,
        UNKNOWN,
        "The names of the security groups could not be read.",
        "Grant the application the delegated permission Group.Read.All of Microsoft Graph, and read again.",
    )


def _role(paths: Sequence[_Path], held: Sequence[_Path]) -> Link:
    title = "Role"
    roles = sorted({role for path in held for role in path.assignment.roles if role in EXCHANGE_ROLES})
    if roles:
        return Link(title, GOOD, f"{', '.join(roles)}.")
    other = sorted({role for path in paths for role in path.assignment.roles})
    return Link(
        title,
        BAD,
        f"The groups hold {', '.join(other) or 'no role'}, and Exchange accepts none of them.",
        "Add Exchange Administrator to the relationship, and assign it to a security group.",
    )


def _member(account: PartnerSignIn | None, held: Sequence[_Path]) -> Link:
    title = "Service account"
    if account is None:
        return Link(title, BAD, "No partner sign-in is stored.", "Store the partner sign-in under App registrations.")
    name, own = account.user_principal_name, [path.group for path in held if path.is_member]
    if own:
        return Link(title, GOOD, f"{name} belongs to {', '.join(sorted(set(own)))}.")
    groups = ", ".join(sorted({path.group for path in held}))
    if any(path.is_member is None for path in held):
        return Link(
            title,
            UNKNOWN,
            f"Whether {name} belongs to {groups} could not be read.",
            "Look in Entra; with Group.Read.All, the next reading tells.",
        )
    return Link(title, BAD, f"{name} does not belong to {groups}.", f"In Entra, add {name} to {groups}.")


def _conclusion(links: Sequence[Link], roles: Sequence[str]) -> Reach:
    for state in (BAD, UNKNOWN):
        for link in links:
            if link.state == state:
                return Reach(links, state, f"{link.title}: {link.fact}", link.fix, roles)
    return Reach(links, GOOD, f"Access through GDAP is there, with {', '.join(roles)}.", "", roles)
