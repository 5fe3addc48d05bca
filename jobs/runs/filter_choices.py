"""What organizations can be filtered by when a run is launched: each facet's values with how many have them now."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.http import QueryDict

from portal.core.actors import Actor
from tenants.groups.scope import Scope
from tenants.organizations.conditions import NEVER
from tenants.organizations.models import Organization
from tenants.organizations.traits import OUTCOMES
from tenants.selection.by_profile import profile_ids
from tenants.selection.facets import ENDING_DAYS, FACETS


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet in words; `number` is None where counting would cost more than it tells."""

    value: str
    word: str
    number: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class FacetChoice:
    """One way to narrow: its key in the filter, its title and what there is to choose."""

    key: str
    title: str
    options: list[Option]

    @property
    def is_choice(self) -> bool:
        """Whether it can narrow anything: more than one value, or one that is chosen or that not everybody has."""
        return len(self.options) > 1 or self.key in ("group", "cause") or any(o.chosen for o in self.options)


def filter_choices(*, actor: Actor, chosen: QueryDict) -> list[FacetChoice]:
    """Return every facet with the values that occur or are `chosen`, counted in one pass over the organizations."""
    scope = Scope.of(actor)
    counts: dict[str, Counter[str]] = {
        key: Counter() for key in ("reachability", "cause", "relationship", "csp", "cloud")
    }
    ending: Counter[str] = Counter()
    columns = (
        "reachability",
        "reachability_class",
        "relationship_state",
        "is_reseller_customer",
        "environment",
        "relationship_ends_at",
    )
    for reach, cause, relation, csp, cloud, ends in (
        Organization.objects.visible_to(actor).served().values_list(*columns)
    ):
        counts["reachability"][reach] += 1
        counts["cause"][cause] += bool(cause)
        counts["relationship"][relation] += 1
        counts["csp"]["yes" if csp else "no"] += 1
        counts["cloud"][cloud] += 1
        if relation == "active" and ends and ends > scope.now:
            ending.update(str(days) for days in ENDING_DAYS if ends <= scope.now + timedelta(days=days))
    numbers: dict[str, Counter[str]] = {**counts, "ends_within": ending}
    values: dict[str, list[str]] = {
        **{key: [value for value, number in found.most_common() if number] for key, found in counts.items()},
        "ends_within": [str(days) for days in ENDING_DAYS if ending[str(days)]],
        "last": [*OUTCOMES, NEVER],
        "variable": scope.variable_names,
        "group": list(scope.groups),
        "profile": profile_ids(scope),
    }
    choices = [_choice(scope, key, values.get(key, []), numbers.get(key), chosen.getlist(key)) for key in FACETS]
    return [choice for choice in choices if choice.is_choice]


def _choice(scope: Scope, key: str, values: list[str], numbers: Counter[str] | None, chosen: list[str]) -> FacetChoice:
    facet = FACETS[key]
    options = [
        Option(
            value,
            facet.word(scope, value) or f"{value[:60]} (not there any more)",
            numbers[value] if numbers is not None else None,
            value in chosen,
        )
        for value in dict.fromkeys((*values, *chosen))
    ]
    return FacetChoice(key, facet.title, options)
