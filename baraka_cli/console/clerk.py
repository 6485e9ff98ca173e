"""`Clerk`: updates sale book, run list and log with each event that arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from baraka_cli.client.http import HttpApi, NoSuchAuction, Refused, TurnedAway, Unreachable
from baraka_cli.console.log import EntryMark, Log
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.recalled import LOT_OPENED, recall
from baraka_cli.console.records import (
    Bid,
    Phase,
    label_paddle_of,
    moment,
    numbered,
    paddle_of,
    phase_of,
    winner_of,
)
from baraka_cli.console.sale_book import RATE_WINDOW_SECONDS, SaleBook
from baraka_cli.console.server_lots import AGAIN_SECONDS, ServerLots
from baraka_cli.console.tally import Tally
from baraka_cli.run_list import RunList
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.house_rules import HouseRulesChanged
from baraka_server.contract.names import same_name
from baraka_server.contract.server_events import AuctionEntry, AuctionState, BroadcasterLeft
from baraka_server.contract.text import printable

UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""Errors that a record raises that is not what its name says."""
COUNTED_AFTER = frozenset({LotReopened.wire_name, AuctionEntry.wire_name})
"""The events behind which something else may be sold, beside a hammer: a winning was corrected, maybe."""
PAGES_MAX = 20
"""Pages of the ledger that are read back for the lot on the block."""


