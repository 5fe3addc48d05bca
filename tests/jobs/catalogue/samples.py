"""Minimal arguments for any catalogued cmdlet, generated from its types."""

from jobs.catalogue.cmdlets import Cmdlet, Parameter
from jobs.catalogue.kinds import Kind
from jobs.catalogue.parameter_sets import required_parameters, sets_of_service
from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.validation import ValidCall, validate

_BY_KIND: dict[Kind, object] = {
    Kind.ADDRESS: "anna@contoso.com",
    Kind.ADDRESS_RANGE: "192.168.1.1",
    Kind.BOOL: True,
    Kind.BYTES: "AAEC",
    Kind.CULTURE: "en-US",
    Kind.DATETIME: "2026-01-31T00:00:00Z",
    Kind.DOMAIN: "contoso.com",
    Kind.GUID: "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    Kind.HASHTABLE: {"Name": "U.S. SSN", "Rules": [{"minCount": 1}]},
    Kind.NUMBER: 1.5,
    Kind.PROXY_ADDRESS: "smtp:anna@contoso.com",
    Kind.SIZE: "10MB",
    Kind.SWITCH: True,
    Kind.TIMESPAN: "1.00:00:00",
    Kind.UNLIMITED: "Unlimited",
    Kind.URI: "https://contoso.com/",
}


def sample_value(parameter: Parameter) -> object:
    """Return a value that the documentation allows."""
    if parameter.enum_values:
        return parameter.enum_values[0]
    if parameter.kind in (Kind.INT, Kind.OTHER) and parameter.range:
        return parameter.range[0]
    if parameter.kind is Kind.INT:
        return int(parameter.values[0]) if parameter.values else 1
    return _BY_KIND.get(parameter.kind, "anna")


def minimal_call(cmdlet: Cmdlet) -> ValidCall:
    """Return the first minimal call that is accepted, or raise the first refusal."""
    refusal: InvalidCall | None = None
    service = cmdlet.services[0]
    for parameter_set in sets_of_service(cmdlet, service):
        names = set(required_parameters(cmdlet, parameter_set, service))
        names |= {needed for name in names for needed in cmdlet.parameters[name].needs_all_of}
        arguments = {name: sample_value(cmdlet.parameters[name]) for name in sorted(names)}
        try:
            return validate(cmdlet.name, arguments, service=service, app_only=False)
        except InvalidCall as invalid:
            refusal = refusal or invalid
    assert refusal is not None
    raise refusal
