"""`TakingBack`: what the host takes back (a bid, an award), and the award that is held before it is sent."""

from __future__ import annotations

import time
from dataclasses import replace

from textual.timer import Timer

from baraka_cli.console.dialogs import AwardDecision, SureDialog, below_reserve_dialog
from baraka_cli.console.log import EntryMark
from baraka_cli.console.lot_hosting import LotHosting
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.ready_action import ReadyAction
from baraka_cli.console.records import numbered
from baraka_cli.console.runner_up_dialog import RunnerUpDialog

HOLD_SECONDS = 3
LOOKS_PER_SECOND = 10


class TakingBack(LotHosting):
    """Undo, reopening, the runner-up, and the seconds before the hammer."""

    hold_seconds: float = HOLD_SECONDS
    """How long an award waits, in which Esc takes it back; 0 sends it at once."""
    _held: AwardDecision | None = None
    _falls_at = 0.0
    _watch: Timer | None = None

    # --- the hammer is held

    def award(self, decision: AwardDecision) -> None:
        """Send the award when nobody has taken it back for a few seconds, and nobody bid more."""
        if not self.check_possible("award"):
            return
        if self._is_below_reserve(decision):
            self._ask_below_reserve(decision)
            return
        if self.hold_seconds <= 0:
            self.sale.award(decision, self._ask_below_reserve)
            return
        self._held, self._falls_at = decision, time.monotonic() + self.hold_seconds
        self._watch = self.set_interval(1 / LOOKS_PER_SECOND, self._look_at_hammer)
        self._look_at_hammer()

    @property
    def holds_award(self) -> str | None:
        """What is about to be awarded."""
        return None if self._held is None else self._told(self._held)

    def _look_at_hammer(self) -> None:
        held = self._held
        if held is None:
            return
        left = self._falls_at - time.monotonic()
        if reason := self._no_longer(held):
            self._drop_held(reason)
            self.ring()
        elif left <= 0:
            self._drop_held()
            if self.check_possible("award"):
                self.sale.award(held, self._ask_below_reserve)
        else:
            self.query_one(ReadyAction).count_down(f"{self._told(held)} in {left:.0f} s")

    def _is_below_reserve(self, decision: AwardDecision) -> bool:
        """Whether the award is known to be below the reserve, and nobody has confirmed that yet (D42)."""
        lot = self.run_list.on_block
        if decision.below_reserve:
            return False
        if lot is not None and lot.lot_id is not None and lot.reserve:
            return decision.bid.amount < lot.reserve
        return self.book.bidding.reserve_met is False

    def _ask_below_reserve(self, decision: AwardDecision) -> None:
        """Ask whether it is sold below the reserve: a question of its own, which no single key answers."""
        winner = isolated(self.book.called(decision.bid))
        self._question(
            below_reserve_dialog(decision.lot.called, decision, winner),
            lambda _: self.award(replace(decision, below_reserve=True)),
        )

    def _no_longer(self, held: AwardDecision) -> str | None:
        """Why the award would not be what was confirmed."""
        if not self.book.is_up(held.lot, held.round):
            return "it left the block"
        if held.bid.id not in {bid.id for bid in self.book.bids}:
            return "that bid was taken back"
        if not held.runner_up and self.book.high != held.bid:
            return "a higher bid came in"
        return None

    def _drop_held(self, why: str = "") -> None:
        held, self._held = self._held, None
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        self.query_one(ReadyAction).drop()
        if held is not None and why:
            self.note(f"{self._told(held)}: not sent, {why}", EntryMark.REFUSED)

    def _told(self, held: AwardDecision) -> str:
        winner = isolated(self.book.called(held.bid))
        return f"Award {held.lot.called} to {winner} for {held.bid.amount:,}"

    def action_drop(self) -> None:
        if self._held is not None:
            self._drop_held("you took it back")
        else:
            super().action_drop()

    def ring(self) -> None:
        raise NotImplementedError

    # --- what is taken back

    def _is_taken_back_here(self, what: str) -> bool:
        if self.connection.acknowledges is False:
            self.note(f"{what}: this server takes nothing back", EntryMark.REFUSED)
            return False
        return True

    def action_undo(self) -> None:
        if not (self.check_possible("undo") and self._is_taken_back_here("Undo")):
            return
        newest = self.book.bids[0]
        bid = f"the bid of {newest.amount:,} by {isolated(self.book.called(newest))}"

        def sure(_: object) -> None:
            if self.book.bids and self.book.bids[0] == newest:
                self.sale.undo(newest)
            else:
                self.note("Undo: another bid came in. Look again.", EntryMark.REFUSED)

        stands = "No bid is left then."
        if newest.automatic:  # which bids belong to one act, the room is not told
            stands = "It is automatic: the bid or the maximum bid that it answered goes with it."
        elif len(self.book.bids) > 1:
            before = self.book.bids[1]
            stands = f"{isolated(self.book.called(before))} leads with {before.amount:,} then."
        self._question(SureDialog(f"Take back {bid}?\n{stands}", "Take it back"), sure)

    def action_reopen(self) -> None:
        if not (self.check_possible("reopen") and self._is_taken_back_here("Reopen")):
            return
        last = self.book.last_hammer
        lot = numbered(last.number, last.product or "the lot") if last else ""
        what = f"Open {lot} again?\n" if last else ""
        sold = last.told(self.book.names) if last else "Open the lot again that came off last?"

        def sure(_: object) -> None:
            if self.check_possible("reopen"):
                self.sale.reopen(last)

        self._question(SureDialog(f"{what}{sold}", "Open it again"), sure)

    def action_runner_up(self) -> None:
        if not (self.check_possible("runner_up") and self._is_taken_back_here("Runner-up")):
            return
        dialog = RunnerUpDialog(self.book, self.clerk.known_weight())
        self._question(dialog, lambda found: self.award(replace(found, runner_up=True)))
