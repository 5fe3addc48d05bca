"""Check a call against the catalogue before anything is sent, and report everything that is wrong with it at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from jobs.catalogue.availability import (
    SERVICE_NAMES,
    choose_service,
    cmdlet_problems,
    cmdlet_warnings,
    parameter_problem,
    parameter_warnings,
)
from jobs.catalogue.cmdlets import Cmdlet, Parameter, ParameterSet, Risk, UnknownCmdlet, closest, find
from jobs.catalogue.effects import Effect, call_effect
from jobs.catalogue.kinds import Kind
from jobs.catalogue.parameter_names import ACTION_PREFERENCES, COMMON_PARAMETERS, Names, resolve_names
from jobs.catalogue.parameter_sets import resolve_set
from jobs.catalogue.problems import BadValue, InvalidCall, Problem
from jobs.catalogue.relations import period_problems, relation_problems
from jobs.catalogue.texts import filled
from jobs.catalogue.values import typed_value
from jobs.catalogue.variables import refuse_unknown


@dataclass(frozen=True, slots=True)
class ValidCall:
    """A call that may be sent.

    `parameters` holds canonical names and typed values in the order given; datetimes are UTC. `service` is where it
    runs ("exo", "scc" or "eop"). `effect` is that of this very call; `warnings` are sentences for a person.
    """

    cmdlet: Cmdlet
    parameters: dict[str, object]
    parameter_set: ParameterSet
    service: str
    effect: Effect
    risk: Risk
    warnings: tuple[str, ...]


def validate(
    name: object,
    parameters: Mapping[str, object],
    *,
    service: str | None = None,
    app_only: bool = True,
    variables: Collection[str] = (),
) -> ValidCall:
    """Return the call of cmdlet `name` with `parameters` (JSON or already typed values), or raise `InvalidCall`.

    Without `service` the call runs in the first service of the cmdlet that has its parameters. `app_only` says that
    the connection has no signed-in user. `variables` names the organization variables that people set; texts may hold
    them beside those that every organization has. Raises nothing but `InvalidCall` for anything that JSON can hold.
    """
    cmdlet = _find(name)
    if not isinstance(parameters, Mapping):
        raise InvalidCall([Problem(None, "The parameters must be a JSON object of names and values.")])
    typed_confirm = [value for key, value in parameters.items() if str(key).lower() in ("confirm", "cf")]
    names = resolve_names(cmdlet, parameters, drop_confirm=cmdlet.risk != "read" and typed_confirm == [False])
    service, problems = _usable(cmdlet, names, service, app_only=app_only)
    values = {canonical: parameters[typed] for canonical, typed in names.given.items()}
    typed = {}
    for canonical, value in values.items():
        try:
            typed[canonical] = retyped(cmdlet, canonical, value)
            _refuse_unknown(cmdlet, canonical, value, variables)
        except BadValue as bad:
            problems.append(Problem(canonical, f"{canonical} {bad}.", bad.suggestion))
    problems += _question_problems(cmdlet, typed, service)
    resolution = resolve_set(cmdlet, _available(cmdlet, values, service), service)
    problems += [*resolution.problems, *relation_problems(cmdlet, values), *period_problems(typed)]
    if problems or resolution.parameter_set is None:
        raise InvalidCall(problems)
    return _valid_call(cmdlet, typed, resolution.parameter_set, service)


def validate_names(
    name: object,
    parameters: Iterable[object],
    *,
    service: str | None = None,
    app_only: bool = True,
    piped: bool = False,
) -> None:
    """Check the cmdlet and the parameter names alone: spelling, duplicates, availability, sets and required ones.

    With `piped`, required parameters that take pipeline input count as given. Raises `InvalidCall`.
    """
    cmdlet = _find(name)
    names = resolve_names(cmdlet, parameters, drop_confirm=cmdlet.risk != "read")
    service, problems = _usable(cmdlet, names, service, app_only=app_only)
    given = list(names.given)
    if piped:
        given += [
            p.name for p in cmdlet.parameters.values() if p.pipeline and p.required_in_sets and p.name not in given
        ]
    problems += resolve_set(cmdlet, _available(cmdlet, given, service), service).problems
    problems += relation_problems(cmdlet, dict.fromkeys(names.given, True))
    if problems:
        raise InvalidCall(problems)


def _find(name: object) -> Cmdlet:
    if not isinstance(name, str) or not name.strip():
        raise InvalidCall([Problem(None, "The call names no cmdlet.")])
    try:
        return find(name)
    except UnknownCmdlet as unknown:
        suggestion = f"Did you mean {' or '.join(unknown.nearest)}?" if unknown.nearest else None
        raise InvalidCall([Problem(None, f"There is no cmdlet named {name[:80]}.", suggestion)]) from None


def _usable(cmdlet: Cmdlet, names: Names, service: str | None, *, app_only: bool) -> tuple[str, list[Problem]]:
    """Return the service of the call and why the cmdlet or a given parameter cannot be used in it."""
    if service is not None and service not in SERVICE_NAMES:
        raise InvalidCall([Problem(None, f"There is no service named {str(service)[:40]!r}.", "Use exo, scc or eop.")])
    chosen = service or choose_service(cmdlet, names.given)
    problems = [*cmdlet_problems(cmdlet, chosen, app_only=app_only), *names.problems]
    known = (cmdlet.parameters[name] for name in names.given if name in cmdlet.parameters)
    problems += [problem for p in known if (problem := parameter_problem(cmdlet, p, chosen))]
    return chosen, problems


def _available(cmdlet: Cmdlet, names: Iterable[str], service: str) -> list[str]:
    """Return the names that decide about the set: a parameter that the service lacks has been refused by itself."""
    return [
        n for n in names if n not in cmdlet.parameters or not parameter_problem(cmdlet, cmdlet.parameters[n], service)
    ]


def retyped(cmdlet: Cmdlet, name: str, value: object) -> object:
    """Return the typed value of one parameter by its canonical name, from JSON or typed already; raises `BadValue`."""
    if name not in cmdlet.parameters:
        return _common_value(name, value)
    parameter = cmdlet.parameters[name]
    return typed_value(
        parameter,
        value,
        reading=cmdlet.risk == "read",
        required="*" in parameter.required_in_sets or name == "Identity",
    )


def _refuse_unknown(cmdlet: Cmdlet, name: str, value: object, variables: Collection[str]) -> None:
    """Refuse words in braces that are no variables, where variables are filled in: not in secrets."""
    if name not in cmdlet.parameters or not cmdlet.parameters[name].secret:
        refuse_unknown(value, variables)


def _common_value(name: str, value: object) -> object:
    """Return the typed value of one of PowerShell's common parameters."""
    if name in ("Verbose", "Debug"):
        if not isinstance(value, bool):
            raise BadValue("must be true or false")
        return value
    if name == "OutBuffer":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
            raise BadValue("must be a whole number that is not negative")
        return value
    word = filled(value)
    if not name.endswith("Action"):
        return word
    for preference in ACTION_PREFERENCES:
        if preference.lower() == word.strip().lower():
            return preference
    raise BadValue(f"must be one of {', '.join(ACTION_PREFERENCES)}")


