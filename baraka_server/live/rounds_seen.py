"""Rounds that viewers and hosts have seen: the stamp of each bid and host's command (D31, D32).

A round is shown to a viewer when the announcement that opens it leaves the viewer's send queue, by
the state that answers a join, and to a host by the answer to the command that opened it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from baraka_server.contract.client_events import ClientEvent
from baraka_server.domain.decision import Seen
from baraka_server.live.audience import RoundShown, Showing, Viewer

REMEMBERED_SECONDS = 600
"""How long it is remembered what the user of a socket that left a room saw there."""

SHOWN_MAX = 32
"""How many rounds are kept of a viewer that sends nothing; a later one replaces the last."""


@dataclass(slots=True)
class _People:
    """The sockets of one user in one auction, and the rounds that those saw that left.

    `left` has the lowest rounds that are still remembered, each with its end, both rising. `looked_at`
    is True while a look is due at whether they can be forgotten.
    """

    here: set[Viewer] = field(default_factory=set)
    left: deque[tuple[int, float]] = field(default_factory=deque)
    looked_at: bool = False


class RoundsSeen:
    """The rounds that each viewer has been shown, and the stamp of a command that follows from them.

    `late_bid_seconds` is how long ago an announcement must have left before it counts as seen.
    """

    def __init__(
        self, late_bid_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._delay = late_bid_seconds
        self._clock = clock
        self._people: dict[tuple[int, int], _People] = {}
        self._ends: deque[tuple[float, tuple[int, int]]] = deque()

    @property
    def size(self) -> int:
        """The number of things that are kept: sockets in rooms, rounds of those that left, looks due."""
        people = self._people.values()
        return len(self._ends) + sum(len(one.here) + len(one.left) for one in people)

    def show(self, viewer: Viewer, what: RoundShown) -> None:
        """Note that the announcement of a round has left the send queue of `viewer`.

        A lower round than the last replaces all: the ledger has another history (D34).
        """
        shown = viewer.shown.setdefault(what.auction_id, [])
        if shown and what.round < shown[-1].round:
            shown.clear()
        self._add(viewer, shown, Showing(what.round, self._clock(), what.at_once))

    def answer(self, viewer: Viewer, auction_id: int, round_: int, *, at_once: bool) -> None:
        """Note that a host's command was answered with `round_`, which counts at once or with a delay."""
        shown = viewer.shown.setdefault(auction_id, [])
        if not shown or shown[-1].round <= round_:
            self._add(viewer, shown, Showing(round_, self._clock(), at_once))

    def entered(self, viewer: Viewer, auction_id: int) -> None:
        key = viewer.user_id, auction_id
        self._people.setdefault(key, _People()).here.add(viewer)

    def left(self, viewer: Viewer, auction_id: int) -> None:
        """Note that the viewer left the room; what it saw there is remembered for a while."""
        key = viewer.user_id, auction_id
        people = self._people[key]
        people.here.discard(viewer)
        end = self._clock() + REMEMBERED_SECONDS
        seen = _last_confirmed(viewer, auction_id)
        viewer.shown.pop(auction_id, None)
        if seen is not None:
            while people.left and people.left[-1][0] >= seen:
                people.left.pop()  # the newer one is as low, and is remembered for longer
            people.left.append((seen, end))
        if not people.looked_at:
            people.looked_at = True
            self._ends.append((end, key))
        self._forget()

    def seen_by(self, viewer: Viewer, event: ClientEvent) -> Seen:
        """The round that the sender of `event` has seen, as far as this node knows."""
        here = self._seen_here(viewer, event.auction_id)
        people = self._people.get((viewer.user_id, event.auction_id))
        if here is not None and (event.who.is_staff or (people and viewer in people.here)):
            return Seen(here, here=True)
        return Seen(self._lowest(people, event.auction_id) if people else None)

    def _seen_here(self, viewer: Viewer, auction_id: int) -> int | None:
        latest = self._clock() - self._delay
        for showing in reversed(viewer.shown.get(auction_id, ())):
            if showing.at_once or showing.at <= latest:
                return showing.round
        return None

    def _lowest(self, people: _People, auction_id: int) -> int | None:
        now = self._clock()
        rounds = [round_ for round_, end in people.left if end > now]
        for viewer in people.here:
            seen = _last_confirmed(viewer, auction_id)
            if seen is not None:
                rounds.append(seen)
        return min(rounds, default=None)

    def _add(self, viewer: Viewer, shown: list[Showing], showing: Showing) -> None:
        if shown and shown[-1].round == showing.round and not showing.at_once:
            return
        # What `_seen_here` and `_last_confirmed` would both pass over is not kept.
        latest = min(self._clock() - self._delay, viewer.alive_at)
        while len(shown) > 1 and shown[1].at <= latest:
            del shown[0]
        if len(shown) >= SHOWN_MAX:
            shown.pop()
        shown.append(showing)

    def _forget(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            _, key = self._ends.popleft()
            people = self._people[key]
            while people.left and people.left[0][1] <= now:
                people.left.popleft()
            people.looked_at = bool(people.left)
            if people.looked_at:
                self._ends.append((now + REMEMBERED_SECONDS, key))
            elif not people.here:
                del self._people[key]


def _last_confirmed(viewer: Viewer, auction_id: int) -> int | None:
    """The last round after whose announcement the viewer sent something."""
    for showing in reversed(viewer.shown.get(auction_id, ())):
        if showing.at <= viewer.alive_at:
            return showing.round
    return None
