"""Addresses of clients: of the peer, or as trusted proxies forward them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from aiohttp import web

Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
IPV6_PREFIX_BITS = 64
"""An IPv6 subscriber has all addresses of such a prefix: they count as one."""
TEXT_CHARS_MAX = 64
"""No address is longer, with a zone; what is, is none, and is not kept."""
READ_KEPT = 4_096
"""How many texts are kept as they were read: to read one takes as long as to accept its connection."""


def address_of(request: web.BaseRequest, trusted_proxies: Sequence[Network]) -> str:
    """The address that limits count: the last one that no trusted proxy vouches for.

    `X-Forwarded-For` is believed only as far as trusted proxies wrote it; anybody can send one. Whoever
    may open the server's file (`unix:`) is one of them.
    """
    transport = request.transport
    peername = transport.get_extra_info("peername") if transport else None
    if not peername and not (transport and _is_of_a_file(transport)):
        return UNKNOWN
    hops = [peername[0]] if peername else []
    for header in reversed(request.headers.getall("X-Forwarded-For", [])):
        hops += reversed([hop.strip() for hop in header.split(",")])
    for hop, said in zip(hops, [*hops, None][1:], strict=True):
        if said is None or not _is_in(hop, trusted_proxies):
            return _counted_as(hop)
    return UNKNOWN


def peer_of(transport: asyncio.BaseTransport, trusted_proxies: Sequence[Network]) -> str | None:
    """The address of a connection's peer; None for a trusted proxy, which connects many clients."""
    peername = transport.get_extra_info("peername")
    if not peername:
        return None if _is_of_a_file(transport) else UNKNOWN
    return None if _is_in(peername[0], trusted_proxies) else _counted_as(peername[0])


def _is_of_a_file(transport: asyncio.BaseTransport) -> bool:
    raw = transport.get_extra_info("socket")
    return raw is not None and bool(raw.family == socket.AF_UNIX)


def _is_in(text: str, trusted: Sequence[Network]) -> bool:
    if not trusted:
        return False
    address = _read(text)
    return address is not None and any(address in network for network in trusted)


def _counted_as(text: str) -> str:
    address = _read(text)
    if address is None:
        return UNKNOWN
    return str(address) if isinstance(address, IPv4Address) else _prefix(address)


@lru_cache(READ_KEPT)
def _prefix(address: IPv6Address) -> str:
    return str(ip_network((address, IPV6_PREFIX_BITS), strict=False))


def _read(text: str) -> IPv4Address | IPv6Address | None:
    return _read_short(text) if len(text) <= TEXT_CHARS_MAX else None


@lru_cache(READ_KEPT)
def _read_short(text: str) -> IPv4Address | IPv6Address | None:
    """The address; as IPv4 if it is one that is written as IPv6. None for what is not an address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
