"""`Connections`: judges connections that the server closed, and commands it did not answer (D20)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.result import Promise

DOWN_SECONDS_MAX = 5
"""How long after a cut nobody may be let in, where the server itself was down."""
TOGETHER_SECONDS = 2
ALL_SHARE = 0.9
"""Of all connections: who loses so many at once was down itself."""


@dataclass(frozen=True, slots=True)
class _Cut:
    at: float
    noted: float
    """By the crowd's own clock."""
    who: str
    connected: int
    """How many connections there were then."""


class Connections:
    """All connections of a crowd.

    `clock` gives seconds since the run began, `awake` those in which the crowd could do anything.
    """

    def __init__(
        self, findings: Findings, clock: Callable[[], float], awake: Callable[[], float]
    ) -> None:
        self.answers = False
        """Whether the server answers anything in acknowledgements."""
        self._findings = findings
        self._clock = clock
        self._awake = awake
        self._cuts: list[_Cut] = []
        self._refused_at: list[float] = []
        self._silent: list[SentCommand] = []
        self._late: list[Any] = []
        """What was asked in the payloads that were answered late."""

    def cut(self, seat: Seat, connected: int, *, excused: bool) -> None:
        """The server closed a connection.

        `excused`: its token was refused, or this crowd did not read in time.
        """
        if excused or seat.slow:
            self._findings.looked(Promise.CONNECTIONS_HOLD)
        else:
            self._cuts.append(_Cut(self._clock(), self._awake(), seat.label, connected + 1))

    def let_in(self) -> None:
        """Somebody connected."""
        self._findings.looked(Promise.CONNECTIONS_HOLD)

    def not_let_in(self) -> None:
        """The server cannot be reached: it is down, or goes down."""
        self._refused_at.append(self._awake())

    # --- answers

    def answered(self) -> None:
        self.answers = True
        self._findings.looked(Promise.COMMANDS_ARE_ANSWERED)

    def silent(self, asked: SentCommand) -> None:
        """No answer in time, over a connection that held."""
        if not any(asked.payload is payload for payload in self._late):
            self._silent.append(asked)

    def answered_late(self, payload: Any) -> None:
        """The answer to `payload`, which nobody waited for any more."""
        self._late.append(payload)
        self._silent = [asked for asked in self._silent if asked.payload is not payload]

    @property
    def waits(self) -> bool:
        """Whether an answer may still come that nobody waits for any more."""
        return self.answers and bool(self._silent)

    def finish(self) -> None:
        for asked in self._silent if self.answers else ():
            self._findings.broken(
                Promise.COMMANDS_ARE_ANSWERED,
                f"{asked.who} got no answer to {asked.event}, over a connection that held",
                dict(asked.payload),
                at=asked.at,
            )
        times = [cut.noted for cut in self._cuts]
        for cut in self._cuts:
            self._findings.expect(
                Promise.CONNECTIONS_HOLD,
                self._was_down(cut.noted) or self._was_cut_from_all(times, cut.noted),
                f"{cut.who} was hung up on",
                at=cut.at,
            )
        self._silent, self._cuts = [], []

    def _was_down(self, at: float) -> bool:
        since = bisect_left(self._refused_at, at)
        return since < len(self._refused_at) and self._refused_at[since] <= at + DOWN_SECONDS_MAX

    def _was_cut_from_all(self, times: list[float], at: float) -> bool:
        first = bisect_left(times, at - TOGETHER_SECONDS)
        last = bisect_right(times, at + TOGETHER_SECONDS)
        connected = max(cut.connected for cut in self._cuts[first:last])
        return connected > 1 and last - first >= connected * ALL_SHARE
