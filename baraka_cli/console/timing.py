"""`Timing`: the host's keys for the clock, for pauses of bidding and for warnings (D44, D45)."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding

from baraka_cli.console.actions import Reason, lot_is_up
from baraka_cli.console.clock_dialog import ClockDialog, ClockSetting
from baraka_cli.console.speaking import Speaking
from baraka_server.contract import clock as asked
from baraka_server.contract.client_events import ClientEvent

TIMING_BINDINGS = (
    Binding("o", "start_clock(False)", "A clock by which bidding closes", show=False),
    Binding("O", "start_clock(True)", "A clock that awards the lot", show=False),
    Binding("i", "hold_clock", "The clock stands still, or runs on", show=False),
    Binding("z", "stop_clock", "Take the clock off", show=False),
    Binding("h", "hold_bidding", "Pause bidding, or let it go on", show=False),
    Binding("w", "warn", "Going once, going twice, last call", show=False),
)
CLOCK, BIDDING, WARNING = "Clock", "Bidding", "Warning"


class Timing(Speaking):
    """The clock of the lot on the block."""

    clock_setting = ClockSetting()

    def action_start_clock(self, awards: bool) -> None:
        on = self.book.bidding.clock_is_on
        if not self._may(CLOCK, "A clock is on already: z takes it off." if on else None):
            return

        def start(setting: ClockSetting) -> None:
            self.clock_setting = setting
            if self._may(CLOCK):
                self.sale.send(
                    f"Start a clock of {setting.seconds} s",
                    asked.StartClock(
                        auction_id=self.book.auction_id,
                        seconds=setting.seconds,
                        window_seconds=setting.window_seconds,
                        extend_seconds=setting.extend_seconds,
                        award="auto" if awards else None,
                    ),
                )

        self._question(ClockDialog(self.clock_setting, awards=awards), start)

    def action_hold_clock(self) -> None:
        clock = self.book.bidding.clock
        if clock is None:
            self._may(CLOCK, "No clock is on: press o.")
        elif clock.runs:
            self._ready(CLOCK, "Let the clock stand still; bidding stays open", asked.PauseClock)
        else:
            self._ready(CLOCK, "Let the clock run on", asked.ResumeClock)

    def action_stop_clock(self) -> None:
        reason = None if self.book.bidding.clock else "No clock is on."
        self._ready(CLOCK, "Take the clock off; bidding goes on", asked.StopClock, reason)

    def action_hold_bidding(self) -> None:
        if self.book.bidding.paused:
            self._ready(BIDDING, "Let bidding go on", asked.ResumeBidding)
        else:
            self._ready(BIDDING, "Pause bidding: bids are refused", asked.PauseBidding)

    def action_warn(self) -> None:
        stage = min(self.book.bidding.warned + 1, max(asked.GOING))
        self._ready(WARNING, asked.GOING[stage], asked.FairWarning, stage=stage)

    def _ready(
        self,
        name: str,
        what: str,
        kind: type[ClientEvent],
        reason: Reason = None,
        **fields: Any,
    ) -> None:
        """Make a command ready, if it is possible now, and when Ctrl+Y is pressed yet."""
        if self._may(name, reason):
            event = kind(auction_id=self.book.auction_id, **fields)
            self._ask_by_key(what, lambda: self.sale.send(what, event) if self._may(name) else None)

    def _may(self, name: str, reason: Reason = None) -> bool:
        plain = self.connection.acknowledges is False
        return self._is_possible(
            name,
            lot_is_up(self.situation())
            or ("This server has no clocks, pauses and warnings." if plain else reason),
        )
