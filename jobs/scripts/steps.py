"""A script as the steps of a job: a straight sequence of cmdlets is carried over, and what is not is said with why."""

from dataclasses import dataclass, field

from jobs.catalogue.availability import cmdlet_problems
from jobs.catalogue.cmdlets import Cmdlet
from jobs.catalogue.literals import is_literal, parse_literal
from jobs.scripts.blocks import Block, BlockKind
from jobs.scripts.cmdlets import ScriptCmdlet
from jobs.scripts.found import Call
from jobs.scripts.names import meant
from jobs.scripts.report import Report
from jobs.scripts.signatures import read_command

MOST_STEPS = 50
"""How many steps a job gets from one script."""

_WHY = {
    BlockKind.LOOP: "it stands in a loop, and a step runs once in every organization",
    BlockKind.BRANCH: "it depends on a condition",
    BlockKind.FUNCTION: "it stands in a function",
    BlockKind.CATCH: "it runs only after an error",
    BlockKind.TRAP: "it runs only after an error",
    BlockKind.SCRIPT_BLOCK: "it is handed to another command, which decides whether and where it runs",
    BlockKind.UNCLEAR: "the lines around it could not be read for certain",
}
_AFTERWARDS = {
    "where-object": "filters what came back: filter on the results page, or give a filter to the cmdlet",
    "sort-object": "sorts what came back: sort on the results page",
    "group-object": "groups what came back: group on the results page",
    "measure-object": "counts what came back: the results page does",
    "export-csv": "writes a file: export the results from the run's page",
    "export-clixml": "writes a file: export the results from the run's page",
    "convertto-json": "changes the form of what came back: export the results from the run's page",
    "convertto-csv": "changes the form of what came back: export the results from the run's page",
    "out-file": "writes a file: export the results from the run's page",
    "out-gridview": "shows what came back: the results page does",
    "foreach-object": "does something for every object, and a step runs once in every organization",
}
_COUNTS = ("first", "last", "skip", "skiplast", "index", "expandproperty", "excludeproperty")
_SHOWS = ("format-", "out-", "tee-")


@dataclass(frozen=True, slots=True)
class StepInput:
    """A value that only the script's variables hold: typed at each launch."""

    parameter: str
    variable: str
    type: str
    default: str = ""


@dataclass
class DraftStep:
    """One cmdlet with the constants of the script; Select-Object names `columns`, `remarks` say what is not kept."""

    cmdlet: Cmdlet
    line: int
    texts: dict[str, str]
    given: frozenset[str]
    inputs: list[StepInput] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    service: str = ""


@dataclass(frozen=True, slots=True)
class NotCarried:
    """A line that does not become a step, and why."""

    line: int
    what: str
    why: str


@dataclass
class Draft:
    """The steps that a script becomes, in its order, and what is left out."""

    steps: list[DraftStep] = field(default_factory=list)
    left_out: list[NotCarried] = field(default_factory=list)


def draft_of(report: Report) -> Draft:
    """Return the steps that a script becomes."""
    draft = Draft()
    chains: dict[int, list[Call]] = {}
    for call in report.found.calls:
        if call.chain >= 0:
            chains.setdefault(call.chain, []).append(call)
    for found in report.cmdlets:
        why = _why_not(found, chains)
        if not why and len(draft.steps) == MOST_STEPS:
            why = f"a job has at most {MOST_STEPS} steps"
        if why:
            draft.left_out.append(NotCarried(found.line, found.name, why))
        else:
            draft.steps.append(_step(report, found, chains.get(found.call.chain, [])))
    return draft


