"""The steps of a launch form: one is open, with its fields; each other is one query string in a hidden field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from jobs.catalogue.cmdlets import Cmdlet, UnknownCmdlet, find
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.runs.calls import StepRequest, of_step
from jobs.runs.models import Run
from jobs.runs.steps import OnFailure, Step
from jobs.saved.selectors import Step as SavedStep
from jobs.saved.typed import AFTER, BEFORE, ON_FAILURE, STEP_INPUT, cleaned_step, step_text
from jobs.web.parameter_fields import required_in
from jobs.web.parameter_texts import PREFIX
from jobs.web.plan_values import typed_texts
from jobs.web.what import INPUT, Input, What
from jobs.web.words import RISKS


@dataclass(frozen=True, slots=True)
class StepField:
    """A value that a closed step still has to be given: a secret, or an input."""

    html_name: str
    words: str
    text: str
    is_secret: bool


@dataclass
class FormStep:
    """A closed step; `what` is None when its cmdlet is not in the catalogue any more."""

    number: int
    cmdlet_name: str
    typed: str
    what: What | None
    fields: list[StepField] = field(default_factory=list)

    @property
    def risk(self) -> str:
        """The risk of its cmdlet; empty when it is not in the catalogue."""
        return self.what.cmdlet.risk if self.what else ""

    @property
    def risk_words(self) -> str:
        """The risk in words."""
        return RISKS[self.risk] if self.risk else ""

    @property
    def values(self) -> list[tuple[str, str]]:
        """What is typed, without what is asked for in the list of steps itself."""
        asked = {each.html_name.rpartition(".")[2] for each in self.fields}
        return [(name, text) for name, text in self.what.texts.items() if name not in asked] if self.what else []


@dataclass
class FormSteps:
    """The closed steps before and after the open one, and what becomes of the later steps when one fails."""

    before: list[FormStep] = field(default_factory=list)
    after: list[FormStep] = field(default_factory=list)
    on_failure: OnFailure = OnFailure.STOP

    @classmethod
    def read(cls, data: QueryDict) -> "FormSteps":
        """Return what a browser sent or a draft kept."""
        before, after = data.getlist(BEFORE), data.getlist(AFTER)
        chosen = data.get(ON_FAILURE, "")
        return cls(
            [_closed(data, number, typed) for number, typed in enumerate(before, start=1)],
            [_closed(data, number, typed) for number, typed in enumerate(after, start=len(before) + 2)],
            OnFailure(chosen) if chosen in OnFailure.values else OnFailure.STOP,
        )

    @property
    def position(self) -> int:
        """The number of the open step."""
        return len(self.before) + 1

    @property
    def number(self) -> int:
        """How many steps there are."""
        return self.position + len(self.after)

    @property
    def closed(self) -> list[FormStep]:
        """Every step but the open one."""
        return [*self.before, *self.after]

    @property
    def failure_choices(self) -> list[tuple[str, str]]:
        """What may become of the later steps."""
        return list(OnFailure.choices)


def requested(steps: FormSteps, what: What) -> tuple[list[StepRequest], str]:
    """Return all steps in order, and the one service that any of them chose, or nothing.

    `what` is the open step. Raises `InvalidCall` with every problem of every step.
    """
    requests: list[StepRequest] = []
    problems: list[Problem] = []
    for number, name, each in _in_order(steps, what):
        try:
            requests.append(_request(name, each))
        except InvalidCall as invalid:
            several = steps.number > 1
            problems += [of_step(problem, number, name) if several else problem for problem in invalid.problems]
    services = sorted({each.service for _, _, each in _in_order(steps, what) if each and each.service})
    if len(services) > 1:
        problems.append(Problem(None, "The steps choose different services.", "Choose one, or split the steps."))
    if problems:
        raise InvalidCall(problems)
    return requests, services[0] if services else ""


def rows(cmdlet: Cmdlet, data: QueryDict) -> list[str]:
    """Return the query string of every step of a form in order, the open one among them."""
    return [*data.getlist(BEFORE), closed_text(cmdlet, data), *data.getlist(AFTER)]


def job_rows(steps: Iterable[SavedStep]) -> list[str]:
    """Return the query string of every step of a job."""
    return [_named(step.cmdlet, step.typed) for step in steps]


def run_rows(run: Run) -> list[str]:
    """Return the query string of every step of a run as it was sent; secrets become inputs, to be typed again."""
    return [_of_sent(step) for step in run.steps]


def find_row(rows: Sequence[str], cmdlet: Cmdlet) -> int:
    """Return the number of the first step that runs `cmdlet`; 0 when none does."""
    names = [QueryDict(row).get("cmdlet", "") for row in rows]
    return names.index(cmdlet.name) + 1 if cmdlet.name in names else 0


def opened(data: QueryDict, rows: Sequence[str], position: int) -> tuple[str, QueryDict]:
    """Return the form with the step at `position` open, and the name of its cmdlet; the rest of `data` stays."""
    changed = QueryDict(mutable=True)
    for name, values in data.lists():
        if not _is_of_step(name):
            changed.setlist(name, values)
    step = QueryDict(rows[position - 1])
    for name, values in step.lists():
        if name != "cmdlet":
            changed.setlist(name, values)
    changed.setlist(BEFORE, list(rows[: position - 1]))
    changed.setlist(AFTER, list(rows[position:]))
    return step.get("cmdlet", ""), changed


def closed_text(cmdlet: Cmdlet, data: QueryDict) -> str:
    """Return the open step as a query string; what is secret in it becomes an input, to be typed again."""
    what, changed = What.read(cmdlet, data), data.copy()
    asked = {wanted.parameter for wanted in what.inputs}
    secret = [name for name in what.texts if name in cmdlet.parameters and cmdlet.parameters[name].secret]
    for name in secret:
        if name not in asked:
            changed.appendlist(INPUT, Input(name, name).field)
    if what.set_name or secret:  # without the secrets another parameter set would fit better
        changed["set"] = what.chosen_set.name
    return step_text(cmdlet, changed)


def fold_inputs(data: QueryDict) -> None:
    """Put what was typed in the list of steps into its step, except secrets, which stay where they are."""
    for key, offset in ((BEFORE, 1), (AFTER, len(data.getlist(BEFORE)) + 2)):
        data.setlist(key, [_folded(data, number, text) for number, text in enumerate(data.getlist(key), start=offset)])


def _folded(data: QueryDict, number: int, typed: str) -> str:
    step = _closed(data, number, typed)
    changed = QueryDict(typed, mutable=True)
    for each in step.fields:
        if not each.is_secret and each.html_name in data:
            changed[f"{PREFIX}{each.html_name.rpartition('.')[2]}"] = data.get(each.html_name, "")
    return changed.urlencode()


def _closed(data: QueryDict, number: int, typed: str) -> FormStep:
    step = QueryDict(typed)
    name = step.get("cmdlet", "")
    try:
        what = What.read(find(name), step)
    except UnknownCmdlet:
        return FormStep(number, name, typed, None)
    needed = {
        wanted.parameter: wanted.words for wanted in what.inputs if wanted.parameter in what.chosen_set.parameters
    }
    required = required_in(what.cmdlet, what.chosen_set, what.service)
    needed.update({each: each for each in required if what.cmdlet.parameters[each].secret and each not in needed})
    fields = []
    for parameter, words in needed.items():
        html_name = f"{STEP_INPUT}{number}.{parameter}"
        text = data.get(html_name, "") or what.texts.get(parameter, "")
        if text.strip():
            what.texts[parameter] = text
        is_secret = what.cmdlet.parameters[parameter].secret
        fields.append(StepField(html_name, words, "" if is_secret else text, is_secret))
    return FormStep(number, what.cmdlet.name, typed, what, fields)


def _named(cmdlet: str, typed: str) -> str:
    step = QueryDict(typed, mutable=True)
    step["cmdlet"] = cmdlet
    return cleaned_step(step.urlencode())


def _of_sent(step: Step) -> str:
    form = QueryDict(mutable=True)
    try:
        cmdlet = find(step.cmdlet)
    except UnknownCmdlet:
        return _named(step.cmdlet, "")
    form.update({f"{PREFIX}{name}": text for name, text in typed_texts(cmdlet, step.parameters).items()})
    if step.secrets:
        # Without the secrets another parameter set would fit better, one that has no field for them.
        form["set"] = What(cmdlet, dict.fromkeys(step.parameters, "")).chosen_set.name
        form.setlist(INPUT, [Input(name, name).field for name in step.secrets])
    return _named(step.cmdlet, form.urlencode())


def _in_order(steps: FormSteps, what: What) -> list[tuple[int, str, What | None]]:
    closed = [(step.number, step.cmdlet_name, step.what) for step in steps.closed]
    return sorted([*closed, (steps.position, what.cmdlet.name, what)], key=lambda each: each[0])


def _request(name: str, what: What | None) -> StepRequest:
    if what is None:
        gone = "is not in the catalogue any more"
        raise InvalidCall([Problem(None, f"{name[:80] or 'It'} {gone}.", "Remove the step, or add another cmdlet.")])
    return StepRequest(what.cmdlet.name, what.values())


def _is_of_step(name: str) -> bool:
    return name in (BEFORE, AFTER, "set", "choose_set", "service", "input", "column", "remarks") or name.startswith(
        (PREFIX, STEP_INPUT)
    )