def _question_problems(cmdlet: Cmdlet, typed: Mapping[str, object], service: str) -> list[Problem]:
    """Refuse a question that nobody answers, and a dry run that would be a real one (exchange-protocol.md 3.4)."""
    problems = []
    if typed.get("Confirm") is True:
        reason = "Confirm asks a question that nobody answers, so the cmdlet would not run."
        problems.append(Problem("Confirm", reason, "Leave out Confirm."))
    if typed.get("WhatIf") is True and service not in cmdlet.whatif_in:
        reason = f"WhatIf does nothing for {cmdlet.name} in {SERVICE_NAMES[service]}: the change would be made."
        problems.append(Problem("WhatIf", reason, "Leave out WhatIf."))
    return problems


def _valid_call(cmdlet: Cmdlet, typed: dict[str, object], parameter_set: ParameterSet, service: str) -> ValidCall:
    unlisted = [warning for name, value in typed.items() if (warning := _unlisted(cmdlet.parameters.get(name), value))]
    hidden = [name for name in typed if name in ("ErrorAction", "WarningAction") and name in COMMON_PARAMETERS]
    return ValidCall(
        cmdlet=cmdlet,
        parameters=typed,
        parameter_set=parameter_set,
        service=service,
        effect=call_effect(cmdlet.effect, typed, dry_run=typed.get("WhatIf") is True),
        risk=cmdlet.risk,
        warnings=(
            *cmdlet_warnings(cmdlet),
            *parameter_warnings(cmdlet, typed, service),
            *unlisted,
            *(f"{name} may hide what went wrong; Signalbox records every error anyway." for name in hidden),
        ),
    )


def _unlisted(parameter: Parameter | None, value: object) -> str | None:
    """Return a warning if a text is none of the tokens that the documentation lists, a list that may be incomplete."""
    if parameter is None or parameter.kind is not Kind.STRING or parameter.values_open or parameter.accepted_values:
        return None
    listed = {token.lower() for token in parameter.values}
    items = value if isinstance(value, list) else [value]
    odd = [item for item in items if isinstance(item, str) and item.lower() not in listed]
    if not listed or not odd:
        return None
    return (
        f"{parameter.name}: the documentation does not list {odd[0][:80]!r}, only {', '.join(parameter.values[:12])}"
        f"{' …' if len(parameter.values) > 12 else ''}. The nearest is {closest(odd[0], parameter.values)}."
    )
