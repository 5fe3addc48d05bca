"""The facets by which organizations are narrowed: how each value reads in the address, and what it keeps."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from portal.core.permissions import Permission
from tenants.groups.membership import membership
from tenants.groups.rule_fields import LONGEST_SPAN, VARIABLE_NAME
from tenants.groups.scope import Scope
from tenants.organizations.conditions import ends_within, has_variable, may_run
from tenants.organizations.traits import TRAITS, Trait
from tenants.selection.by_profile import entered_by, profile_word

ENDING_DAYS = (7, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow: its parameter in the address, its title, the word of a value (None: senseless), its condition.

    Several values of one facet widen it (or); several facets narrow each other (and).
    """

    key: str
    title: str
    word: Callable[[Scope, str], str | None]
    condition: Callable[[Scope, str], Q]


def _of_trait(trait: Trait) -> Facet:
    def word(scope: Scope, value: str) -> str | None:
        if trait.key == "last" and not scope.actor.has(Permission.RUN_READ):
            return None
        return trait.word(value, {} if trait.words else scope.cause_titles)

    return Facet(trait.key, trait.title, word, lambda scope, value: trait.condition(value))


def _days_word(scope: Scope, value: str) -> str | None:
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and 1 <= int(value) <= LONGEST_SPAN):
        return None
    return "Within 1 day" if int(value) == 1 else f"Within {int(value)} days"


def _group_word(scope: Scope, value: str) -> str | None:
    group = scope.groups.get(value)
    return group.name if group else None


_MAY_RUN = {"yes": "is offered", "no": "is not offered", "unknown": "not known"}
_MAY_RUN_VALUE = re.compile(r"(yes|no|unknown):(exo|scc):([A-Za-z]+-[A-Za-z0-9]{1,90})")


def _may_run_word(_scope: Scope, value: str) -> str | None:
    """Read `yes:exo:Set-Mailbox`: the answer, the service, the cmdlet."""
    match = _MAY_RUN_VALUE.fullmatch(value)
    if match is None:
        return None
    service = " in Security & Compliance" if match[2] == "scc" else ""
    return f"{match[3]}{service} {_MAY_RUN[match[1]]}"


def _may_run(_scope: Scope, value: str) -> Q:
    answer, service, cmdlet = value.split(":")
    return may_run(answer, service, cmdlet)


FACETS: Mapping[str, Facet] = {
    facet.key: facet
    for facet in (
        *(_of_trait(TRAITS[key]) for key in ("reachability", "cause", "relationship")),
        Facet(
            "ends_within",
            "Relationship ends",
            _days_word,
            lambda scope, value: ends_within(int(value), scope.now),
        ),
        _of_trait(TRAITS["last"]),
        Facet("group", "Organization group", _group_word, lambda scope, value: membership(scope.groups[value])),
        Facet(
            "variable",
            "Variable set",
            lambda scope, value: value if VARIABLE_NAME.fullmatch(value) else None,
            lambda scope, value: has_variable(value),
        ),
        Facet("profile", "Connection profile", profile_word, entered_by),
        *(_of_trait(TRAITS[key]) for key in ("csp", "cloud")),
        Facet("may_run", "May run", _may_run_word, _may_run),
    )
}
