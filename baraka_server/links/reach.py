"""Reach: the other nodes, and where a link to each can be opened, as their beats say."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from baraka_server.links.sealed import VERSION

_TCP, _UNIX = "tcp:", "unix:"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node takes links: on its internal address, and on a socket of its machine.

    `written` is what its beats say: "1 tcp:10.0.0.11:3001 unix:baraka-5f2a", with the version of its links
    first; "" is nowhere.
    """

    tcp: tuple[str, int] | None = None
    unix: str = ""

    @property
    def written(self) -> str:
        ways = []
        if self.tcp:
            host, port = self.tcp
            ways.append(f"{_TCP}{f'[{host}]' if ':' in host else host}:{port}")
        if self.unix:
            ways.append(_UNIX + self.unix)
        return " ".join([str(VERSION), *ways]) if ways else ""

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The address in a beat; None where there is none, or one of links of another version."""
        version, *ways = text.split(" ")
        if version != str(VERSION):
            return None
        tcp, unix = None, ""
        for way in ways:
            if way.startswith(_TCP):
                host, _, port = way.removeprefix(_TCP).rpartition(":")
                if host and port.isascii() and port.isdecimal():
                    tcp = host.strip("[]"), int(port)
            elif way.startswith(_UNIX):
                unix = way.removeprefix(_UNIX)
        return cls(tcp, unix) if tcp or unix else None


class Reach:
    """The nodes that were heard in the last `expiry_seconds` and can be called from here.

    `node` is this one's name. A socket of the machine is for the workers of one server alone. While
    `hears` is False nobody expires: it is this node that is deaf.
    """

    def __init__(
        self,
        node: str,
        expiry_seconds: float,
        *,
        hears: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node = node
        self._expiry_seconds = expiry_seconds
        self._hears = hears
        self._clock = clock
        self._heard: dict[str, tuple[Address, float]] = {}

    def note(self, node: str, written: str) -> bool:
        """Take what a beat of a node says. True for a node that was not known, and so may not know this one.

        Without an address it takes no links, or leaves.
        """
        address = Address.of(written)
        if node == self._node or address is None or not self._way(node, address):
            self._heard.pop(node, None)
            return False
        is_new = node not in self._heard
        self._heard[node] = address, self._clock()
        return is_new

    def nodes(self) -> list[str]:
        """The names of the nodes that can be called."""
        if self._hears():
            since = self._clock() - self._expiry_seconds
            for node in [node for node, (_, heard_at) in self._heard.items() if heard_at < since]:
                del self._heard[node]
        return list(self._heard)

    def way_to(self, node: str) -> tuple[str, int] | str | None:
        """The host and port of a node, or the name of its socket on this machine; None for an unknown one."""
        found = self._heard.get(node)
        return self._way(node, found[0]) if found else None

    def way_to_server(self, name: str) -> tuple[str, int] | None:
        """The host and port of a server, by the name that its session ids begin with."""
        for node in self.nodes():
            address, _ = self._heard[node]
            if server_of(node) == name and address.tcp:
                return address.tcp
        return None

    def _way(self, node: str, address: Address) -> tuple[str, int] | str | None:
        is_here = server_of(node) == server_of(self._node) and "." in node
        return address.unix if is_here and address.unix else address.tcp


def server_of(node: str) -> str:
    """The name of a node without the number of its worker."""
    return node.partition(".")[0]
