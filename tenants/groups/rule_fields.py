"""What a rule can speak of: each field with its operators, and the condition that both mean with a value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from tenants.organizations.conditions import ends_within, has_variable, picked_for
from tenants.organizations.traits import TRAITS

LONGEST_SPAN = 3650
VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class Kind(StrEnum):
    """What the value of a field is."""

    TEXT = "text"
    TRAIT = "trait"
    DAYS = "days"
    DAY = "day"
    GROUP = "group"
    VARIABLE = "variable"


OPERATOR_WORDS = {
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "is": "is",
    "is_not": "is not",
    "within": "within (days)",
    "since": "since",
    "before": "before",
    "is_set": "is set",
    "is_not_set": "is not set",
}
WITHOUT_VALUE = frozenset({"is_set", "is_not_set"})
_LOOKUPS = {"contains": "icontains", "starts_with": "istartswith", "ends_with": "iendswith", "is": "iexact"}
_TEXT = ("contains", "starts_with", "ends_with", "is", "is_not")
_OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: _TEXT,
    Kind.TRAIT: ("is", "is_not"),
    Kind.DAYS: ("within",),
    Kind.DAY: ("since", "before"),
    Kind.GROUP: ("is", "is_not"),
    Kind.VARIABLE: ("is", "is_not", "contains", "starts_with", "ends_with", "is_set", "is_not_set"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a rule can speak of."""

    key: str
    title: str
    kind: Kind
    columns: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that make sense with it, the usual one first."""
        return _OPERATORS[self.kind]


FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("called", "Name or domain", Kind.TEXT, ("name", "default_domain", "initial_domain")),
        Field("name", "Name", Kind.TEXT, ("name",)),
        Field("domain", "Domain", Kind.TEXT, ("default_domain", "initial_domain")),
        *(Field(trait.key, trait.title, Kind.TRAIT) for trait in TRAITS.values()),
        Field("ends", "Relationship ends", Kind.DAYS),
        Field("group", "Organization group", Kind.GROUP),
        Field("variable", "Variable", Kind.VARIABLE),
        Field("added", "Known since", Kind.DAY),
    )
}


def condition_of(field: Field, operator: str, value: str, variable: str, now: datetime) -> Q:
    """Return what a checked condition keeps; it never multiplies rows."""
    if operator in ("is_not", "is_not_set"):
        return ~condition_of(field, operator.replace("_not", ""), value, variable, now)
    match field.kind:
        case Kind.TEXT:
            lookup = _LOOKUPS[operator]
            return reduce(or_, (Q(**{f"{column}__{lookup}": value}) for column in field.columns))
        case Kind.TRAIT:
            return TRAITS[field.key].condition(value)
        case Kind.DAYS:
            return ends_within(int(value), now)
        case Kind.GROUP:
            return picked_for(UUID(value))
        case Kind.VARIABLE:
            return has_variable(variable, **({} if operator == "is_set" else {f"value__{_LOOKUPS[operator]}": value}))
        case Kind.DAY:
            midnight = datetime.combine(date.fromisoformat(value), time(), UTC)
            return Q(added_at__gte=midnight) if operator == "since" else Q(added_at__lt=midnight)
