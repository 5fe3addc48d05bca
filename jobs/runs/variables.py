"""The values of organization variables: frozen with a plan, filled in for each organization."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobs.catalogue.problems import BadValue, InvalidCall, Problem
from jobs.catalogue.validation import ValidCall, retyped
from jobs.catalogue.variables import VARIABLE, VARIABLES, is_quoted, variables_in
from jobs.runs.calls import of_step
from portal.core.refusals import Refused
from tenants.organizations.models import Organization
from tenants.profiles.methods import reached_through

_IN_SESSION: Mapping[str, str] = {
    "default_domain": "(Get-AcceptedDomain | Where-Object Default).DomainName",
    "initial_domain": "(Get-AcceptedDomain | Where-Object InitialDomain).DomainName",
    "name": "(Get-OrganizationConfig).DisplayName",
    "tenant_id": "(Get-ConnectionInformation)[0].TenantID",
}
_ASKING = ("Filter", "Query", "QueryString")


class NoValue(Refused):
    """An organization has no value for a variable that occurs."""


def fill_in(parameters: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return `parameters`, typed or encoded, with each organization variable that `values` has replaced by its value.

    Other braces stay. Inside single quotes of a filter, a value's own quotes are doubled, so that they do not end the
    text there.
    """
    return {name: _filled(value, values, is_filter=name.endswith("Filter")) for name, value in parameters.items()}


def frozen_variables(calls: Sequence[ValidCall], organizations: Iterable[Organization]) -> dict[str, dict[str, str]]:
    """Return the values of the variables that occur in `calls`, by tenant id; checks each call with each of them.

    Raises `NoValue`, or `InvalidCall` with every problem of the first step and organization whose values do not fit.
    """
    templates = [{name: value for name, value in call.parameters.items() if variables_in(value)} for call in calls]
    wanted = sorted(variables_in([value for template in templates for value in template.values()]))
    if not wanted:
        return {}
    frozen = {}
    for organization in organizations:
        values = {name: _value_of(organization, name) for name in wanted}
        for step, (call, template) in enumerate(zip(calls, templates, strict=True), start=1):
            if problems := _problems(call, template, values, organization):
                raise InvalidCall([of_step(p, step, call.cmdlet.name) if len(calls) > 1 else p for p in problems])
        frozen[str(organization.tenant_id)] = values
    return frozen


def session_values(names: Iterable[str], *, service: str) -> list[str]:
    """Return lines of PowerShell that set each variable to the value of the organization that is connected."""
    reached = _IN_SESSION if reached_through(service) == "exo" else {}
    return [f"${name} = {reached.get(name, f'Read-Host -Prompt {name}')}" for name in names]


def _value_of(organization: Organization, name: str) -> str:
    value = str(getattr(organization, name))
    if not value:
        raise NoValue(
            f"{organization.name} has no value for {{{name}}}, {VARIABLES[name]} of an organization. "
            "Read the organizations in again, or leave this one out."
        )
    return value


def _problems(
    call: ValidCall, template: Mapping[str, object], values: Mapping[str, str], place: Organization
) -> list[Problem]:
    problems = []
    for name, value in template.items():
        try:
            _refuse_quotes(name, value, values)
            retyped(call.cmdlet, name, fill_in({name: value}, values)[name])
        except BadValue as bad:
            problems.append(Problem(name, f"{name} {bad}, once filled in for {place.name}.", bad.suggestion))
    return problems


def _refuse_quotes(name: str, value: object, values: Mapping[str, str]) -> None:
    """Refuse a value that would change what a filter or a query asks for."""
    if not isinstance(value, str) or not name.endswith(_ASKING):
        return
    for found in VARIABLE.finditer(value):
        if set(values[found[1]]) & set("'\"`") and not (name.endswith("Filter") and is_quoted(found)):
            raise BadValue(
                f"would ask for something else, as {values[found[1]]!r} holds a quotation mark",
                f"Write it between single quotes: '{found[0]}'." if name.endswith("Filter") else None,
            )


def _filled(value: Any, values: Mapping[str, str], *, is_filter: bool = False) -> Any:
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: _value(found, values, is_filter=is_filter), value)
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, dict):
        return {_filled(key, values): _filled(item, values) for key, item in value.items()}
    return value


def _value(found: re.Match[str], values: Mapping[str, str], *, is_filter: bool) -> str:
    value = values.get(found[1], found[0])
    return value.replace("'", "''") if is_filter and is_quoted(found) else value
