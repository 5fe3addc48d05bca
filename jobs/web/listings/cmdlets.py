"""The catalogue as listings: cmdlets as searched for, and the parameters of one."""

from collections.abc import Iterator

from django.urls import reverse

from jobs.catalogue.cmdlets import Cmdlet, Parameter, UnknownCmdlet, catalogue_version, find
from jobs.catalogue.search import find_cmdlets
from jobs.web.cmdlet_filters import CmdletFilterForm
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.exports.listings import Listing, Row, Selection, Table, address
from portal.exports.words import filters_in_words

READ = frozenset({Permission.CMDLET_READ})
EVERYTHING = 10_000
CMDLET_COLUMNS = (
    "Cmdlet",
    "Verb",
    "Noun",
    "Services",
    "Risk",
    "Effect",
    "DryRunIn",
    "Parameters",
    "ParameterSets",
    "Deprecated",
    "ReplacedBy",
    "NotWithAppOnly",
)
PARAMETER_COLUMNS = (
    "Cmdlet",
    "Parameter",
    "Type",
    "Kind",
    "Switch",
    "Multivalued",
    "RequiredInSets",
    "AcceptedValues",
    "Default",
    "Aliases",
    "Services",
    "Secret",
    "Deprecated",
    "ReplacedBy",
)


def _open_cmdlets(actor: Actor, selection: Selection) -> Table:
    actor.require(Permission.CMDLET_READ)
    form = CmdletFilterForm(selection.query)
    findings = find_cmdlets(form.chosen().get("q", ""), form.facets(), number=EVERYTHING)
    found = [match.cmdlet for match in findings.matches]
    return Table(
        title="Cmdlets",
        columns=lambda: CMDLET_COLUMNS,
        rows=lambda: map(_cmdlet_row, found),
        url=address(reverse("jobs:cmdlets"), selection.query),
        total=len(found),
        filters=filters_in_words(form),
        facts=[("Catalogue", catalogue_version())],
    )


def _open_parameters(actor: Actor, selection: Selection) -> Table:
    actor.require(Permission.CMDLET_READ)
    try:
        cmdlet = find(selection.of_id)
    except UnknownCmdlet as unknown:
        raise Refused(str(unknown)) from unknown
    return Table(
        title=f"Parameters of {cmdlet.name}",
        columns=lambda: PARAMETER_COLUMNS,
        rows=lambda: _parameter_rows(cmdlet),
        url=reverse("jobs:cmdlet", args=[cmdlet.name]),
        total=len(cmdlet.parameters),
        facts=[("Catalogue", catalogue_version())],
    )


def _cmdlet_row(cmdlet: Cmdlet) -> Row:
    values = (
        cmdlet.name,
        cmdlet.verb,
        cmdlet.noun,
        ", ".join(cmdlet.services),
        cmdlet.risk,
        cmdlet.effect.value,
        ", ".join(cmdlet.whatif_in),
        len(cmdlet.parameters),
        ", ".join(each.name for each in cmdlet.parameter_sets),
        cmdlet.deprecated,
        ", ".join(cmdlet.replaced_by),
        cmdlet.app_only_excluded,
    )
    return dict(zip(CMDLET_COLUMNS, values, strict=True))


def _parameter_rows(cmdlet: Cmdlet) -> Iterator[Row]:
    return (_parameter_row(cmdlet, cmdlet.parameters[name]) for name in sorted(cmdlet.parameters))


def _parameter_row(cmdlet: Cmdlet, parameter: Parameter) -> Row:
    values = (
        cmdlet.name,
        parameter.name,
        parameter.type,
        parameter.kind.value,
        parameter.switch,
        parameter.multivalued,
        ", ".join(parameter.required_in_sets),
        ", ".join(parameter.accepted_values or parameter.enum_values or parameter.values),
        parameter.default,
        ", ".join(parameter.aliases),
        ", ".join(parameter.services),
        parameter.secret,
        parameter.deprecated,
        parameter.replaced_by,
    )
    return dict(zip(PARAMETER_COLUMNS, values, strict=True))


LISTINGS = (
    Listing("cmdlets", "Cmdlets", READ, _open_cmdlets),
    Listing("cmdlet-parameters", "Parameters of a cmdlet", READ, _open_parameters),
)