def _why_not(found: ScriptCmdlet, chains: dict[int, list[Call]]) -> str:
    """Return why a call becomes no step, or nothing."""
    call = found.call
    if call.is_unclear:
        return "its line could not be read for certain"
    for block in call.block.around():
        if block.kind in _WHY:
            return _named(block)
    if call.is_inner:
        return "its answer is used inside another expression"
    if call.is_piped:
        before = next((c.name for c in reversed(chains.get(call.chain, [])) if c.place < call.place), "an expression")
        return f"it takes every object that {before} hands to it, and a step runs once in every organization"
    problems = cmdlet_problems(found.cmdlet, found.service, app_only=False)
    return problems[0].problem.rstrip(".") if problems else ""


def _named(block: Block) -> str:
    if block.kind == BlockKind.FUNCTION and block.name:
        return f"it stands in the function {block.name}"
    if block.kind == BlockKind.SCRIPT_BLOCK and block.name:
        return f"it is handed to {block.name}, which decides whether and where it runs"
    return _WHY[block.kind]


def _step(report: Report, found: ScriptCmdlet, chain: list[Call]) -> DraftStep:
    bound = found.bound
    texts = {name: text for name, text in bound.texts.items() if not text or text.strip("*")}
    step = DraftStep(found.cmdlet, found.line, texts, frozenset(bound.given), remarks=list(bound.faults))
    if len(found.cmdlet.services) > 1:
        step.service = found.service
    for name in bound.given:
        parameter = found.cmdlet.parameters[name]
        if name in texts or name == "Confirm":
            continue
        variable = _variable_in(bound.sources.get(name, ""))
        step.inputs.append(StepInput(name, variable or name, parameter.type, _default(report, variable)))
        if parameter.secret or name in bound.texts:
            step.remarks.append(f"{name} is a secret: it was not kept. Type it at each launch.")
    step.inputs.sort(key=lambda item: list(found.cmdlet.parameters).index(item.parameter))
    if bound.is_open:
        step.remarks.append("Further parameters stand in a table that only running the script would tell.")
    for call in sorted(chain, key=lambda c: c.place):
        if call.place > found.call.place:
            _follow(report, step, call)
    return step


def _follow(report: Report, step: DraftStep, call: Call) -> None:
    """Carry over the columns that Select-Object names, and say what of a pipeline is left out."""
    name = meant(call.name, {})
    if name == "select-object":
        _select(report, step, call)
    elif name in _AFTERWARDS:
        step.remarks.append(f"{call.name} {_AFTERWARDS[name]}.")
    elif name.startswith(_SHOWS):
        step.remarks.append(f"{call.name} is not needed: every answer is kept and shown.")
    else:
        step.remarks.append(f"{call.name} is not carried over: it works on what came back.")


def _select(report: Report, step: DraftStep, call: Call) -> None:
    command = read_command(f"{call.name}{report.source.text(call.rest, call.end)}")
    listed = ""
    counts = False
    for argument in command.arguments if command else ():
        if argument.name is None and not counts:
            listed = listed or argument.text
        counts = argument.name is not None and not argument.nodes and argument.name.lower() in _COUNTS
        if argument.name and not "property".startswith(argument.name.lower()):
            step.remarks.append(f"{call.name} -{argument.name} is not carried over: every object is kept.")
    for word in listed.split(","):
        plain = word.strip().strip("'\"")
        if plain and all(character.isalnum() or character == "_" for character in plain):
            step.columns.append(plain)
        elif plain not in ("*", ""):
            step.remarks.append(f"A column that {call.name} computes is not carried over.")


def _variable_in(source: str) -> str:
    """Return the name of the first variable in a piece of a script, with what follows a dot."""
    _, dollar, rest = source.partition("$")
    if not dollar:
        return ""
    name = rest.lstrip("{(")
    end = next((at for at, character in enumerate(name) if not (character.isalnum() or character in "_.:")), len(name))
    return name[:end].strip(".:")


def _default(report: Report, variable: str) -> str:
    """Return the default value of an input of the script, when it is a plain text or number."""
    for given in report.inputs:
        if given.name.lower() == variable.lower() and given.default and is_literal(given.default):
            value = parse_literal(given.default)
            return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return ""
