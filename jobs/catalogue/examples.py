"""An example call of a cmdlet, made of what it requires."""

from collections.abc import Mapping
from types import MappingProxyType

from jobs.catalogue.cmdlets import Cmdlet, Parameter
from jobs.catalogue.kinds import Kind
from jobs.catalogue.parameter_sets import required_parameters, sets_of_service
from jobs.catalogue.powershell import literal

_BY_KIND: Mapping[Kind, object] = MappingProxyType(
    {
        Kind.ADDRESS: "anna@contoso.com",
        Kind.ADDRESS_RANGE: "192.168.1.0/24",
        Kind.BOOL: True,
        Kind.BYTES: b"example",
        Kind.CULTURE: "en-US",
        Kind.DATETIME: "2027-01-31T09:00:00Z",
        Kind.DOMAIN: "contoso.com",
        Kind.GUID: "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        Kind.HASHTABLE: {"Key": "value"},
        Kind.INT: 1,
        Kind.NUMBER: 1,
        Kind.PROXY_ADDRESS: "anna@contoso.com",
        Kind.SIZE: "10MB",
        Kind.TIMESPAN: "1.00:00:00",
        Kind.UNLIMITED: "Unlimited",
        Kind.URI: "https://contoso.com/",
    }
)
_PEOPLE = ("mailbox", "user", "member", "recipient", "identity", "owner", "sender", "manager", "from", "to")


def example_line(cmdlet: Cmdlet) -> str:
    """Return the cmdlet with made-up values for what its default, or its first, parameter set requires."""
    service = cmdlet.services[0]
    usable = sets_of_service(cmdlet, service)
    chosen = next((s for s in usable if s.default), usable[0])
    required = required_parameters(cmdlet, chosen, service)
    names = [name for name in chosen.parameters if name in required]
    return " ".join((cmdlet.name, *(_argument(cmdlet.parameters[name]) for name in names)))


def _argument(parameter: Parameter) -> str:
    if parameter.kind is Kind.SWITCH:
        return f"-{parameter.name}"
    if parameter.secret or parameter.kind is Kind.STREAM:
        return f"-{parameter.name} <{parameter.kind}>"
    return f"-{parameter.name} {literal(_value(parameter))}"


def _value(parameter: Parameter) -> object:
    if parameter.enum_values:
        return parameter.enum_values[0]
    if parameter.range:
        return parameter.range[0]
    if parameter.kind in _BY_KIND:
        return _BY_KIND[parameter.kind]
    is_person = any(word in parameter.name.lower() for word in _PEOPLE)
    return "anna@contoso.com" if is_person else "Example"
