"""Which addresses are on the public internet, whatever they are written or wrapped in."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# Azure's wire server; protocol assignments, where a cloud has its metadata and older Pythons see nothing special; the
# relays of 6to4.
_NOT_PUBLIC = (ip_network("168.63.129.16/32"), ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"))
_UNICAST = IPv6Network("2000::/3")
# These carry an IPv4 address inside: Teredo, 6to4, and documentation and benchmarks besides.
_WRAPPING = (IPv6Network("2001::/23"), IPv6Network("2002::/16"), IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))


def is_public(text: str) -> bool:
    """Whether `text` is the address of a host on the public internet; False for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return _is_plain(address) and not any(address in network for network in _NOT_PUBLIC)
    return (
        address.scope_id is None
        and address in _UNICAST
        and _is_plain(address)
        and not any(address in network for network in _WRAPPING)
    )


def _is_plain(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
