"""`Skipped`: judges announcements that did not come over a connection that held.

A list contains the ones before it, so a server may leave one out for whom a newer one comes (D25): for a
phone that reads too slowly, or for a whole room whose lists are too much. Nothing else may be missing,
though a resume may bring it later.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import datetime

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.descriptions import said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat, SeatInRoom, Skip
from baraka_cli.simulator.result import Promise
from baraka_server.contract.server_events import NewBid, NewComment

LISTED = {NewBid.wire_name: "auctionBids", NewComment.wire_name: "comments"}
"""The list that goes with a new row, for whom reads lists (D24)."""
HELD_SECONDS_MAX = 6
"""How long a newer list may keep one waiting."""
TOGETHER_MIN, TOGETHER_SHARE = 3, 0.2
"""So many phones that read lists miss one together where a server tells the whole room fewer."""
LATE_SECONDS = 0.5
"""Who hears something so much later than it was said, as far as the crowd can know, is behind."""


class Skipped:
    """`clock` gives seconds since the run began."""

    def __init__(
        self, findings: Findings, announcements: Announcements, clock: Callable[[], float]
    ) -> None:
        self.gaps = 0
        self.missed = 0
        self.superseded = 0
        """Of those that were missed."""
        self._findings = findings
        self._announcements = announcements
        self._clock = clock
        self._waiting: deque[Skip] = deque()
        self._readers: defaultdict[int, set[Seat]] = defaultdict(set)
        """Who reads lists, by auction."""
        self._heard: defaultdict[int, Counter[int]] = defaultdict(Counter)
        """How many of those heard a list, by auction and number."""
        self.crowd_is_late: Callable[[], bool] = lambda: False
        """Whether the crowd itself was too slow of late to read what it is sent."""
        self._offset: float | None = None
        """Our clock less the server's, and the least time that anything took."""

    def said(self, frame: Frame) -> None:
        """Learn from a frame that is new how far the clocks are apart."""
        took = _took(frame)
        if took is not None and (self._offset is None or took < self._offset):
            self._offset = took

    def came(self, seat: Seat, auction_id: int) -> None:
        """Somebody is in the room."""
        if seat.lists:
            self._readers[auction_id].add(seat)

    def left(self, seat: Seat, auction_id: int) -> None:
        self._readers[auction_id].discard(seat)

    def skips(self, seat: Seat, room: SeatInRoom, frame: Frame, missing: Iterable[int]) -> None:
        """`seat` heard `frame`, and not what is `missing` before it."""
        self.judge(self._clock())
        self.gaps += 1
        took = _took(frame)
        late = took is not None and self._offset is not None and took > self._offset + LATE_SECONDS
        for seq in missing:
            self.missed += 1
            skip = Skip(
                seat.label,
                seat.lists,
                seat.slow or late or self.crowd_is_late(),
                frame.auction_id or 0,
                seq,
                self._clock(),
                frame.text,
            )
            if frame.name in LISTED and frame.seq is not None:
                skip.came[frame.name] = frame.seq
            room.skips.append(skip)
            self._waiting.append(skip)

    def list_came(self, auction_id: int, room: SeatInRoom, name: str, seq: int) -> None:
        """A list came to a phone that reads lists."""
        self._heard[auction_id][seq] += 1
        for skip in room.skips:
            skip.came.setdefault(name, seq)

    def forgive(self, room: SeatInRoom) -> None:
        """A whole state has come, which takes the place of what did not."""
        for skip in room.skips:
            skip.forgiven = True
        room.skips.clear()

    def judge(self, now: float) -> None:
        """All that were missed long enough before `now`."""
        while self._waiting and now >= self._waiting[0].at + HELD_SECONDS_MAX:
            self._judge(self._waiting.popleft())

    def finish(self) -> None:
        self.judge(float("inf"))

    def _judge(self, skip: Skip) -> None:
        truth = self._announcements.truth(skip.auction_id)
        core = truth.cores.get(skip.seq)
        if core is None:
            return  # that nobody heard it is said once, and not for everybody
        kind = str(core[0])
        newer = skip.came.get(kind)
        contained = newer is not None and truth.in_one_list(kind, skip.seq, newer)
        may_be = skip.behind or self._was_left_out(skip)
        legal = skip.lists and kind in LISTED and (contained or skip.cut) and may_be
        self.superseded += legal
        self._findings.expect(
            Promise.ONE_ORDER,
            legal or skip.forgiven,
            f"{skip.who} did not hear number {skip.seq} of auction {skip.auction_id}, {said(core)}, "
            "over a connection that held",
            skip.text,
            at=skip.at,
        )

    def _was_left_out(self, skip: Skip) -> bool:
        """Whether so many missed it that the server told the room less often."""
        readers = len(self._readers[skip.auction_id])
        without = readers - self._heard[skip.auction_id][skip.seq]
        return without >= max(TOGETHER_MIN, readers * TOGETHER_SHARE)


def _took(frame: Frame) -> float | None:
    """Seconds between the server's clock when it was said and ours now, whatever they are apart."""
    try:
        return time.time() - datetime.fromisoformat(str(frame.data["serverTime"])).timestamp()
    except (KeyError, ValueError):
        return None
