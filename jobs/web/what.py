"""What shall run: the texts typed for the parameters of a cmdlet, and what they mean."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet, ParameterSet
from jobs.catalogue.problems import BadText, InvalidCall, Problem
from jobs.catalogue.text_values import parse_text
from jobs.web.parameter_fields import FieldGroups, field_groups, required_in, usable_sets
from jobs.web.parameter_texts import read_texts
from jobs.web.remarks import REMARKS, Remarks, remarks_of
from jobs.web.set_conflicts import Conflict, conflict_of
from jobs.web.words import SERVICES

_MOST_NAMED = 2
INPUT = "input"
"""The field that names a value to be typed at each launch: the parameter, a colon, what it is called."""

COLUMN = "column"
"""The field that names a column which a script chose."""


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter that has to be typed at each launch; `label` is the variable that held it in a script."""

    parameter: str
    label: str

    @property
    def field(self) -> str:
        """How a form carries it."""
        return f"{self.parameter}:{self.label}"

    @property
    def words(self) -> str:
        """What to type, for a person."""
        return self.parameter if self.label == self.parameter else f"{self.parameter} (${self.label} in the script)"


@dataclass(frozen=True, slots=True)
class SetTab:
    """A parameter set to choose: what it requires, and what no other set has."""

    name: str
    current: bool
    required: tuple[str, ...]
    own: tuple[str, ...]

    @property
    def words(self) -> str:
        """What sets it apart."""
        if self.required:
            return f"needs {', '.join(self.required)}"
        return f"with {', '.join(self.own[:_MOST_NAMED])}" if self.own else "needs nothing"


@dataclass
class What:
    """Texts by parameter name, the parameter set and the service; an empty service means by its parameters.

    The texts may hold secrets: they are neither shown nor kept.
    """

    cmdlet: Cmdlet
    texts: dict[str, str] = field(default_factory=dict, repr=False)
    set_name: str = ""
    service: str = ""
    remarks: Remarks = field(default_factory=Remarks)
    inputs: Sequence[Input] = ()
    columns: Sequence[str] = ()

    @classmethod
    def read(cls, cmdlet: Cmdlet, data: QueryDict) -> "What":
        """Return what a browser sent, as it was typed."""
        service = str(data.get("service", ""))
        return cls(
            cmdlet=cmdlet,
            texts=read_texts(cmdlet, data),
            set_name=str(data.get("choose_set") or data.get("set", "")),
            service=service if service in cmdlet.services else "",
            inputs=_inputs(cmdlet, data),
            columns=data.getlist(COLUMN),
            remarks=remarks_of(str(data.get(REMARKS, ""))) if data.get("look") != "understood" else Remarks(),
        )

    @property
    def sets(self) -> list[ParameterSet]:
        """The parameter sets to choose from."""
        return usable_sets(self.cmdlet, self.service)

    @property
    def chosen_set(self) -> ParameterSet:
        """The parameter set chosen, else the one that has most of what was typed, is the default, or requires most."""
        by_name = {s.name: s for s in self.sets}
        if self.set_name in by_name:
            return by_name[self.set_name]
        typed = self.texts.keys()
        return max(
            self.sets,
            key=lambda s: (
                len(typed & set(s.parameters)),
                s.default,
                len(typed & s.required),
                "Identity" in s.parameters,
            ),
        )

    @property
    def tabs(self) -> list[SetTab]:
        """The parameter sets with what each requires; empty when there is no choice."""
        sets, chosen = self.sets, self.chosen_set
        if len(sets) < 2:
            return []
        number = Counter(name for s in sets for name in s.parameters)
        return [
            SetTab(
                name=s.name,
                current=s is chosen,
                required=tuple(sorted(required_in(self.cmdlet, s, self.service))),
                own=tuple(name for name in s.parameters if number[name] == 1),
            )
            for s in sets
        ]

    @property
    def conflict(self) -> Conflict | None:
        """Why not everything that was typed is in the chosen set."""
        return conflict_of(self.sets, self.chosen_set, list(self.texts))

    @property
    def service_choices(self) -> list[tuple[str, str]]:
        """The services to choose from; empty when there is no choice."""
        if len(self.cmdlet.services) < 2:
            return []
        return [("", "By its parameters"), *((service, SERVICES[service]) for service in self.cmdlet.services)]

    def fields(self, problems: Sequence[Problem]) -> FieldGroups:
        """Return the fields of the chosen set, with values and with their `problems`."""
        by_name: dict[str, list[Problem]] = {}
        for problem in problems:
            by_name.setdefault(problem.parameter or "", []).append(problem)
        return field_groups(
            self.cmdlet,
            self.chosen_set,
            service=self.service,
            texts=self.texts,
            problems=by_name,
            inputs=[wanted.parameter for wanted in self.inputs],
        )

    def values(self) -> Mapping[str, object]:
        """Return typed values by parameter name; raises `InvalidCall` when a text is no value of its parameter.

        What was typed for parameters of another set stays typed and is not among the values.
        """
        values: dict[str, object] = {}
        problems = [
            Problem(waiting.parameter, f"Type {waiting.words}: it is an input of this step.")
            for waiting in self.inputs
            if waiting.parameter not in self.texts and waiting.parameter in self.chosen_set.parameters
        ]
        for name, text in self.texts.items():
            if self._belongs_elsewhere(name):
                continue
            try:
                values[name] = self._value(name, text)
            except BadText as bad:
                problems.append(Problem(name, str(bad), bad.suggestion))
        if problems:
            raise InvalidCall(problems)
        return values

    def unused(self) -> list[str]:
        """Return the parameters that were filled in and belong only to other sets."""
        return [name for name in self.texts if self._belongs_elsewhere(name)]

    def _belongs_elsewhere(self, name: str) -> bool:
        return name in self.cmdlet.parameters and name not in self.chosen_set.parameters

    def _value(self, name: str, text: str) -> object:
        parameter = self.cmdlet.parameters.get(name)
        return parse_text(parameter, text) if parameter else text


def _inputs(cmdlet: Cmdlet, data: QueryDict) -> list[Input]:
    """Return the inputs that a form carries, of parameters that the cmdlet has."""
    parts = (text.partition(":") for text in data.getlist(INPUT))
    return [Input(name, label or name) for name, _, label in parts if name in cmdlet.parameters]
