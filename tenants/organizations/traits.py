"""What an organization can be: closed lists of values by which lists are narrowed and rules are written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from portal.core.templatetags.states import look
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.organizations.conditions import NEVER, last_outcome_is
from tenants.organizations.models import Reachability, RelationshipState

OUTCOMES = ("succeeded", "failed", "errored", "unknown", "skipped", "denied", "cancelled")
_ERROR_CLASS = re.compile(r"[a-z0-9_]{1,60}")


@dataclass(frozen=True, slots=True)
class Trait:
    """One property with the words of its values, and the condition of having a value.

    Without `words` the values are error classes: new ones come with every kind of failure.
    """

    key: str
    title: str
    words: Mapping[str, str]
    condition: Callable[[str], Q]

    def word(self, value: str, titles: Mapping[str, str]) -> str | None:
        """Return `value` in words, None when it makes no sense; `titles` names error classes."""
        if self.words:
            return self.words.get(value)
        return (titles.get(value) or value) if _ERROR_CLASS.fullmatch(value) else None


TRAITS: Mapping[str, Trait] = {
    trait.key: trait
    for trait in (
        Trait(
            "reachability",
            "Reachability",
            {state.value: str(state.label) for state in Reachability},
            lambda value: Q(reachability=value),
        ),
        Trait("cause", "Why not reachable", {}, lambda value: Q(reachability_class=value)),
        Trait(
            "relationship",
            "Relationship",
            {state.value: str(state.label) for state in RelationshipState},
            lambda value: Q(relationship_state=value),
        ),
        Trait(
            "last",
            "Last outcome",
            {**{state: look(state).label for state in OUTCOMES}, NEVER: "Nothing run yet"},
            last_outcome_is,
        ),
        Trait(
            "csp",
            "CSP",
            {"yes": "CSP customer", "no": "Not through CSP"},
            lambda value: Q(is_reseller_customer=value == "yes"),
        ),
        Trait("cloud", "Cloud", {name: name for name in ENVIRONMENTS}, lambda value: Q(environment=value)),
    )
}
