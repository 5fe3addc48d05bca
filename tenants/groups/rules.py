"""Rules: who belongs to an organization group, as conditions joined by all or by any.

A rule is stored as `{"join": "all" | "any", "conditions": [{"field", "operator", "value", "variable"}, …]}` with texts
throughout. This module is the only one that reads and writes that form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q

from portal.core.refusals import Refused
from portal.core.text import storable
from tenants.groups.rule_fields import (
    FIELDS,
    LONGEST_SPAN,
    OPERATOR_WORDS,
    VARIABLE_NAME,
    WITHOUT_VALUE,
    Kind,
    condition_of,
)
from tenants.groups.scope import Scope
from tenants.organizations.traits import TRAITS

JOINS = {"all": "all of these", "any": "any of these"}
MOST_CONDITIONS = 20
LONGEST_VALUE = 300


class RuleRefused(Refused):
    """The rule makes no sense; `problems` says what is wrong, by the number of the condition (-1: the whole rule)."""

    def __init__(self, problems: Mapping[int, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems.values()))


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a rule; `variable` is the name of a variable where the field is one."""

    field: str
    operator: str
    value: str = ""
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions, and whether all or any of them must hold."""

    join: str
    conditions: tuple[Condition, ...]

    @classmethod
    def stored(cls, data: Mapping[str, Any]) -> "Rule":
        """Return a rule that `as_data` made."""
        return cls(data["join"], tuple(Condition(**condition) for condition in data["conditions"]))

    def as_data(self) -> dict[str, Any]:
        """Return the rule in the form in which it is stored."""
        return {"join": self.join, "conditions": [asdict(condition) for condition in self.conditions]}

    def condition(self, now: datetime) -> Q:
        """Return whom the rule keeps; it never multiplies rows."""
        parts = [condition_of(FIELDS[c.field], c.operator, c.value, c.variable, now) for c in self.conditions]
        return reduce(and_ if self.join == "all" else or_, parts)

    def words(self, scope: Scope) -> list[str]:
        """Return every condition in words."""
        return [_words(condition, scope) for condition in self.conditions]

    def groups(self) -> frozenset[str]:
        """Return the ids of the organization groups that the rule speaks of."""
        return frozenset(c.value for c in self.conditions if FIELDS[c.field].kind is Kind.GROUP)


def checked(scope: Scope, join: str, conditions: Sequence[Condition]) -> Rule:
    """Return the rule that these texts mean; raises `RuleRefused` with a problem for each condition that is wrong."""
    if join not in JOINS:
        raise RuleRefused({-1: "Choose whether all or any of the conditions must hold."})
    if not conditions:
        raise RuleRefused({-1: "Add a condition: a rule without one would mean every organization."})
    if len(conditions) > MOST_CONDITIONS:
        raise RuleRefused({-1: f"A rule has at most {MOST_CONDITIONS} conditions; remove {len(conditions) - 20}."})
    clean = [_clean(condition) for condition in conditions]
    problems = {number: _problem(scope, condition) for number, condition in enumerate(clean)}
    if any(problems.values()):
        raise RuleRefused({number: problem for number, problem in problems.items() if problem})
    return Rule(join, tuple(clean))


def _clean(condition: Condition) -> Condition:
    """Return the condition without what its field and operator do not take."""
    field = FIELDS.get(condition.field)
    is_variable = field is not None and field.kind is Kind.VARIABLE
    return Condition(
        condition.field,
        condition.operator,
        "" if condition.operator in WITHOUT_VALUE else storable(condition.value).strip(),
        condition.variable.strip() if is_variable else "",
    )


def _problem(scope: Scope, condition: Condition) -> str:
    field = FIELDS.get(condition.field)
    if field is None:
        return "Choose what the condition speaks of."
    if condition.operator not in field.operators:
        return f"Choose how {field.title.lower()} is compared."
    if field.kind is Kind.VARIABLE and not VARIABLE_NAME.fullmatch(condition.variable):
        return "Name the variable: lower-case letters, digits and _, beginning with a letter."
    if condition.operator in WITHOUT_VALUE:
        return ""
    if not condition.value:
        return (
            "Fill in a value." if field.kind in (Kind.TEXT, Kind.DAYS, Kind.DAY, Kind.VARIABLE) else "Choose a value."
        )
    return _problem_of_value(scope, condition, field.kind)


def _problem_of_value(scope: Scope, condition: Condition, kind: Kind) -> str:
    value = condition.value
    match kind:
        case Kind.TRAIT:
            return "" if TRAITS[condition.field].word(value, scope.cause_titles) else "Choose a value from the list."
        case Kind.DAYS:
            is_span = value.isascii() and value.isdigit() and len(value) <= 9 and 1 <= int(value) <= LONGEST_SPAN
            return "" if is_span else f"Type a number of days from 1 to {LONGEST_SPAN:,}."
        case Kind.DAY:
            return "" if _is_day(value) else "Type a day, for instance 2026-03-31."
        case Kind.GROUP:
            group = scope.groups.get(value)
            if group is None:
                return "This organization group is no longer there. Choose another."
            return "A rule can only use groups picked by hand, not other rules." if group.is_by_rule else ""
    return f"Shorten the value to {LONGEST_VALUE} characters." if len(value) > LONGEST_VALUE else ""


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and 1900 <= date.fromisoformat(value).year <= 9000
    except ValueError:
        return False


def _words(condition: Condition, scope: Scope) -> str:
    field = FIELDS[condition.field]
    operator = OPERATOR_WORDS[condition.operator]
    match field.kind:
        case Kind.TRAIT:
            word = TRAITS[condition.field].word(condition.value, scope.cause_titles)
            return f"{field.title} {operator} {word or condition.value}"
        case Kind.DAYS:
            return f"{field.title} within {condition.value} days"
        case Kind.GROUP:
            group = scope.groups.get(condition.value)
            negated = "not " if condition.operator == "is_not" else ""
            return f"{negated}in the group “{group.name if group else condition.value}”"
        case Kind.VARIABLE:
            subject = f"Variable {condition.variable}"
            return f"{subject} {operator}" + (f" “{condition.value}”" if condition.value else "")
        case Kind.DAY:
            return f"{field.title} {condition.value}" if operator == "since" else f"Known before {condition.value}"
        case Kind.TEXT:
            return f"{field.title} {operator} “{condition.value}”"