class Clerk:
    """`later` starts what has to wait for the server."""

    def __init__(
        self,
        book: SaleBook,
        run_list: RunList,
        log: Log,
        api: HttpApi,
        later: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self.weights: dict[str, str] = {}
        """Of what was put up and awarded, by product."""
        self._weights_of_lots: dict[int, str] = {}
        """Of what was awarded, by the lot's id: two lots may be of one name."""
        self.tally = Tally(book.hammers)
        self.lots = ServerLots(book, run_list, log, api, later)
        self._book = book
        self._run_list = run_list
        self._log = log
        self._api = api
        self._later = later
        self._on_block: tuple[int | None, str] | None = None
        self._recalled = False
        self._counting = False
        self._count_again = False

    def hear(self, event: str, data: Mapping[str, Any]) -> None:
        """Take one event. One that cannot be read leaves a gap, which the next state fills."""
        book, hammered = self._book, len(self._book.hammers)
        is_state = event == AuctionState.wire_name
        undone = self._undone(event, data)
        try:
            reopened = printable(data["product"]) if event == LotReopened.wire_name else None
            book.hear(event, data)
            self.lots.hear(event, data)
        except UNREADABLE as error:
            self._log.note(f"{event} could not be read ({type(error).__name__})", EntryMark.REFUSED)
            book.gap = not is_state
            return
        for hammer in book.hammers[hammered:]:
            winner = hammer.called(book.names)
            self._log.note(hammer.told(book.names), EntryMark.DONE)
            self.keep(partial(self._run_list.hammered, hammer.product, winner, hammer.amount))
        if undone is not None:
            said = f"The bid of {undone.amount:,} by {isolated(book.called(undone))} was taken back"
            self._log.note(said, EntryMark.NOTE)
        if reopened is not None:
            lot = numbered(data.get("lotNumber"), reopened)
            self._log.note(f"{lot} is open again", EntryMark.NOTE)
            self.keep(partial(self._run_list.reopened, reopened))
        if not self.lots.counts:
            self._follow_block(event)
        self.close_list()
        if is_state or len(book.hammers) != hammered or event in COUNTED_AFTER:
            self._later(self._count())
        if is_state and not self._recalled:
            self._recalled = True
            self._later(self._recall())
        if event == HouseRulesChanged.wire_name:
            who = "registered bidders" if book.names.ids_shown else "everybody"
            self._log.note(f"The rules were set: {who} may bid", EntryMark.NOTE)
        if event == BroadcasterLeft.wire_name:
            self._log.note("The room was told that the stream is off", EntryMark.NOTE)

    def _undone(self, event: str, data: Mapping[str, Any]) -> Bid | None:
        """The highest bid that an undo takes back, as the book has it until then."""
        ids = data.get("bidIds") if event == BidUndone.wire_name else None
        taken = (bid for bid in self._book.bids if isinstance(ids, list) and bid.id in ids)
        return next(taken, None)

    async def look_up(self) -> None:
        """Take what the server tells of a sale that has not begun. Raises `NoSuchAuction`."""
        try:
            record = await self._api.auction(self._book.auction_id)
        except (Unreachable, TurnedAway):
            return
        # Whether it has begun, the room may have said before.
        if record is not None and self._book.phase in {Phase.UNKNOWN, Phase.WAITING}:
            self._book.title = printable(record.get("title") or "")
            self._book.owner_id = record.get("user_id")
            self._book.role = record.get("role")
            self._book.phase = phase_of(record)
            self._book.version += 1
            self.close_list()
        self.lots.read()
        await self._count()

    def known_weight(self) -> str:
        """The weight of what is on the block, where somebody said it."""
        on_block, lot = self._run_list.on_block, self._book.lot
        product = lot.product if lot else ""
        listed = on_block.weight if on_block and on_block.is_called(product) else ""
        if lot is not None and lot.lot_id is not None:
            return self._weights_of_lots.get(lot.lot_id, listed)
        return self.weights.get(product, listed)

    def weigh(self, product: str, weight: str) -> None:
        """Keep the weight that was said of what is on the block, should it be asked for again."""
        self.weights[product] = weight
        if self._book.lot is not None and self._book.lot.lot_id is not None:
            self._weights_of_lots[self._book.lot.lot_id] = weight

    def close_list(self) -> None:
        """Mark the lot on the block as passed, when the auction is over."""
        listed = None if self.lots.counts else self._run_list.on_block
        if listed is not None and self._book.phase in {Phase.ENDED, Phase.CANCELED}:
            self._came_off(listed.product)

    def keep(self, change: Callable[[], None]) -> None:
        """Change the own list, where the server has none."""
        if self.lots.counts:
            return
        try:
            change()
        except OSError as error:
            self._log.note(f"The run list could not be kept: {error.strerror}", EntryMark.REFUSED)

    def _follow_block(self, event: str) -> None:
        """Keep the run list in step with the block."""
        lot, listed = self._book.lot, self._run_list.on_block
        if event == AuctionState.wire_name and listed is not None:
            went_on = self._on_block is not None and self._on_block[0] != self._book.round
            if lot is None or went_on or not listed.is_called(lot.product):
                self._came_off(listed.product)  # while no console listened
        on_block = (self._book.round, lot.product) if lot else None
        if on_block != self._on_block:
            self._on_block = on_block
            if lot is not None:
                self.keep(partial(self._run_list.put_up, lot.product))

    def _came_off(self, product: str) -> None:
        self.keep(partial(self._run_list.hammered, product, None, None))
        self._later(self._reconcile(product))

    async def _reconcile(self, product: str) -> None:
        """Whether a lot that is thought to have passed was sold, as the server has it."""
        try:
            winnings = await self._api.winnings(self._book.auction_id) or []
            won = [one for one in winnings if same_name(printable(one["product"]), product)]
            if len(won) <= self._run_list.sold(product):
                return
            last = max(won, key=lambda one: int(one["id"]))
            name, price = winner_of(last), int(last["price"])
        except (Unreachable, TurnedAway, NoSuchAuction, *UNREADABLE):
            return
        on_floor = label_paddle_of(last)
        if on_floor is None:
            self._book.names.hear(last["user"].get("id"), name, paddle_of(last))
        name = self._book.names.called(last["user"].get("id"), name, on_floor)
        self.keep(partial(self._run_list.was_sold, product, name, price))
        said = f"{isolated(product)}: was sold to {isolated(name)} for {price:,}"
        self._log.note(said, EntryMark.NOTE)

    async def _count(self) -> None:
        """Read what was sold so far; until it is read, what was heard since counts.

        What comes meanwhile is read once more, after a pause: of some changes there may be many.
        """
        self._count_again = True
        if self._counting:
            return
        self._counting = True
        try:
            while self._count_again:
                self._count_again = False
                await self._read_what_was_sold()
                if self._count_again:
                    await asyncio.sleep(AGAIN_SECONDS)
        except (Unreachable, TurnedAway, NoSuchAuction, *UNREADABLE):
            return
        finally:
            self._counting = False

    async def _read_what_was_sold(self) -> None:
        book, heard = self._book, len(self._book.hammers)
        told = winnings = None
        with suppress(Refused):
            told = await self._api.summary(book.auction_id)
        if told is None:
            winnings = await self._api.winnings(book.auction_id)
        if heard != len(book.hammers):
            return
        if told is not None:
            self.tally.take(told, book.clock_behind)
            self.lots.take_sold(told)
            book.version += 1
        elif winnings is not None:
            self.tally.take_winnings(winnings, book.clock_behind)
            self.lots.take_winnings(winnings)
            book.version += 1

    async def _recall(self) -> None:
        """Read what happened before the console listened, back to the opening of the lot."""
        book, found = self._book, list[Mapping[str, Any]]()
        if book.first_seq is None:
            return
        try:
            pages = 0
            async for page in self._api.history(book.auction_id, book.first_seq + 1):
                found[:0] = page
                pages += 1
                if pages == PAGES_MAX or self._knows_enough(found):
                    break
            recall(book, found)
        except (Unreachable, TurnedAway, NoSuchAuction):
            return
        except UNREADABLE as error:
            said = f"The history could not be read ({type(error).__name__})"
            self._log.note(said, EntryMark.REFUSED)

    def _knows_enough(self, found: list[Mapping[str, Any]]) -> bool:
        """Whether the entries go back to the lot's opening, and over the minute that is drawn."""
        newest, oldest = moment(found[-1]["at"]), moment(found[0]["at"])
        opened = self._book.lot is None or any(one["kind"] == LOT_OPENED for one in found)
        return opened and newest - oldest > timedelta(seconds=RATE_WINDOW_SECONDS)
