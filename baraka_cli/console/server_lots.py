"""`ServerLots`: keeps the console's run list as the server's, which others change too (D35)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from baraka_cli.client.http import HttpApi, NoSuchAuction, TurnedAway, Unreachable
from baraka_cli.console.log import EntryMark, Log
from baraka_cli.console.records import Phase, label_paddle_of, winner_of
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.run_list import Fate, ListedLot, RunList
from baraka_server.contract.hammer import LotReopened
from baraka_server.contract.lots import (
    LotsChanged,
    LotState,
    RunListLot,
    RunListReport,
    is_known_lot,
)
from baraka_server.contract.names import same_name
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    AuctionState,
    LotAwarded,
    LotChanged,
)
from baraka_server.contract.settlement import SaleSummary
from baraka_server.contract.text import printable

FATES = {
    LotState.WAITING: Fate.TO_COME,
    LotState.OPEN: Fate.ON_BLOCK,
    LotState.SOLD: Fate.SOLD,
    LotState.PASSED: Fate.PASSED,
    LotState.WITHDRAWN: Fate.WITHDRAWN,
}
TOLD_BY = frozenset(
    event.wire_name
    for event in (
        AuctionState,
        LotsChanged,
        LotChanged,
        LotAwarded,
        LotReopened,
        AuctionFinished,
        AuctionCanceled,
    )
)
"""The events behind which the list is another one."""
AGAIN_SECONDS = 2
"""Pause before a list is read again that could not be read, or that is behind what was heard."""


class ServerLots:
    """What was heard is shown at once; the list is read behind it, since the room hears no reserve.

    `later` starts what waits for the server.
    """

    def __init__(
        self,
        book: SaleBook,
        run_list: RunList,
        log: Log,
        api: HttpApi,
        later: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._book = book
        self._run_list = run_list
        self._log = log
        self._api = api
        self._later = later
        self._lots: dict[int, RunListLot] = {}
        self._won: dict[int, tuple[int | None, str, int, int | None]] = {}
        self._reading = False
        self._read_again = False
        self._anew = False
        """Whether the list may be older by now than it was: after a loss of commits (D34)."""
        self.are_there = False
        """Whether the server has run lists at all: an older one has none."""

    @property
    def counts(self) -> bool:
        """Whether the auction has a run list on the server."""
        return self._run_list.served is not None

    def hear(self, event: str, data: Mapping[str, Any]) -> None:
        """Take an event that the book has taken already. Raises what the book does."""
        if event == AuctionState.wire_name and self._book.lots_version is not None:
            self.are_there = self._anew = True
            if self._book.lots_version == 0:
                self.forget()
        if event == LotsChanged.wire_name:
            for told in data["lots"] or ():
                if not is_known_lot(told):
                    self._lots.pop(told["lotId"], None)
                    continue
                lot = RunListLot.model_validate(told)
                known = self._lots.get(lot.lot_id)
                reserve = known.reserve if known else None  # which the room is not told
                self._lots[lot.lot_id] = lot.model_copy(update={"reserve": reserve})
        if self._book.lots_version and event in TOLD_BY:
            self._show()
            self.read()

    def read(self) -> None:
        """Read the list, or once more if it is being read already."""
        if self._reading:
            self._read_again = True
        else:
            self._reading = True
            self._later(self._read())

    async def _read(self) -> None:
        try:
            while True:
                self._read_again = False
                try:
                    report = await self._api.lots(self._book.auction_id)
                except Unreachable:
                    if not self.counts:
                        return
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                if report is not None:
                    self.take(report)
                    if self._is_behind():
                        await asyncio.sleep(AGAIN_SECONDS)
                        continue
                if not self._read_again:
                    return
        except (TurnedAway, NoSuchAuction):
            return  # the connection says so too
        finally:
            self._reading = False

    def take(self, report: RunListReport) -> None:
        """Take the list as the server told it, but lots that are known newer."""
        self.are_there = True
        if self._book.lots_version is None or report.lots_version > self._book.lots_version:
            self._book.lots_version = report.lots_version
        if not report.lots_version:
            return
        if self._anew:
            self._lots.clear()
            self._anew = False
        for lot in report.lots:
            known = self._lots.get(lot.lot_id)
            if known is None or lot.version >= known.version:
                self._lots[lot.lot_id] = lot
        self._show()

    def take_sold(self, told: SaleSummary) -> None:
        """Take who won what, as the server sums it up."""
        self._won = {
            lot.winningId: (lot.winnerId, printable(lot.winner or ""), lot.price or 0, lot.paddle)
            for lot in told.sold
            if lot.winningId is not None
        }
        if self.counts:
            self._show()

    def take_winnings(self, winnings: Sequence[Mapping[str, Any]]) -> None:
        """Take who won what. Raises what `sale_book` raises for records that are none."""
        self._won = {
            won["id"]: (
                won["user"].get("id"),
                winner_of(won),
                int(won["price"]),
                label_paddle_of(won),
            )
            for won in winnings
        }
        if self.counts:
            self._show()

    def forget(self) -> None:
        """Go back to the own list: the server's history has none, or none any more (D34)."""
        self._lots.clear()
        self._run_list.served = None

    def _show(self) -> None:
        if not self.counts and self._run_list.own:
            self._log.note(
                "The run list on the server counts; that of this console stays as it is",
                EntryMark.NOTE,
            )
        self._number_block()
        in_order = sorted(self._lots.values(), key=lambda lot: lot.position)
        self._run_list.served = [self._listed(lot) for lot in in_order]
        self._book.version += 1

    def _number_block(self) -> None:
        """Give the lot on the block its number, where the list was made when it was there already."""
        lot = self._book.lot
        if lot is None or lot.lot_id is not None:
            return
        for one in self._lots.values():
            if one.state is LotState.OPEN and same_name(printable(one.product), lot.product):
                self._book.lot = replace(lot, lot_id=one.lot_id, number=one.number)

    def _is_behind(self) -> bool:
        """Whether a lot is on the block by the list and not by what was heard, or the other way round."""
        if self._book.first_seq is None or self._book.phase is not Phase.LIVE:
            return False
        is_open = {lot.lot_id for lot in self._lots.values() if lot.state is LotState.OPEN}
        return is_open != self._on_block

    @property
    def _on_block(self) -> set[int]:
        lot = self._book.lot
        return {lot.lot_id} if lot and lot.lot_id is not None else set()

    def _listed(self, lot: RunListLot) -> ListedLot:
        fate, winner, amount = FATES[lot.state], "", None
        hammer = next(
            (one for one in reversed(self._book.hammers) if one.lot_id == lot.lot_id), None
        )
        if self._book.first_seq is not None and self._book.phase is Phase.LIVE:
            if lot.lot_id in self._on_block:
                fate = Fate.ON_BLOCK
            elif fate is Fate.ON_BLOCK:
                fate = Fate.SOLD if hammer and hammer.winner else Fate.PASSED
        if fate is Fate.SOLD:
            winner, amount = self._result(lot)
            if amount is None and hammer and hammer.winner:
                winner = hammer.called(self._book.names) or ""
                amount = hammer.amount
        return ListedLot(
            product=printable(lot.product),
            minimum=lot.minimum_price,
            start=lot.start_price,
            market=lot.market_price,
            weight=printable(lot.weight or ""),
            description=printable(lot.description or ""),
            fate=fate,
            winner=winner,
            amount=amount,
            number=lot.number,
            increments=lot.increments,
            reserve=lot.reserve,
            image_url=printable(lot.image_url or ""),
            lot_id=lot.lot_id,
            version=lot.version,
            winning_id=lot.winning_id,
        )

    def _result(self, lot: RunListLot) -> tuple[str, int | None]:
        if lot.winning_id not in self._won:
            return "", None
        user_id, name, price, on_floor = self._won[lot.winning_id]
        return self._book.names.called(user_id, name, on_floor), price
