"""The direct links of a node, put together: what it listens on, whom it can call, and what it uses them for."""

from __future__ import annotations

from baraka_server.links.listening import Links
from baraka_server.links.reach import Reach
from baraka_server.links.sealed import link_key
from baraka_server.relay.node_relay import NodeRelay
from baraka_server.relay.owners import NodeOwners, Write


class Direct:
    """The links of a node that has a relay. `open` when both serve; `leave`, `close`, then `end`.

    `on_machine` says that other workers of this server are to be reached by sockets of the machine.
    `internal` is the host and port of the internal address, which `is_passed` where a parent listens there.
    `write` decides and writes what other nodes were asked; without it no bid is forwarded.
    """

    def __init__(
        self,
        secret: str,
        node: str,
        expiry_seconds: float,
        *,
        on_machine: bool,
        internal: tuple[str, int] | None,
        is_passed: bool,
    ) -> None:
        self.links = Links(link_key(secret), node)
        self.reach = Reach(node, expiry_seconds, hears=lambda: self._relay_hears)
        self.owners: NodeOwners | None = None
        self._on_machine, self._internal, self._is_passed = on_machine, internal, is_passed
        self._relay: NodeRelay | None = None

    def forward_bids(self, write: Write) -> NodeOwners:
        """Forward the bids of hot auctions, and write for others."""
        self.owners = NodeOwners(self.links, self.reach, write)
        return self.owners

    @property
    def _relay_hears(self) -> bool:
        return self._relay is None or self._relay.healthy

    async def open(self, relay: NodeRelay) -> None:
        """Listen, and have the beats say where. Raises `OSError` when the address is in use."""
        self._relay = relay
        if self._on_machine:
            await self.links.listen_on_machine()
        if self._internal and self._is_passed:
            self.links.is_at(*self._internal)
        elif self._internal:
            await self.links.listen_on(*self._internal)
        relay.address = self.links.address.written
        if self.owners:
            self.owners.open()

    def leave(self) -> None:
        """Take nothing more, and say so; what was taken is still answered."""
        if self._relay:
            self._relay.address = ""
            self._relay.beat()
        if self.owners:
            self.owners.leave()

    async def close(self) -> None:
        """Answer what was taken."""
        if self.owners:
            await self.owners.close()

    async def end(self) -> None:
        """End all links, also those over which clients are."""
        await self.links.close()
