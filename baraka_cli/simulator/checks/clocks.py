"""`Clocks`: judges that bidding closes by the clock, and only then (D44, D45).

What a room is told of a clock has the server's time, which another clock than the crowd's may have set. The
clock itself counts monotonically. A limit that two ways of counting speak of holds if one of them says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from baraka_cli.simulator.checks.bidding_told import (
    BiddingTold,
    ClockTold,
    ms_of,
    told_at_first,
)
from baraka_cli.simulator.checks.cores import Core
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.later import Later
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.checks.times import Times
from baraka_cli.simulator.checks.truth import Moment, Truth
from baraka_cli.simulator.result import Promise
from baraka_server.contract.client_events import AwardLot
from baraka_server.contract.clock import AuctionClock, BiddingResumed
from baraka_server.contract.hammer import BidUndone
from baraka_server.contract.server_events import LotAwarded, NewBid

TOLERANCE_MS = 500
STEP_MS = 200
"""The same for what one announcement says of itself."""


class Clocks:
    """What is `later` is looked at when the answers are there, which say when it was asked for."""

    def __init__(self, findings: Findings, times: Times, awake: Callable[[], float]) -> None:
        self._findings = findings
        self._times = times
        self.later = Later(awake)
        self._host_awards: set[int] = set()
        """Auctions whose lot on the block the host was asked to award."""

    def asks(self, asked: SentCommand) -> None:
        if asked.event == AwardLot.wire_name:
            self._host_awards.add(asked.auction_id)

    # --- what is announced

    def follow(self, auction_id: int, seq: int, core: Core, before: Moment) -> None:
        """Called for each announcement, in order."""
        self.later.judge()
        was, after = before.bidding, before.bidding_after
        clock = was.clock
        where = f"auction {auction_id}, number {seq}"
        match core[0]:
            case NewBid.wire_name if len(core) > 1 and "formerBid" not in before.data:
                self._look_at_bid(auction_id, seq, core, was, after)
            case BidUndone.wire_name if clock is not None:
                self._look_at_time_left(f"{where}, an undo", clock, after.clock, before.data)
            case AuctionClock.wire_name:
                self._look_at_clock(where, clock, after.clock, before.data)
            case BiddingResumed.wire_name if after.clock is not None and after.clock.running:
                self._look_at_time_left(
                    f"{where}, bidding resumed", clock, after.clock, before.data
                )
            case LotAwarded.wire_name if clock is not None and clock.auto:
                if auction_id not in self._host_awards:
                    at_ms = ms_of(before.data)
                    self.later.add(partial(self._look_at_award, auction_id, seq, clock, at_ms))
        if before.new_lot or core[0] == LotAwarded.wire_name:
            self._host_awards.discard(auction_id)

    def _expect(self, holds: bool, what: str, data: object = "") -> None:
        self._findings.expect(Promise.CLOCK_IS_KEPT, holds, what, data)

    def _look_at_bid(
        self, auction_id: int, seq: int, core: Core, was: BiddingTold, now: BiddingTold
    ) -> None:
        where = f"auction {auction_id}, number {seq}, a bid of {core[-1]}"
        if was.paused or was.clock is not None:
            self._expect(not was.paused, f"{where}: it was accepted while bidding was paused")
        if was.clock is None or now.clock is None:
            if was.clock is not now.clock:
                self._expect(False, f"{where}: {_told(now.clock)}, and {_told(was.clock)} before")
            return
        self.later.add(partial(self._look_at_bid_time, where, auction_id, was.clock, now.clock))

    def _look_at_bid_time(
        self, where: str, auction_id: int, was: ClockTold, now: ClockTold
    ) -> None:
        """Its time by the clock lies between its sending and its announcement."""
        sent = self._times.sent.get((auction_id, now.seq))
        heard = self._times.heard.get((auction_id, now.seq), 0)
        left = was.left_at(now.at_ms)
        self._expect(
            now.left_ms >= left - TOLERANCE_MS or self._wall_moved(auction_id, was, now),
            f"{where}: the clock has {now.left_ms} ms left, and had {left} ms",
        )
        most = max(left, now.extend_ms)
        self._expect(
            now.left_ms <= most + TOLERANCE_MS or self._wall_moved(auction_id, was, now),
            f"{where}: the clock has {now.left_ms} ms left, which should be {most} ms",
        )
        if sent is None or not was.running:
            return
        late = 1000 * (heard - sent)
        if left + late <= was.window_ms:
            least = min(was.extend_ms - late, most)
            self._expect(
                now.left_ms >= least - STEP_MS or self._wall_moved(auction_id, was, now),
                f"{where}: it came in the last {was.window_ms / 1000:g} s, and left "
                f"{now.left_ms} ms, not {was.extend_ms}",
            )
        end = self.latest_end(auction_id, was)
        self._expect(
            end is None or sent <= end,
            f"{where}: it was sent {sent - (end or 0):.1f} s behind the end of the clock",
        )

    def _look_at_time_left(
        self,
        where: str,
        was: ClockTold | None,
        now: ClockTold | None,
        data: Mapping[str, Any],
    ) -> None:
        if now is None or was is None:
            self._expect(now is was, f"{where}: {_told(now)}, and {_told(was)} before", dict(data))
            return
        self._expect(
            now.left_ms >= now.extend_ms,
            f"{where}: the clock has {now.left_ms} ms left, and should have {now.extend_ms} at least",
            dict(data),
        )

    def _look_at_clock(
        self, where: str, was: ClockTold | None, now: ClockTold | None, data: Mapping[str, Any]
    ) -> None:
        """A clock that runs again has time enough; one that is paused keeps what was left."""
        if was is None or now is None:
            self._expect(was is not now, f"{where}: no clock was on, and none is", dict(data))
        elif now.running and not was.running:
            self._look_at_time_left(f"{where}, the clock resumed", was, now, data)
        elif was.running and not now.running:
            left = was.left_at(now.at_ms)
            self._expect(
                now.left_ms >= left - TOLERANCE_MS,
                f"{where}: the clock was paused with {now.left_ms} ms left, and had {left} ms",
                dict(data),
            )

    def _look_at_award(self, auction_id: int, seq: int, clock: ClockTold, at_ms: int) -> None:
        """An award that nobody asked for is the clock's."""
        times = self._times
        if (auction_id, clock.seq) not in times.sent or (auction_id, seq) in times.sent:
            return  # it may be another host's
        where = f"auction {auction_id}, number {seq}: the clock awarded the lot"
        self._expect(clock.running, f"{where} while it stood still")
        since = times.heard.get((auction_id, seq), 0) - times.heard.get((auction_id, clock.seq), 0)
        left = min(clock.left_at(at_ms), clock.left_ms - round(1000 * since))
        self._expect(left <= TOLERANCE_MS, f"{where} {left / 1000:.1f} s before its end")

    def _wall_moved(self, auction_id: int, was: ClockTold, now: ClockTold) -> bool:
        """Whether the server's time went another way than the crowd's."""
        heard = self._times.heard
        passed = heard.get((auction_id, now.seq), 0) - heard.get((auction_id, was.seq), 0)
        return abs(1000 * passed - (now.at_ms - was.at_ms)) > TOLERANCE_MS

    # --- when a clock ends, in seconds since the run began

    def latest_end(self, auction_id: int, clock: ClockTold) -> float | None:
        """It was told no later than it was heard."""
        heard = self._times.heard.get((auction_id, clock.seq))
        return None if heard is None or not clock.running else heard + clock.left_ms / 1000

    def earliest_end(self, auction_id: int, clock: ClockTold) -> float | None:
        """It was told no sooner than it was asked for; None where that is not known, or it stands still."""
        sent = self._times.sent.get((auction_id, clock.seq))
        return None if sent is None or not clock.running else sent + clock.left_ms / 1000

    # --- what else is seen

    def look_at_state(self, truth: Truth, seq: int, data: Mapping[str, Any], heard: float) -> None:
        """What a joiner is told is what the room was told, as of then."""
        standing = truth.standing_at(seq)
        if standing is None or data.get("bidding") is None or truth.meddled or standing.lot is None:
            return
        where, told = f"auction {truth.auction_id}, the state at number {seq}", standing.bidding
        now = told_at_first(data, seq)
        if (told.clock is None) != (now.clock is None) or told.paused != now.paused:
            what = f"{where}: {_told(now.clock)}, bidding is {data['bidding']}; the room was told "
            what += f"{_told(told.clock)}" + (", paused" if told.paused else "")
            self._expect(False, what, dict(data))
        elif told.clock is not None and now.clock is not None:
            since = heard - self._times.heard.get((truth.auction_id, told.clock.seq), heard)
            by_room = told.clock.left_at(now.clock.at_ms)
            by_crowd = told.clock.left_ms - (1000 * since if told.clock.running else 0)
            off = min(abs(max(0, left) - now.clock.left_ms) for left in (by_room, by_crowd))
            self._expect(
                off <= TOLERANCE_MS,
                f"{where}: the clock has {now.clock.left_ms} ms left, and should have {by_room} ms",
                dict(data),
            )

    def never_awarded(self, auction_id: int) -> None:
        """A clock that awards ran out, and nothing came of it."""
        self._expect(False, f"auction {auction_id}: the clock ran out, and the lot was not awarded")


def _told(clock: ClockTold | None) -> str:
    if clock is None:
        return "no clock is on"
    return f"a clock is on with {clock.left_ms} ms left"
