"""`Meter`: times and rates of a run, second by second.

Latency counts from the moment that a bid was due, not from the moment that it was sent: a crowd
that was itself held up does not make a slow server look fast (coordinated omission).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict

from hdrh.histogram import HdrHistogram

from baraka_cli.simulator.result import Latency, Second, Tally
from baraka_cli.simulator.usage import LoopLag, OwnUsage, ProcessorTime, ServerUsage

MICROSECONDS_MAX = 120_000_000
SIGNIFICANT_FIGURES = 3
SIGNIFICANT_BITS = 11
"""As many the histogram tells apart with these figures."""
UNRECORDED_MAX = 10_000
LAG_MS_MAX = 200
OWN_CPU_MAX = 0.95
SECONDS_MAX_IN_A_ROW = 2
"""Seconds for which the simulator may be short of its core before its numbers are its own."""


class Times:
    """Durations in seconds go in, a `Latency` in milliseconds comes out.

    Thousands come together and are much alike: they are recorded by kinds, which costs a fifth.
    """

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, MICROSECONDS_MAX, SIGNIFICANT_FIGURES)
        self._unrecorded: list[int] = []
        self.count = 0
        self.lost = 0

    def lose(self, waited_seconds: float) -> None:
        """What never came took at least as long as it was waited for."""
        self.lost += 1
        self.add(waited_seconds)

    def add(self, seconds: float) -> None:
        self.count += 1
        self._unrecorded.append(int(seconds * 1_000_000))
        if len(self._unrecorded) >= UNRECORDED_MAX:
            self._record()

    def _record(self) -> None:
        for microseconds, times in Counter(map(_told_apart, self._unrecorded)).items():
            self._histogram.record_value(min(max(microseconds, 1), MICROSECONDS_MAX), times)
        self._unrecorded.clear()

    def latency(self) -> Latency:
        if not self.count:
            return Latency()
        self._record()
        found = self._histogram.get_percentile_to_value_dict([50, 95, 99, 100])
        p50, p95, p99, most = (round(found[at] / 1000, 3) for at in (50, 95, 99, 100))
        return Latency(count=self.count, lost=self.lost, p50=p50, p95=p95, p99=p99, max=most)

    def clear(self) -> None:
        if self.count:
            self._histogram.reset()
            self._unrecorded.clear()
            self.count = self.lost = 0


def _told_apart(microseconds: int) -> int:
    """The least duration that the histogram does not tell from this one."""
    rest = max(microseconds.bit_length() - SIGNIFICANT_BITS, 0)
    return microseconds >> rest << rest


class Meter:
    """Counters of the running second, and of the whole run. `servers` are pids on this machine."""

    def __init__(self, servers: tuple[int, ...] = ()) -> None:
        self.started = time.perf_counter()
        self.delivery, self.answer, self.join = Times(), Times(), Times()
        self.timeline: list[Second] = []
        self.now = Second(at=0)
        self.messages = 0
        self.bytes = 0
        self.viewers_max = self.in_room_max = 0
        self.bids = Tally()
        self.bids_repeated = 0
        self.bid_refusals: Counter[str] = Counter()
        self.comments = 0
        self.requests: defaultdict[str, Tally] = defaultdict(Tally)
        """Everything but bids, by the name of the client event."""
        self.other_refusals: Counter[str] = Counter()
        self._bidding_began: tuple[float, int, int] | None = None
        self._bidding_ended: tuple[float, int, int] | None = None
        self._second_delivery = Times()
        self._step_delivery: Times | None = None
        self.processes: list[ProcessorTime] = [OwnUsage()]
        """All of the crowd: this one, and those that hold phones for it."""
        self.lag = LoopLag()
        """How late any of them was of late."""
        self._at = self.started
        self._told = (0, 0)
        self._strained = 0
        self._strained_most = 0
        self.servers = ServerUsage(servers)

    def clock(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self.started

    def message(self, size: int, times: int = 1) -> None:
        self.messages += times
        self.bytes += size * times

    def delivered(self, seconds: float) -> None:
        self.delivery.add(seconds)
        self._second_delivery.add(seconds)
        if self._step_delivery is not None:
            self._step_delivery.add(seconds)

    def begin_step(self) -> Times:
        """Deliveries from now on, until the next step begins."""
        self._step_delivery = Times()
        return self._step_delivery

    def undelivered(self, waited_seconds: float, times: int) -> None:
        """So many viewers never heard a bid that they were due."""
        for _ in range(times):
            self.delivery.lose(waited_seconds)
            self._second_delivery.lose(waited_seconds)
        self.now.errors += times

    # --- what was asked, and what came of it

    def bid_asked(self) -> None:
        self.now.asked += 1
        self.bids.sent += 1

    def bid_answered(self, ok: bool | None, why: str, seconds: float) -> None:
        """`seconds` since it was due; `why` it was refused. `ok` None: no answer came."""
        if ok is None:
            self.bids.unanswered += 1
            self.answer.lose(seconds)
            return
        self.answer.add(seconds)
        if ok:
            self.now.accepted += 1
            self.bids.done += 1
        else:
            self.now.refused += 1
            self.bids.refused += 1
            self.bid_refusals[why] += 1

    def comment_sent(self) -> None:
        self.now.comments += 1
        self.comments += 1

    def asked(self, event: str) -> None:
        """Anything but a bid."""
        self.requests[event].sent += 1

    def answered(self, event: str, ok: bool | None, why: str) -> None:
        tally = self.requests[event]
        if ok is None:
            tally.unanswered += 1
        elif ok:
            tally.done += 1
        else:
            tally.refused += 1
            self.other_refusals[f"{event}: {why}"] += 1

    # --- the time in which bids were made

    def bidding_begins(self) -> None:
        self._bidding_began = (self.clock(), self.messages, self.bytes)

    def bidding_ends(self) -> None:
        if self._bidding_began is not None and self._bidding_ended is None:
            self._bidding_ended = (self.clock(), self.messages, self.bytes)

    def bidding(self) -> tuple[float, int, int]:
        """Its seconds until now, and the messages and bytes that were received in it."""
        if self._bidding_began is None:
            return 0.0, 0, 0
        seconds, messages, size = self._bidding_ended or (self.clock(), self.messages, self.bytes)
        began, messages_before, size_before = self._bidding_began
        return seconds - began, messages - messages_before, size - size_before

    def count_people(self, viewers: int, in_room: int) -> None:
        """Keep the most that were there, at the end of a second or between two of them."""
        self.viewers_max = max(self.viewers_max, viewers)
        self.in_room_max = max(self.in_room_max, in_room)

    def tick(self, viewers: int, in_room: int) -> Second:
        """Close the running second."""
        ended, at = self.now, time.perf_counter()
        elapsed = max(at - self._at, 0.001)
        ended.viewers, ended.in_room = viewers, in_room
        self.count_people(viewers, in_room)
        ended.messages, ended.bytes = self.messages - self._told[0], self.bytes - self._told[1]
        self._told = (self.messages, self.bytes)
        ended.delivery = self._second_delivery.latency()
        ended.own_cpu = round(max(one.used() for one in self.processes) / elapsed, 3)
        ended.lag_ms = round(self.lag.take() * 1000, 1)
        self.servers.look(ended, elapsed)
        self._strained = self._strained + 1 if _is_strained(ended) else 0
        self._strained_most = max(self._strained_most, self._strained)
        self._second_delivery.clear()
        self._at = at
        self.timeline.append(ended)
        self.now = Second(at=int(self.clock()))
        return ended

    def strained(self, *, since: int) -> bool:
        """Whether the simulator was short of its core for too long after second `since`."""
        recent = self.timeline[since:]
        return sum(map(_is_strained, recent)) > SECONDS_MAX_IN_A_ROW

    def lag_ms(self, seconds: int) -> float:
        """How late this event loop was at worst in the last `seconds`."""
        lags = (second.lag_ms for second in self.timeline[-seconds:])
        return max(self.lag.seconds * 1000, *lags, 0.0)

    def unread_bytes(self, seconds: int) -> float:
        """Greatest number of bytes that one phone may have had unread in the last `seconds`.

        What came while the event loop was late, if it came as evenly as in that second.
        """
        now = self.lag_ms(1) * (self.bytes - self._told[1])
        before = (second.lag_ms * second.bytes for second in self.timeline[-seconds:])
        return max(now, *before, 0.0) / 1000 / max(self.in_room_max, 1)

    def bottleneck(self) -> str:
        """Warning when the numbers are those of the simulator; empty when they are not."""
        if self._strained_most <= SECONDS_MAX_IN_A_ROW:
            return ""
        late = max(second.lag_ms for second in self.timeline)
        cpu = max(second.own_cpu for second in self.timeline)
        told = (
            f"For {self._strained_most} seconds in a row its event loop was up to {late:.0f} ms late, "
            f"with up to {cpu:.0%} of a core. Latencies include that."
        )
        if cpu > OWN_CPU_MAX:
            return (
                f"The simulator itself was too slow. {told} Give it more processes (--processes) "
                "where there are cores for them, run fewer viewers, or more simulators on other "
                "machines."
            )
        return (
            f"The machine had too little time for the simulator. {told} Run it where nothing else "
            "runs, or beside a server on another machine."
        )


def _is_strained(second: Second) -> bool:
    return second.own_cpu > OWN_CPU_MAX or second.lag_ms > LAG_MS_MAX
