"""Check one address: of a person, a domain, a page or a network. Raises `BadValue` with a sentence."""

import re
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, ip_address, ip_interface

from jobs.catalogue.cmdlets import Parameter
from jobs.catalogue.problems import BadValue
from jobs.catalogue.texts import filled, for_instance, text

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"(?:\*|(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\.?)", re.ASCII)
_INTERNATIONAL_DOMAIN = re.compile(r"(?:\*\.)?[^\s@.,;]+(?:\.[^\s@.,;]+)+")
_ADDRESS = re.compile(r'(?:"[^"]+"|[^\s@<>,;"]+)@(?:\[[0-9A-Fa-f:.]+\]|[^\s@<>,;"]+)')
_PREFIXED = re.compile(r"([A-Za-z0-9-]{1,9}):(.+)", re.ASCII)
_WIDEST_NETWORK = 24  # the documentation of IPAllowList allows /24 to /32


def email_address(_parameter: Parameter, value: object) -> object:
    """Return an SMTP address, or the empty reverse path <>."""
    result = filled(value)
    if not _ADDRESS.fullmatch(result) and result != "<>":
        raise BadValue("must be an email address such as anna@contoso.com")
    return result


def proxy_address(parameter: Parameter, value: object) -> object:
    """Return an SMTP address with or without its prefix; empty text clears the property.

    Another prefix names another address type, whose form is its own business, unless the parameter is for SMTP.
    """
    result = text(value).strip()
    prefixed = _PREFIXED.fullmatch(result)
    prefix, address = prefixed.groups() if prefixed else ("smtp", result)
    other_type = prefix.lower() != "smtp" and "smtp" not in parameter.name.lower()
    if result and not other_type and (prefix.lower() != "smtp" or not _ADDRESS.fullmatch(address)):
        raise BadValue("must be an email address such as anna@contoso.com or smtp:anna@contoso.com")
    return result


def domain(_parameter: Parameter, value: object) -> object:
    """Return a domain name, which may begin with a wildcard."""
    result = filled(value)
    if len(result) > 255 or not (_DOMAIN.fullmatch(result) or _INTERNATIONAL_DOMAIN.fullmatch(result)):
        raise BadValue("must be a domain name such as contoso.com")
    return result


def web_address(_parameter: Parameter, value: object) -> object:
    """Return a URI, of which only the absence of spaces is checked."""
    result = filled(value)
    if re.search(r"\s", result):
        raise BadValue("must be a web address without spaces", for_instance("https://contoso.com/"))
    return result


def address_range(_parameter: Parameter, value: object) -> object:
    """Return an IP address, a range of them from-to, or a network in CIDR notation."""
    result = filled(value).strip()
    try:
        _read_addresses(result)
    except ValueError:
        raise BadValue(
            f"must hold IP addresses, ranges or networks from /24 to /32; {result[:80]!r} is none of them",
            "For instance 192.168.1.1, 192.168.0.1-192.168.0.254 or 192.168.3.0/24.",
        ) from None
    return result


def _read_addresses(written: str) -> None:
    """Raise `ValueError` if `written` is no address, range or network."""
    first, dash, last = written.partition("-")
    if dash:
        if _in_order(ip_address(first.strip()), ip_address(last.strip())):
            return
        raise ValueError("the range ends before it begins")
    network = ip_interface(written)
    if isinstance(network, IPv4Interface) and network.network.prefixlen < _WIDEST_NETWORK:
        raise ValueError("the network is too wide")


def _in_order(first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address) -> bool:
    return first.version == last.version and int(first) <= int(last)
