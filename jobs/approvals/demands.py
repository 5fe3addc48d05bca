"""Which approvals the policies ask for, for one plan: pure, without a database."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from portal.core.authority import Call

MOST_APPROVERS = 2


@dataclass(frozen=True, slots=True)
class Condition:
    """When a policy asks for approval, and by how many: all that is given must hold.

    `risks` and `cmdlets`, in lower case, are met by one and the same step.
    """

    name: str
    approvers: int = 1
    risks: frozenset[str] = frozenset()
    cmdlets: frozenset[str] = frozenset()
    over_organizations: int | None = None
    group_id: UUID | None = None

    def meets(self, calls: Iterable[Call], organizations: int, group_ids: frozenset[UUID]) -> bool:
        """Whether it is about a run of these calls in so many organizations, which belong to these groups."""
        if self.over_organizations is not None and organizations <= self.over_organizations:
            return False
        if self.group_id is not None and self.group_id not in group_ids:
            return False
        return any(
            (not self.risks or call.risk in self.risks) and (not self.cmdlets or call.cmdlet in self.cmdlets)
            for call in calls
        )


@dataclass(frozen=True, slots=True)
class Demand:
    """How many others must approve, and the names of the policies that say so; none where `approvers` is 0."""

    approvers: int = 0
    policies: tuple[str, ...] = ()


def demand_of(
    conditions: Iterable[Condition], calls: Iterable[Call], *, organizations: int, group_ids: frozenset[UUID]
) -> Demand:
    """Return what the strictest of `conditions` that meet this plan asks for."""
    calls = tuple(calls)
    met = [condition for condition in conditions if condition.meets(calls, organizations, group_ids)]
    return Demand(max((each.approvers for each in met), default=0), tuple(each.name for each in met))
