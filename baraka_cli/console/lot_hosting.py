"""`LotHosting`: the screen's actions with the server's run list (D35)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baraka_cli.client.replies import Reply
from baraka_cli.console.actions import hosting
from baraka_cli.console.dialogs import SureDialog
from baraka_cli.console.hosting import Hosting
from baraka_cli.console.log import EntryMark
from baraka_cli.console.lot_commands import LotCommands, Then, called
from baraka_cli.console.lot_form import LotForm, StepsDialog
from baraka_cli.console.lots_dialog import LotsDialog
from baraka_cli.console.taking_over import Takeover
from baraka_cli.lots_file import read_steps
from baraka_cli.run_list import Fate, ListedLot


class LotHosting(Hosting):
    """Where the server has a run list, its lots are put up and passed by their ids."""

    lots: LotCommands
    takeover: Takeover

    # --- the run list

    def action_lots(self) -> None:
        """Show the server's run list; where it has none, offer it the own one."""
        plan = self.takeover.broken_off
        is_part = plan is not None and (plan.there or self.clerk.lots.counts)
        if plan is not None and is_part and self.why_no_change() is None:
            question = (
                f"{plan.there} of the {len(plan.lots)} lots of this console's run list are on the server. "
                "Put the others there? Nothing comes twice."
            )
            self._question(SureDialog(question, "Go on"), lambda _: self._take_over())
        elif self.clerk.lots.counts:
            self._show_lots(self.run_list.on_block or self.run_list.next)
        elif not self.clerk.lots.are_there:
            self.note(
                "Lots: this server keeps no run lists; start with --lots FILE", EntryMark.NOTE
            )
        elif not self.run_list.own:
            self._show_lots(None)
        elif self._is_possible("Lots", self.why_no_change()):
            count = len(self.run_list.own)
            its_lots, them = ("its lot", "it") if count == 1 else (f"its {count} lots", "them")
            question = (
                f"The run list is only in this console. Put {its_lots} on the server, with what "
                f"became of {them}? The file of this console stays as it is."
            )
            dialog = SureDialog(question, "Put them there")
            self._question(dialog, lambda _: self._take_over())

    def _take_over(self) -> None:
        self.run_worker(self.takeover.run())

    def _show_lots(self, chosen: ListedLot | None) -> None:
        self._drop_ready()
        lot_id = chosen.lot_id if chosen else None
        self.app.push_screen(LotsDialog(self.run_list, self, self.log_book.entries, lot_id))

    def why_no_change(self) -> str | None:
        return hosting(self.situation())

    def why_no_lot_up(self) -> str | None:
        return self._reason("put_up")

    def change_lot(self, lot: ListedLot) -> None:
        def send(was: ListedLot | None, values: Mapping[str, Any], then: Then) -> None:
            if was is None:
                return
            change = self.lots.change_open if was.fate is Fate.ON_BLOCK else self.lots.edit
            change(was, values, then)

        self._form(LotForm(lot, look=lambda: self.run_list.with_id(lot.lot_id), send=send))

    def add_lot(self, before: ListedLot | None) -> None:
        place = before.lot_id if before else None

        def send(_was: ListedLot | None, values: Mapping[str, Any], then: Then) -> None:
            self.lots.add(values, place, then)

        self._form(LotForm(None, look=lambda: None, send=send))

    def _form(self, form: LotForm) -> None:
        self.app.push_screen(form)

    def move_lot(self, lot: ListedLot, before: ListedLot | None) -> None:
        self.lots.move(lot, before)

    def withdraw_lot(self, lot: ListedLot) -> None:
        self.lots.withdraw(lot)

    def offer_lot_again(self, lot: ListedLot) -> None:
        self.lots.offer_again(lot)

    def set_steps(self) -> None:
        self.app.push_screen(StepsDialog(), self._steps_written)

    def _steps_written(self, written: object) -> None:
        if isinstance(written, str):
            self.lots.tells_step = False
            self.lots.set_steps(read_steps(written) if written else None, self._offer_to_tell)

    def _offer_to_tell(self, answer: Reply) -> None:
        """Offer to send steps as start prices, by which apps in the field step (D41)."""
        if not answer.ok or not self.lots.steps:
            return
        question = (
            "Apps that know no steps raise by the start price. Send the step as the start price, of this "
            "lot and of each that you put up?"
        )

        def sure(_: object) -> None:
            self.lots.tells_step = True
            if (lot := self.run_list.on_block) is not None:
                self.lots.tell_step(lot)

        self._question(SureDialog(question, "Send it"), sure)

    # --- the block

    def action_put_up(self) -> None:
        if not self.clerk.lots.counts:
            super().action_put_up()
        elif self.check_possible("put_up"):
            self._show_lots(self.run_list.next or self.run_list.on_block)

    def action_next_lot(self) -> None:
        lot = self.run_list.next
        if not self.clerk.lots.counts:
            super().action_next_lot()
        elif self.check_possible("next_lot") and lot is not None:
            self.put_up_lot(lot)

    def put_up_lot(self, lot: ListedLot) -> None:
        """Ask whether `lot` comes on the block, and about what it takes off."""
        there, high = self.book.lot, self.book.high
        if there is None:
            what = f"Next: {called(lot)}, from {max(lot.minimum, lot.start):,}"
            self._make_ready(what, "put_up", lambda: self.lots.open(lot, None))
            return
        if high is None:
            question = f"{there.called} has no bids and passes. Put up {called(lot)}?"
        else:
            question = (
                f"{self._leads(high)}. Put up {called(lot)} and sell {there.called} to nobody?"
            )

        def sure(_: object) -> None:
            if not self.check_possible("put_up"):
                return
            if (self.book.lot, self.book.high) != (there, high):
                self._went_on()
                self.put_up_lot(lot)
            else:
                self.lots.open(lot, high)

        self._question(SureDialog(question, "Put up"), sure)

    def action_pass_lot(self) -> None:
        if not self.clerk.lots.counts:
            super().action_pass_lot()
        elif self.check_possible("pass_lot"):
            self._ask_to_pass()

    def _ask_to_pass(self) -> None:
        there, high = self.book.lot, self.book.high
        if there is None:
            return
        if high is None:
            what = f"Pass {there.called}: nobody has bid"
            self._make_ready(what, "pass_lot", lambda: self._pass(there.lot_id))
            return

        def sure(_: object) -> None:
            if not self.check_possible("pass_lot"):
                return
            if (self.book.lot, self.book.high) != (there, high):
                self._went_on()
                self._ask_to_pass()
            else:
                self.lots.pass_lot(high)

        question = f"{self._leads(high)}. Pass {there.called} and sell it to nobody?"
        self._question(SureDialog(question, "Pass"), sure)

    def _pass(self, lot_id: int | None) -> None:
        if self.book.lot is None or self.book.lot.lot_id != lot_id or self.book.high is not None:
            self._went_on()
        else:
            self.lots.pass_lot(None)

    def _went_on(self) -> None:
        self.note("The sale went on while you were asked. Look again.", EntryMark.REFUSED)
