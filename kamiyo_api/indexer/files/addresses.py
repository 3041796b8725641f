"""Which addresses a file may be fetched from: only those of the public internet."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue

from kamiyo_api.indexer.files.failures import Unresolved

Address = IPv4Address | IPv6Address

# Networks whose addresses hold one of IPv4, and how many bits are behind it.
MAPPED = (
    (IPv6Network("::/96"), 0),
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
# Tunnels, and NAT64 of a network of one's own: what is behind them cannot be seen.
REFUSED = (IPv6Network("2001::/32"), IPv6Network("64:ff9b:1::/48"))
# The address of an interface in a tunnel to IPv4 (ISATAP).
ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: Address) -> bool:
    """Return whether an address is of the public internet, also in each form that hides one."""
    if isinstance(address, IPv6Address):
        for network, shift in MAPPED:
            if address in network:
                return is_public(IPv4Address(int(address) >> shift & 0xFFFFFFFF))
        if any(address in network for network in REFUSED):
            return False
        if int(address) >> 32 & 0xFFFFFFFF in ISATAP:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def look_up(
    host: str, seconds: float, lookup: Callable[[str], list[Address] | None] | None = None
) -> list[Address]:
    """Return the addresses of a host, which may be one itself. Raises Unresolved.

    The system's lookup cannot be ended, so another thread waits for it.
    """
    answers: SimpleQueue[list[Address] | None] = SimpleQueue()
    find = lookup or system_lookup
    thread = threading.Thread(target=lambda: answers.put(find(host)), name="look-up", daemon=True)
    thread.start()
    try:
        found = answers.get(timeout=max(0.0, seconds))
    except Empty:
        raise Unresolved("timeout") from None
    if not found:
        raise Unresolved("host_not_found")
    return found


def system_lookup(host: str) -> list[Address] | None:
    """Return the addresses that the system has for a host; none if it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    texts = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [ip_address(text) for text in texts]
