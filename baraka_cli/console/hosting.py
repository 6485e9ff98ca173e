"""`Hosting`: the screen's actions. Letters and digits make ready or ask; only Ctrl+Y does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.widgets import Button

from baraka_cli.client.connection import Connection
from baraka_cli.client.replies import Reply
from baraka_cli.console.actions import ACTIONS, KEYS_ONLY, Action, Reason, Situation
from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.clerk import Clerk
from baraka_cli.console.dialog import Hearer
from baraka_cli.console.dialogs import (
    AwardDecision,
    AwardDialog,
    LotDialog,
    SureDialog,
    cancel_dialog,
    end_dialog,
)
from baraka_cli.console.log import EntryMark, Log
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.ready_action import ReadyAction
from baraka_cli.console.records import Bid
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.sale_commands import SaleCommands
from baraka_cli.run_list import ListedLot, RunList
from baraka_server.contract.names import same_name
from baraka_server.contract.text import printable


class Hosting(Screen[None]):
    """The actions of a sale. The screen that has them has a `ReadyAction` and a `ChatInput`."""

    book: SaleBook
    run_list: RunList
    clerk: Clerk
    connection: Connection
    sale: SaleCommands
    log_book: Log

    asked_at = float("inf")
    """When the question began: a Ctrl+Y from before that was meant for something else."""

    def situation(self) -> Situation:
        raise NotImplementedError

    async def action_summary(self) -> None:
        raise NotImplementedError

    def note(self, text: str, mark: EntryMark) -> None:
        self.log_book.note(text, mark)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = (event.button.id or "").removeprefix("do-")
        self.run_worker(self.run_action(name))

    def check_possible(self, name: str) -> bool:
        """Whether the action is possible now; if not, the log says why."""
        action = _action(name)
        return self._is_possible(action.label, self.why_not(action))

    def _reason(self, name: str) -> Reason:
        return self.why_not(_action(name))

    def _is_possible(self, what: str, reason: Reason) -> bool:
        if reason is not None:
            self.note(f"{what}: {reason}", EntryMark.REFUSED)
        return reason is None

    def why_not(self, action: Action) -> Reason:
        """Why the action is not possible now."""
        reason = action.why_not(self.situation())
        if reason is None and action.moves and self.sale.moving:
            return f"Waiting for the server: {self.sale.moving}"
        if reason is None and action.moves and self.holds_award:
            return f"{self.holds_award} waits: Esc takes it back"
        return reason

    @property
    def holds_award(self) -> str | None:
        """What is about to be awarded, while it may be taken back yet."""
        return None

    @property
    def asks(self) -> bool:
        """Whether something waits for a Ctrl+Y."""
        return self.query_one(ReadyAction).ready or self.query_one(ChatInput).offered

    def _make_ready(self, what: str, name: str, then: Callable[[], None]) -> None:
        """Say what Ctrl+Y will do; it does it, if it is possible yet."""
        self._ask_by_key(what, lambda: then() if self.check_possible(name) else None)

    def _ask_by_key(self, what: str, then: Callable[[], None]) -> None:
        self.query_one(ReadyAction).make_ready(what, then)
        self.query_one(ChatInput).display = False
        self.asked_at = time.monotonic()

    def _drop_ready(self) -> None:
        self.query_one(ReadyAction).drop()
        self.query_one(ChatInput).display = True

    def action_confirm(self) -> None:
        if self.asks and isinstance(self.app, Hearer) and self.app.says_yes(self.asked_at):
            self.do()

    def do(self) -> None:
        """Do what was made ready."""
        ready, chat = self.query_one(ReadyAction), self.query_one(ChatInput)
        chat.display = True
        if chat.offered:
            ready.drop()
            chat.action_send()
        else:
            ready.do()

    def action_drop(self) -> None:
        chat = self.query_one(ChatInput)
        if chat.offered:
            chat.drop()
        self._drop_ready()
        self.set_focus(None)

    def on_ready_action_answered(self, message: ReadyAction.Answered) -> None:
        self.do() if message.yes else self.action_drop()

    def _question(self, dialog: Screen[Any], then: Callable[[Any], None]) -> None:
        self._drop_ready()
        self.app.push_screen(dialog, lambda answer: then(answer) if answer is not None else None)

    def action_start(self) -> None:
        if self.check_possible("start"):
            self._make_ready("Start the auction: everybody is told", "start", self.sale.start)

    def action_next_lot(self) -> None:
        lot = self.run_list.next
        if self.check_possible("next_lot") and lot is not None:
            if self.book.lot is not None:
                self._put_up(lot, is_next=True)
                return
            what = f"Next: {isolated(lot.product)}, from {max(lot.minimum, lot.start):,}"
            self._make_ready(what, "next_lot", lambda: self._put_up(lot))

    def action_put_up(self) -> None:
        if self.check_possible("put_up"):
            self._question(LotDialog(self.run_list.next or self._as_listed()), self._put_up)

    def _as_listed(self) -> ListedLot | None:
        lot = self.book.lot
        if lot is None:
            return None
        weight = self.clerk.known_weight()
        return ListedLot(lot.product, lot.minimum, lot.start, lot.market, weight)

    def _put_up(self, lot: ListedLot, *, is_next: bool = False) -> None:
        """Put `lot` up; what it takes off the block is asked about first.

        Of one name with the lot on the block it is that lot with other prices, unless it `is_next`.
        """
        there, high = self.book.lot, self.book.high
        one_name = there is not None and same_name(there.product, printable(lot.product))
        if there is None or (one_name and not is_next and high is None):
            if self.check_possible("put_up"):
                self.sale.change_lot(lot)
            return
        there_is = isolated(there.product)
        if high is None:
            question = f"{there_is} has no bids and passes. Put up {isolated(lot.product)}?"
        elif one_name and not is_next:
            question = f"{there_is} is on the block. Give it these prices? Its bids stay."
        elif one_name:  # to the server it would be the lot that has these bids
            self.note(
                f"{self._leads(high)}, and the next lot is called {isolated(lot.product)} too: award this one first",
                EntryMark.REFUSED,
            )
            return
        else:
            question = f"{self._leads(high)}. Put up {isolated(lot.product)} and sell {there_is} to nobody?"

        def sure(_: object) -> None:
            if not self.check_possible("put_up"):
                return
            if self.book.lot != there or self.book.high != high:
                self.note("The sale went on while you were asked. Look again.", EntryMark.REFUSED)
                self._put_up(lot, is_next=is_next)
            elif high is None and self.connection.acknowledges:
                # By an award to nobody, which a bid that is on its way stops.
                change = self.sale.change_lot
                self.sale.pass_lot(there, lambda answer: change(lot) if answer.ok else None)
            else:
                self.sale.change_lot(lot)

        yes = "Change it" if one_name and not is_next else "Put up"
        self._question(SureDialog(question, yes), sure)

    def _leads(self, high: Bid) -> str:
        return f"{isolated(self.book.called(high))} leads with {high.amount:,}"

    def action_award(self) -> None:
        if self.check_possible("award"):
            dialog = AwardDialog(
                self.book,
                self.clerk.known_weight(),
                checked=self.connection.acknowledges is True,
                gone=self._gone_from_block,
            )
            self._question(dialog, self.award)

    def award(self, decision: AwardDecision) -> None:
        raise NotImplementedError

    def _gone_from_block(self, lot: str) -> None:
        self.note(f"Award: {lot} left the block while you were asked", EntryMark.REFUSED)

    def action_pass_lot(self) -> None:
        if not self.check_possible("pass_lot"):
            return
        lot = self.book.lot
        if self.book.high is not None and self.run_list.next is not None:
            self._put_up(self.run_list.next)
        elif self.book.high is not None:
            self.note(
                "Pass: a lot with bids passes when another one is put up (u) or the sale ends (e)",
                EntryMark.REFUSED,
            )
        elif self.connection.acknowledges and lot is not None:
            what = f"Pass {isolated(lot.product)}: nobody has bid"
            self._make_ready(what, "pass_lot", lambda: self.sale.pass_lot(lot))
        else:
            question = (
                "This server cannot be told to award nobody: a bid that is on its way would win. "
                "Pass the lot?"
            )
            self._question(SureDialog(question, "Pass"), lambda _: self.sale.pass_lot(lot))

    def action_end(self) -> None:
        if self.check_possible("end"):
            self._question(end_dialog(high=self.book.high is not None), lambda _: self._end())

    def _end(self) -> None:
        async def on_reply(answer: Reply) -> None:
            if answer.ok:
                await self.action_summary()

        self.sale.end(on_reply)

    def action_cancel(self) -> None:
        if self.check_possible("cancel"):
            self._question(cancel_dialog(self.book.title), lambda _: self.sale.cancel())

    def action_broadcaster(self) -> None:
        if self.check_possible("broadcaster"):
            what = "Off air: tell the room that the stream is off"
            self._make_ready(what, "broadcaster", self.sale.off_air)


def _action(name: str) -> Action:
    return next(action for action in (*ACTIONS, *KEYS_ONLY) if action.name == name)
