"""`SaleCommands`: sends the host's commands, each once, and logs their replies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from baraka_cli.client.connection import Connection
from baraka_cli.client.replies import NoReply, Reply
from baraka_cli.console.clerk import Clerk
from baraka_cli.console.dialogs import AwardDecision
from baraka_cli.console.log import Entry, EntryMark, Log
from baraka_cli.console.mixed_text import isolated, readable
from baraka_cli.console.narrate import explained
from baraka_cli.console.records import Bid, Hammer, Lot, numbered
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.run_list import ListedLot
from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PostComment,
    StartAuction,
)
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.refusals import Code
from baraka_server.contract.text import printable

Then = Callable[[Reply], Awaitable[None] | None]
REPEATS_MAX = 3
LOST_ANSWERS = frozenset({NoReply.LOST, NoReply.SILENT})
"""Commands whose result is not known: the server knows it by their `requestId`."""


class SaleCommands:
    """`later` starts what waits for an answer; `ring` calls the host."""

    def __init__(
        self,
        book: SaleBook,
        connection: Connection,
        log: Log,
        clerk: Clerk,
        *,
        later: Callable[[Coroutine[Any, Any, None]], object],
        ring: Callable[[], None],
    ) -> None:
        self._book = book
        self._connection = connection
        self._log = log
        self._clerk = clerk
        self._later = later
        self._ring = ring
        self._move: Entry | None = None

    @property
    def moving(self) -> str | None:
        """Last command that moves the sale, while it has no reply; no other one is sent meanwhile."""
        return self._move.text if self._move and self._move.pending else None

    def start(self, then: Then = lambda _: None) -> None:
        self.send("Start", StartAuction(auction_id=self._book.auction_id), then)

    def change_lot(self, lot: ListedLot) -> None:
        self._clerk.weights[printable(lot.product)] = lot.weight
        self.send(
            f"Put up {isolated(lot.product)}",
            ChangeLot(
                auction_id=self._book.auction_id,
                product=lot.product,
                minimum_price=lot.minimum,
                start_price=lot.start,
                market_price=lot.market,
            ),
        )

    def award(
        self, decision: AwardDecision, below_reserve: Callable[[AwardDecision], None]
    ) -> None:
        """Award the lot. `below_reserve` is called where the server refuses it for that (D42)."""
        bid, hammered = decision.bid, len(self._book.hammers)
        winner = isolated(self._book.called(bid))
        self._clerk.weigh(decision.lot.product, decision.weight)

        def on_reply(answer: Reply) -> None:
            if answer.code == Code.OTHER_BID_LEADS:
                self.missed_bid(bid)
            if answer.code == Code.BELOW_RESERVE:
                below_reserve(decision)
            for hammer in self._book.hammers[hammered:] if answer.ok else ():
                if (hammer.winner_id, hammer.amount) != (bid.user_id, bid.amount):
                    self._ring()
                    self._log.note(
                        f"AWARDED TO ANOTHER: {isolated(hammer.winner or 'nobody')} for "
                        f"{hammer.amount or 0:,}, who bid before the award arrived",
                        EntryMark.REFUSED,
                    )

        self.send(
            f"Award {decision.lot.called} to {winner} for {bid.amount:,}",
            AwardLot(
                auction_id=self._book.auction_id,
                product=decision.lot.product,
                round=decision.round,
                weight=decision.weight,
                bid_id=bid.id,
                runner_up=True if decision.runner_up else None,
                below_reserve=True if decision.below_reserve else None,
            ),
            on_reply,
        )

    def undo(self, bid: Bid) -> None:
        """Take back `bid`, if it is the newest yet."""
        whose = isolated(self._book.called(bid))
        self.send(
            f"Take back {bid.amount:,} by {whose}",
            UndoBid(auction_id=self._book.auction_id, bid_id=bid.id),
        )

    def reopen(self, last: Hammer | None) -> None:
        """Take back the award of `last`; without it the last one of the auction."""
        lot = numbered(last.number, last.product or "the lot") if last else "the lot"
        what = f"Open {lot} again"
        seq = last.seq if last else None
        self.send(what, ReopenLot(auction_id=self._book.auction_id, award_seq=seq))

    def pass_lot(self, lot: Lot | None, then: Callable[[Reply], None] = lambda _: None) -> None:
        """Award `lot` to nobody, if it is on the block yet and nobody has bid."""
        if lot is None or self._book.lot != lot or self._book.high is not None:
            self._log.note("Pass: the sale went on. Look again.", EntryMark.REFUSED)
            return

        def on_reply(answer: Reply) -> None:
            if answer.code == Code.OTHER_BID_LEADS:
                self.missed_bid(None)
            then(answer)

        self.send(
            f"Pass {lot.called}",
            AwardLot(
                auction_id=self._book.auction_id,
                product=lot.product,
                weight=self._clerk.known_weight(),
                bid_id=0,
            ),
            on_reply,
        )

    def end(self, then: Then) -> None:
        self.send("End", EndAuction(auction_id=self._book.auction_id), then)

    def cancel(self) -> None:
        self.send("Cancel", CancelAuction(auction_id=self._book.auction_id))

    def off_air(self) -> None:
        self.send("Off air", BroadcasterLeave(auction_id=self._book.auction_id))

    def say(self, text: str, refused: Callable[[str], None]) -> None:
        """Write to the room; `refused` is called with what cannot be said."""
        try:
            comment = PostComment(auction_id=self._book.auction_id, comment=text)
        except ValidationError as error:
            self._log.note(f"Chat: {error.errors()[0]['msg']}", EntryMark.REFUSED)
            refused(text)
            return
        self.send(
            f"Say “{isolated(text)}”", comment, lambda said: None if said.ok else refused(text)
        )

    def send(self, what: str, event: ClientEvent, then: Then = lambda _: None) -> None:
        """Send a command, with a line in the log that is pending until the reply is there."""
        entry = self._log.note(f"{what}…", EntryMark.PENDING)
        if event.who.is_staff:
            self._move = entry
        event = self._said_fully(event)

        async def decide_and_write() -> None:
            answer = await self._answer(event)
            entry.mark = EntryMark.DONE if answer.ok else EntryMark.REFUSED
            entry.text = readable(what if answer.ok else f"{what}: {explained(answer)}")
            more = then(answer)
            if more is not None:
                await more

        self._later(decide_and_write())

    def _said_fully(self, event: ClientEvent) -> ClientEvent:
        """With what keeps it from being done twice, or to another lot (D23, D32)."""
        if not self._connection.acknowledges:
            return event
        about: dict[str, Any] = {"request_id": uuid4().hex}
        says_round = getattr(event, "round", None) is not None
        if event.about_lot and not says_round and self._book.round is not None:
            about["round"] = self._book.round
        known = {name: said for name, said in about.items() if name in type(event).model_fields}
        return event.model_copy(update=known)

    async def _answer(self, event: ClientEvent) -> Reply:
        """Reply to a command. Where it was lost the same is sent again, which changes nothing."""
        answer = await self._connection.call(event)
        may_repeat = getattr(event, "request_id", None) is not None
        for _ in range(REPEATS_MAX if may_repeat else 0):
            if answer.code not in LOST_ANSWERS or not await self._connection.is_back():
                break
            answer = await self._connection.call(event)
        return answer

    def missed_bid(self, confirmed: Bid | None) -> None:
        """The server refused since another bid leads by now; nobody was awarded."""
        self._ring()
        high = self._book.high
        leads = ""
        if high and high != confirmed:
            leads = f": {high.amount:,} by {isolated(self._book.called(high))}"
        self._log.note(f"MISSED BID: one came in before the hammer{leads}", EntryMark.REFUSED)
