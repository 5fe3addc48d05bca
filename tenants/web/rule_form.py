"""The rule builder's form: what somebody typed, kept exactly, and the rule that it means."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from django.http import QueryDict

from tenants.groups.rule_fields import FIELDS, OPERATOR_WORDS, WITHOUT_VALUE, Kind
from tenants.groups.rules import JOINS, Condition, Rule, RuleRefused, checked
from tenants.groups.scope import Scope
from tenants.organizations.traits import TRAITS

INPUT_TYPES = {Kind.DAYS: "number", Kind.DAY: "date"}


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a control."""

    value: str
    word: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as controls; `values` is empty where the value is typed."""

    number: int
    condition: Condition
    fields: Sequence[Option]
    operators: Sequence[Option]
    values: Sequence[Option]
    input_type: str
    has_value: bool
    is_variable: bool
    is_new: bool
    problem: str


@dataclass
class RuleForm:
    """A group's name and the lines of its rule, as they were typed."""

    scope: Scope
    name: str = ""
    join: str = "all"
    conditions: list[Condition] = field(default_factory=lambda: [Condition("called", "contains")])
    problems: dict[int, str] = field(default_factory=dict)
    name_problem: str = ""
    added: bool = False

    @classmethod
    def read(cls, scope: Scope, data: QueryDict) -> "RuleForm":
        """Return the form that a browser sent, with the line added or removed that it asks for."""
        lists = [data.getlist(key) for key in ("field", "operator", "value", "variable")]
        conditions = [Condition(*texts) for texts in zip_longest(*lists, fillvalue="")]
        form = cls(scope, data.get("name", ""), data.get("join", "all"), conditions)
        look = data.get("look", "")
        if look == "add":
            form.conditions.append(Condition("called", "contains"))
            form.added = True
        elif look.startswith("remove-") and look[7:].isdecimal() and int(look[7:]) < len(conditions):
            del form.conditions[int(look[7:])]
        if look:
            form.conditions = [_with_operator(condition) for condition in form.conditions]
        return form

    @classmethod
    def of_rule(cls, scope: Scope, rule: Rule, name: str = "") -> "RuleForm":
        """Return the form that shows a stored rule."""
        return cls(scope, name, rule.join, list(rule.conditions))

    def rule(self) -> Rule | None:
        """Return the rule that was typed; None with `problems` set when it makes no sense."""
        try:
            return checked(self.scope, self.join, self.conditions)
        except RuleRefused as refused:
            self.problems = dict(refused.problems)
            return None

    def keep_problems_of_what_is_filled_in(self) -> None:
        """Leave aside the problems of lines that nobody has filled in yet."""
        self.problems = {n: text for n, text in self.problems.items() if n >= 0 and self.conditions[n].value}

    @property
    def whole_problem(self) -> str:
        """What is wrong with the rule as a whole."""
        return self.problems.get(-1, "")

    @property
    def joins(self) -> list[Option]:
        """The ways to join the conditions."""
        return [Option(value, word, value == self.join) for value, word in JOINS.items()]

    @property
    def rows(self) -> list[Row]:
        """The lines as controls."""
        last = len(self.conditions) - 1
        return [
            self._row(number, condition, is_new=self.added and number == last)
            for number, condition in enumerate(self.conditions)
        ]

    def _row(self, number: int, condition: Condition, *, is_new: bool) -> Row:
        chosen = FIELDS.get(condition.field) or FIELDS["called"]
        return Row(
            number=number,
            condition=condition,
            fields=[Option(key, each.title, key == chosen.key) for key, each in FIELDS.items()],
            operators=[Option(key, OPERATOR_WORDS[key], key == condition.operator) for key in chosen.operators],
            values=[Option(value, word, value == condition.value) for value, word in self._values(chosen.key)],
            input_type=INPUT_TYPES.get(chosen.kind, "text"),
            has_value=condition.operator not in WITHOUT_VALUE,
            is_variable=chosen.kind is Kind.VARIABLE,
            is_new=is_new,
            problem=self.problems.get(number, ""),
        )

    def _values(self, key: str) -> list[tuple[str, str]]:
        match FIELDS[key].kind:
            case Kind.TRAIT:
                trait = TRAITS[key]
                return list((trait.words or self._causes()).items())
            case Kind.GROUP:
                return [(pk, group.name) for pk, group in self.scope.groups.items() if not group.is_by_rule]
        return []

    def _causes(self) -> dict[str, str]:
        """The causes that occur now, and those that the rule names already."""
        named = {c.value: c.value for c in self.conditions if c.field == "cause" and c.value}
        return {**named, **self.scope.cause_titles}


def _with_operator(condition: Condition) -> Condition:
    """Return the condition with an operator that its field has: another field was chosen."""
    chosen = FIELDS.get(condition.field)
    if chosen is None or condition.operator in chosen.operators:
        return condition
    return replace(condition, operator=chosen.operators[0], value="")
