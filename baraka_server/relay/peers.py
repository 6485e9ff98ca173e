"""Peers: the other nodes of a database, as their messages tell of them, and their viewers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from baraka_server.relay.messages import Beat


@dataclass(slots=True)
class _Peer:
    """The viewers of another node, and when it was heard last."""

    heard_at: float
    counts: dict[int, int] = field(default_factory=dict)


class Peers:
    """The other nodes that were heard of in the last `expiry_seconds`, by the clock of this node alone.

    A peer expires only while this node hears its own voice: in an outage of the relay the counts stay
    as they were.
    """

    def __init__(self, expiry_seconds: float, clock: Callable[[], float]) -> None:
        self._expiry_seconds = expiry_seconds
        self._clock = clock
        self._peers: dict[str, _Peer] = {}
        self._hears_since = clock()

    def beat(self, beat: Beat) -> set[int]:
        """Take a peer's beat. Returns the auctions whose counts changed by it."""
        peer = self._peers.get(beat.node)
        before = peer.counts if peer else {}
        self._peers[beat.node] = _Peer(self._clock(), dict(beat.counts))
        return _changed(before, beat.counts)

    def counts(self, node: str, counts: Mapping[int, int]) -> set[int]:
        """Take the counts that a peer published between two beats; of a stranger they come with its beat."""
        peer = self._peers.get(node)
        if peer is None:
            return set()
        before = {auction: peer.counts.get(auction, 0) for auction in counts}
        peer.heard_at = self._clock()
        peer.counts |= counts
        peer.counts = {auction: count for auction, count in peer.counts.items() if count}
        return _changed(before, counts)

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
        silent = [node for node, peer in self._peers.items() if peer.heard_at <= since]
        return {auction for node in silent for auction in self._peers.pop(node).counts}


def _changed(before: Mapping[int, int], after: Mapping[int, int]) -> set[int]:
    return {
        auction
        for auction in before.keys() | after.keys()
        if before.get(auction, 0) != after.get(auction, 0)
    }
