"""What a request shows of itself: its key or token, and where it comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope as AsgiScope

_SCHEME = "bearer"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def presented(headers: Headers) -> tuple[str, ...]:
    """Give the key or token of a request from either header; more than one only where they differ."""
    shown: dict[str, None] = {}
    for value in headers.getlist("authorization"):
        scheme, _, bearer = value.partition(" ")
        if scheme.casefold() == _SCHEME and bearer.strip():
            shown[bearer.strip()] = None
    for value in headers.getlist("x-api-key"):
        if value.strip():
            shown[value.strip()] = None
    return tuple(shown)


def looks_signed(credential: str) -> bool:
    """Tell whether a credential has the three parts of a JWT."""
    return credential.count(".") == 2  # noqa: PLR2004 - header, claims, signature


def client_address(scope: AsgiScope, headers: Headers, trusted: Sequence[Network]) -> str:
    """Give the address of who asks: the nearest one that is no trusted proxy's.

    X-Forwarded-For counts only as far as trusted proxies have written it.
    """
    client = scope.get("client")
    address = str(client[0]) if client else "unknown"
    hops = [_without_port(hop) for value in headers.getlist("x-forwarded-for") for hop in value.split(",")]
    while hops and is_trusted(address, trusted):
        address = hops.pop()
    return _network_of(address)


def is_trusted(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether ``address`` is one of a trusted proxy."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found.version == network.version and found in network for network in networks)


def is_own_page(headers: Headers, origin: str) -> bool:
    """Tell whether a request without ``Origin`` comes from a page of ``origin`` on this very server.

    Browsers leave the header out when a page reads from its own server, and say so in another.
    """
    same = headers.get("sec-fetch-site") == "same-origin"
    return same and urlsplit(origin).netloc == headers.get("host", "")


def _without_port(hop: str) -> str:
    """Give the address of one hop: some proxies write ``198.51.100.7:4711`` or ``[2001:db8::7]:4711``.

    >>> _without_port(" 198.51.100.7:4711"), _without_port("[2001:db8::7]:4711"), _without_port("2001:db8::7")
    ('198.51.100.7', '2001:db8::7', '2001:db8::7')
    """
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _network_of(address: str) -> str:
    """Give what counts as one client: an IPv4 address, or the /64 that one customer of IPv6 has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:  # noqa: PLR2004 - the name of the protocol
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
