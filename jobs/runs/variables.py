"""The values of organization variables: frozen with a plan, filled in for each organization."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from jobs.catalogue.problems import BadValue, InvalidCall, Problem
from jobs.catalogue.validation import ValidCall, retyped
from jobs.catalogue.variables import (
    MARK,
    VARIABLES,
    filled,
    holds_marks,
    is_quoted,
    powershell_name,
    verbatim,
    with_texts,
    words_in,
)
from jobs.runs.calls import StepRequest, of_step
from portal.core.actors import Actor
from portal.core.refusals import Refused
from tenants.organizations.models import Organization
from tenants.profiles.methods import reached_through
from tenants.variables.selectors import values_of, variable_names

_IN_SESSION: Mapping[str, str] = {
    "default_domain": "(Get-AcceptedDomain | Where-Object Default).DomainName",
    "initial_domain": "(Get-AcceptedDomain | Where-Object InitialDomain).DomainName",
    "name": "(Get-OrganizationConfig).DisplayName",
    "tenant_id": "(Get-ConnectionInformation)[0].TenantID",
}
_ASKING = ("Filter", "Query", "QueryString")
_NAMED = 3


class NoValue(Refused):
    """An organization has no value for a variable that occurs."""


def known_variables(actor: Actor, steps: Sequence[StepRequest]) -> Sequence[str]:
    """Return the names of the variables that people set; not looked up where the texts of `steps` hold none."""
    words = words_in([value for step in steps for value in step.parameters.values()])
    return variable_names(actor) if words - VARIABLES.keys() else ()


def fill_in(parameters: Mapping[str, Any], values: Mapping[str, str] | None) -> dict[str, Any]:
    """Return `parameters`, typed or encoded, with each organization variable that `values` has replaced by its value.

    `{{word}}` becomes `{word}`, other braces stay; without `values`, all do. Inside single quotes of a filter, a
    value's own quotes are doubled, so that they do not end the text there.
    """
    if values is None:
        return dict(parameters)
    return {name: _filled(value, values, is_filter=name.endswith("Filter")) for name, value in parameters.items()}


def present_values(organizations: Iterable[Organization], names: Iterable[str]) -> dict[UUID, dict[str, str]]:
    """Return the values that these variables have now, by organization; without those that have none."""
    places, names = list(organizations), list(names)
    own = [name for name in names if name not in VARIABLES]
    stored = values_of([place.pk for place in places], own) if own else {}
    by_itself = [name for name in names if name in VARIABLES]
    return {
        place.pk: {
            **stored.get(place.pk, {}),
            **{name: str(value) for name in by_itself if (value := getattr(place, name))},
        }
        for place in places
    }


def frozen_variables(calls: Sequence[ValidCall], organizations: Iterable[Organization]) -> dict[str, dict[str, str]]:
    """Return the values of the variables that occur in `calls`, by tenant id; checks each call with each of them.

    Raises `NoValue`, or `InvalidCall` with every problem of the first step and organization whose values do not fit.
    """
    templates = [{name: value for name, value in call.parameters.items() if holds_marks(value)} for call in calls]
    if not any(templates):
        return {}
    wanted = sorted(words_in([value for template in templates for value in template.values()]))
    places, frozen = list(organizations), {}
    present = present_values(places, wanted)
    for name in wanted:
        _refuse_missing(name, [place.name for place in places if name not in present[place.pk]])
    for organization in places:
        values = {name: present[organization.pk][name] for name in wanted}
        for step, (call, template) in enumerate(zip(calls, templates, strict=True), start=1):
            if problems := _problems(call, template, values, organization):
                raise InvalidCall([of_step(p, step, call.cmdlet.name) if len(calls) > 1 else p for p in problems])
        frozen[str(organization.tenant_id)] = values
    return frozen


def session_values(names: Iterable[str], *, service: str) -> list[str]:
    """Return lines of PowerShell that set each variable to the value of the organization that is connected."""
    reached = _IN_SESSION if reached_through(service) == "exo" else {}
    return [f"${powershell_name(name)} = {reached.get(name, f'Read-Host -Prompt {name}')}" for name in names]


def _refuse_missing(name: str, lacking: Sequence[str]) -> None:
    """Raise `NoValue` if organizations lack a value: how many, the first by name, and what to do."""
    if not lacking:
        return
    who, them = f"{lacking[0]} has", "this one"
    if len(lacking) > 1:
        more = f" and {len(lacking) - _NAMED:,} more" if len(lacking) > _NAMED else ""
        who, them = f"{len(lacking):,} organizations ({', '.join(lacking[:_NAMED])}{more}) have", "them"
    what, fix = "", f"Select {them} under Organizations and press “Variable…”"
    if name in VARIABLES:
        what, fix = f", {VARIABLES[name]} of an organization", "Read the organizations in again"
    raise NoValue(f"{who} no value for {{{name}}}{what}. {fix}, or leave {them} out.")


def _problems(
    call: ValidCall, template: Mapping[str, object], values: Mapping[str, str], place: Organization
) -> list[Problem]:
    problems = []
    for name, value in template.items():
        try:
            _refuse_quotes(name, value, values)
            retyped(call.cmdlet, name, verbatim(fill_in({name: value}, values)[name]))
        except BadValue as bad:
            problems.append(Problem(name, f"{name} {bad}, once filled in for {place.name}.", bad.suggestion))
    return problems


def _refuse_quotes(name: str, value: object, values: Mapping[str, str]) -> None:
    """Refuse a value that would change what a filter or a query asks for."""
    if not isinstance(value, str) or not name.endswith(_ASKING):
        return
    for found in MARK.finditer(value):
        filled_in = values.get(found["name"], "")
        if set(filled_in) & set("'\"`") and not (name.endswith("Filter") and is_quoted(found)):
            raise BadValue(
                f"would ask for something else, as {filled_in!r} holds a quotation mark",
                f"Write it between single quotes: '{found[0]}'." if name.endswith("Filter") else None,
            )


def _filled(value: Any, values: Mapping[str, str], *, is_filter: bool = False) -> Any:
    whole = is_filter and isinstance(value, str)
    return with_texts(value, lambda text: filled(text, lambda found: _value(found, values, is_filter=whole)))


def _value(found: re.Match[str], values: Mapping[str, str], *, is_filter: bool) -> str:
    value = values.get(found["name"], found[0])
    return value.replace("'", "''") if is_filter and is_quoted(found) else value
