"""Peers: the other nodes of a database, as their messages tell of them, and their viewers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from baraka_server.links.reach import server_of
from baraka_server.relay.messages import Beat


@dataclass(slots=True)
class _Peer:
    """The viewers of another process, the server that it is of, and when it was heard last."""

    name: str
    server: str
    heard_at: float
    counts: dict[int, int]
    node: str


class Peers:
    """The other nodes that were heard of in the last `expiry_seconds`, by the clock of this node alone.

    A peer expires only while this node hears its own voice: in an outage of the relay the counts stay
    as they were. Peers are told apart by the starts of their processes. A server with the name of
    another one has taken its place, as after a restart, unless that one is heard again: then two have
    one name, and both are counted. `name` and `server` are this node's own.
    """

    def __init__(
        self, expiry_seconds: float, clock: Callable[[], float], *, name: str = "", server: str = ""
    ) -> None:
        self._expiry_seconds = expiry_seconds
        self._clock = clock
        self._own = (name, server)
        self._peers: dict[str, _Peer] = {}
        self._replaced: dict[
            str, float
        ] = {}  # servers, and when another one seemed to replace them
        self._twice: dict[str, float] = {}  # names, and when they were last those of two servers
        self._hears_since = clock()

    @property
    def names(self) -> AbstractSet[str]:
        """The names of the other servers that are heard of, without that of this one."""
        return {peer.name for peer in self._peers.values()} - {self._own[0]}

    def beat(self, beat: Beat) -> set[int]:
        """Take a peer's beat. Returns the auctions whose counts changed by it."""
        now = self._clock()
        name, server, boot = server_of(beat.node), beat.server or beat.boot, beat.boot or beat.node
        known = self._peers.get(boot)
        others = [b for b, one in self._peers.items() if one.name == name and one.server != server]
        gone: set[int] = set()
        if (
            self._is_ours(name, server)
            or self._replaced.pop(server, None) is not None
            or (others and (known or self.is_twice(name)))
        ):
            self._twice[name] = now
        elif others:
            gone = {auction for other in others for auction in self._replace(other, now)}
        self._peers[boot] = _Peer(name, server, now, dict(beat.counts), beat.node)
        return gone | _changed(known.counts if known else {}, beat.counts)

    def _is_ours(self, name: str, server: str) -> bool:
        """Whether another server has the name of this one."""
        return name == self._own[0] and server != self._own[1]

    def _replace(self, boot: str, now: float) -> Mapping[int, int]:
        peer = self._peers.pop(boot)
        self._replaced[peer.server] = now
        return peer.counts

    def is_twice(self, name: str) -> bool:
        """Whether two servers of this name were alive in the last `expiry_seconds`."""
        noticed = self._twice.get(name)
        return noticed is not None and self._clock() - noticed < self._expiry_seconds

    def speaks_for_server(self, boot: str) -> bool:
        """Whether this node, of our server, is the one of its workers that says what concerns them all."""
        ours = [other for other, peer in self._peers.items() if peer.server == self._own[1]]
        return all(boot < other for other in ours)

    def counts(self, boot: str, counts: Mapping[int, int]) -> set[int]:
        """Take the counts that a peer published between two beats; of a stranger they come with its beat."""
        peer = self._peers.get(boot)
        if peer is None:
            return set()
        before = {auction: peer.counts.get(auction, 0) for auction in counts}
        peer.heard_at = self._clock()
        peer.counts |= counts
        peer.counts = {auction: count for auction, count in peer.counts.items() if count}
        return _changed(before, counts)

    def counts_of_ours(self, node: str) -> dict[str, dict[int, int]]:
        """The counts of another worker of our server, by the start of its process; none where it has no viewers."""
        return {
            boot: dict(peer.counts)
            for boot, peer in self._peers.items()
            if peer.node == node and peer.server == self._own[1] and peer.counts
        }

    def count(self, auction_id: int) -> int:
        return sum(peer.counts.get(auction_id, 0) for peer in self._peers.values())

    def hears_again(self) -> None:
        """This node was deaf, and hears again: every peer has its whole time to be heard from now on."""
        self._hears_since = self._clock()

    def expire(self) -> set[int]:
        """Forget the peers that were silent for too long. Returns the auctions whose counts changed.

        Is called only while this node hears its own voice.
        """
        since = self._clock() - self._expiry_seconds
        if self._hears_since > since:
            return set()
        self._replaced = {server: at for server, at in self._replaced.items() if at > since}
        self._twice = {name: at for name, at in self._twice.items() if at > since}
        silent = [boot for boot, peer in self._peers.items() if peer.heard_at <= since]
        return {auction for boot in silent for auction in self._peers.pop(boot).counts}


def _changed(before: Mapping[int, int], after: Mapping[int, int]) -> set[int]:
    return {
        auction
        for auction in before.keys() | after.keys()
        if before.get(auction, 0) != after.get(auction, 0)
    }
