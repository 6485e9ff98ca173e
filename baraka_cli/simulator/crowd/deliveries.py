"""Deliveries of bids: which viewers are due each one, its latency, and those that never arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.meter import Meter

LOST_AFTER_SECONDS = 60
"""Age at which a delivery is lost: it is not waited for in memory any longer."""

UNDER_WAY_SECONDS = 10
"""Age below which a delivery may still be on its way when a sale breaks off."""


@dataclass(slots=True)
class _SentBid:
    due: float
    accepted: bool = False


@dataclass(eq=False, slots=True)
class _Announced:
    due: float
    waiting: set[Member] = field(default_factory=set)
    """Members who were in the room when it was first heard, and have not heard it yet."""


class Deliveries:
    """Deliveries of one auction. Times are those of `time.perf_counter()`; slow phones are due nothing.

    Somebody whose connection breaks, or who leaves, is not due what was under way then: what was
    missed meanwhile comes with the answer to the next join.
    """

    def __init__(self, auction_id: int, meter: Meter) -> None:
        self._auction_id = auction_id
        self._meter = meter
        self._present: set[Member] = set()
        self._asked: dict[tuple[int, int], _SentBid] = {}
        """By user and amount, until it is announced."""
        self._announced: dict[object, _Announced] = {}
        """By the id of the bid, until everybody has heard it."""
        self._known: set[int] = set()
        """The ids of bids that anybody has heard."""

    # --- who is there

    def entered(self, one: Member) -> None:
        if one.auction_id == self._auction_id and not one.slow:
            self._present.add(one)

    def left(self, one: Member) -> None:
        self._present.discard(one)
        for key, bid in list(self._announced.items()):
            bid.waiting.discard(one)
            if not bid.waiting:
                del self._announced[key]

    # --- what is due

    def asked(self, user_id: int, amount: int, due: float) -> None:
        self._asked[user_id, amount] = _SentBid(due)

    def answered(self, user_id: int, amount: int, ok: bool | None) -> None:
        asked = self._asked.get((user_id, amount))
        if asked is not None and ok:
            asked.accepted = True
        elif asked is not None and ok is False:
            del self._asked[user_id, amount]

    def heard(self, one: Member, frame: Frame, now: float) -> None:
        """Called for every bid that every phone hears: it stays short."""
        key = _key(frame)
        bid = self._announced.get(key)
        if bid is None:
            if isinstance(key, int):
                if key in self._known:  # made by a maximum, perhaps, and not what was asked since
                    return
                self._known.add(key)
            asked = self._asked.pop(frame.bid, None) if frame.bid is not None else None
            if asked is None or not self._present:
                return
            bid = self._announced[key] = _Announced(asked.due, set(self._present))
        if one in bid.waiting:
            bid.waiting.discard(one)
            self._meter.delivered(now - bid.due)
            if not bid.waiting:
                del self._announced[key]

    def waiting(self, now: float) -> Iterator[float]:
        """Seconds that each delivery which is under way takes by now."""
        for bid in self._announced.values():
            yield from repeat(now - bid.due, len(bid.waiting))

    # --- what never came

    def lose(self, now: float, *, older_than: float = LOST_AFTER_SECONDS) -> None:
        """Count as lost what was due more than `older_than` seconds before `now`."""
        for key, bid in list(self._announced.items()):
            if now - bid.due >= older_than:
                del self._announced[key]
                self._meter.undelivered(now - bid.due, len(bid.waiting))
        for made, asked in list(self._asked.items()):
            if now - asked.due >= older_than:
                del self._asked[made]
                if asked.accepted:  # and nobody was ever told
                    self._meter.undelivered(now - asked.due, len(self._present))


def _key(frame: Frame) -> object:
    row = frame.data.get("newBid")
    bid_id = row.get("id") if isinstance(row, dict) else None
    return bid_id if isinstance(bid_id, int) else frame.bid
