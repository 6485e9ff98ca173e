"""`Skipped`: judges announcements that did not come over a connection that held.

A list contains the ones before it, so a server may leave one out for whom a newer one comes (D25): for a
phone that reads too slowly, or for a whole room whose lists are too much. Nothing else may be missing,
though a resume may bring it later.

Whether a phone was behind is seen by what the others heard: a crowd that is itself late is late with all.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.descriptions import said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat, SeatInRoom, Skip
from baraka_cli.simulator.result import Promise
from baraka_server.contract.server_events import NewBid, NewComment

LISTED = {NewBid.wire_name: "auctionBids", NewComment.wire_name: "comments"}
"""The list that goes with a new row, for whom reads lists (D24)."""
ALL_HEARD_SECONDS_MAX = 10
"""How long it is waited for the others of a room, who heard what one did not, or did not either."""
TOGETHER_MIN, TOGETHER_SHARE = 3, 0.2
"""So many phones that read lists miss one together where a server tells the whole room fewer."""
BEHIND_SECONDS = 1.0
"""Who hears something so much later than the first of the others is behind."""
JUDGE_EVERY_SECONDS = 1.0


class Skipped:
    """`clock` gives seconds since the run began, `awake` those in which the crowd could read."""

    def __init__(
        self,
        findings: Findings,
        announcements: Announcements,
        clock: Callable[[], float],
        awake: Callable[[], float],
    ) -> None:
        self.gaps = 0
        self.missed = 0
        self.superseded = 0
        """Of those that were missed."""
        self.crowd_left_unread: Callable[[], bool] = lambda: False
        """Whether the crowd left so much unread of late that a server may have found no room for more."""
        self._findings = findings
        self._announcements = announcements
        self._clock = clock
        self._awake = awake
        self._waiting: deque[Skip] = deque()
        self._judge_at = 0.0
        self._readers: defaultdict[int, set[Seat]] = defaultdict(set)
        """Who reads lists, by auction."""
        self._heard: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._not_heard: defaultdict[int, Counter[int]] = defaultdict(Counter)
        """How many of those heard a list, and how many did not in its turn, by auction and number."""
        self._first_heard: dict[tuple[int, int], float] = {}
        """When anybody heard it first, by auction and number, on the crowd's own clock."""

    def said(self, frame: Frame) -> None:
        """Note when something is heard first."""
        if frame.auction_id is not None and frame.seq is not None:
            self._first_heard.setdefault((frame.auction_id, frame.seq), self._awake())

    def came(self, seat: Seat, auction_id: int) -> None:
        """Somebody is in the room."""
        if seat.lists:
            self._readers[auction_id].add(seat)

    def left(self, seat: Seat, auction_id: int) -> None:
        self._readers[auction_id].discard(seat)

    def skips(self, seat: Seat, room: SeatInRoom, frame: Frame, missing: Iterable[int]) -> None:
        """`seat` heard `frame`, and not what is `missing` before it."""
        now = self._awake()
        self.judge(now)
        self.gaps += 1
        auction_id = frame.auction_id or 0
        first = self._first_heard.get((auction_id, frame.seq or 0), now)
        behind = seat.slow or now - first > BEHIND_SECONDS or self.crowd_left_unread()
        for seq in missing:
            self.missed += 1
            skip = Skip(
                seat.label,
                seat.lists,
                behind,
                auction_id,
                seq,
                self._clock(),
                frame.text,
                noted=now,
                readers=len(self._readers[auction_id]),
            )
            if seat.lists:
                self._not_heard[auction_id][seq] += 1
            if frame.name in LISTED and frame.seq is not None:
                skip.came[frame.name] = frame.seq
            room.skips.append(skip)
            self._waiting.append(skip)

    def told_in_a_state(self, auction_id: int, numbers: Iterable[int]) -> None:
        """A phone that reads lists asked for a state, and did not hear what is in it, over one connection."""
        self._not_heard[auction_id].update(numbers)

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
        """All of which nothing more can be learned by now."""
        if now < self._judge_at:
            return
        self._judge_at = now + JUDGE_EVERY_SECONDS
        waiting, self._waiting = self._waiting, deque()
        for skip in waiting:
            if self._is_settled(skip, now):
                self._judge(skip)
            else:
                self._waiting.append(skip)

    def finish(self) -> None:
        while self._waiting:
            self._judge(self._waiting.popleft())

    def _is_settled(self, skip: Skip, now: float) -> bool:
        core = self._announcements.truth(skip.auction_id).cores.get(skip.seq)
        if core is None:
            return False
        if not skip.lists or core[0] not in LISTED:
            return skip.forgiven or skip.cut or now >= skip.noted + ALL_HEARD_SECONDS_MAX
        if core[0] not in skip.came and not (skip.cut or skip.forgiven):
            return False  # a newer list may come yet, however long it takes
        told = self._heard[skip.auction_id][skip.seq] + self._not_heard[skip.auction_id][skip.seq]
        return skip.behind or told >= skip.readers or now >= skip.noted + ALL_HEARD_SECONDS_MAX

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
        """Whether all missed it, or so many that the server told the room less often."""
        without = self._not_heard[skip.auction_id][skip.seq]
        told = without + self._heard[skip.auction_id][skip.seq]
        return told == without or without >= max(TOGETHER_MIN, told * TOGETHER_SHARE)
