"""Probes: a host's commands, given once too often, or by somebody who may not."""

from __future__ import annotations

from typing import Any

from baraka_cli.simulator.hostile.attempts import Outcome, attempt
from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.probe_sale import MINIMUM, ProbeSale
from baraka_cli.simulator.hostile.signs import Shows, bids_listed, sold, started, told
from baraka_cli.simulator.hostile.verdicts import must_be_refused
from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    StartAuction,
)
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    BroadcasterLeft,
    LotAwarded,
    LotChanged,
)

UNSAID = "a host is not told that {}"


async def foreign_start(sale: ProbeSale, judge: Judge) -> None:
    """Somebody else's auction is started."""
    start = await attempt(sale, sale.impostor, StartAuction, {}, started(sale.auction_id))
    sale.probe_started = start.outcome is not Outcome.REFUSED
    must_be_refused(
        judge,
        start,
        done="anybody can start another owner's auction",
        unsaid="nobody is told that an auction cannot be started by who does not own it",
    )


async def second_start(sale: ProbeSale, judge: Judge) -> None:
    """On the air already: harmless, or refused; what stands must stand."""
    await sale.new_lot()
    await sale.bids(sale.bidder, MINIMUM + 10)
    start = await attempt(sale, sale.host, StartAuction, {}, started(sale.auction_id))
    bid = await attempt(
        sale,
        sale.rival,
        PlaceBid,
        {"amount": MINIMUM + 20} | sale.this_round,
        lambda frame: frame.bid == (sale.rival.user_id, MINIMUM + 20),
    )
    listed = bids_listed(bid.frame) if bid.frame is not None else []
    judge.expect(
        bid.outcome is Outcome.DONE and (not listed or MINIMUM + 10 in listed),
        "starting a sale again throws away what is on the block",
        f"{start.evidence}, and then {bid.evidence}",
    )


async def second_award(sale: ProbeSale, judge: Judge) -> None:
    await sale.new_lot()
    await sale.bids(sale.bidder, MINIMUM + 10)
    award = {"product": sale.lot, "weight": "5g"}
    await sale.award()
    again = await attempt(sale, sale.host, AwardLot, award, sold)
    judge.expect(
        again.frame is None,
        "one lot was sold twice",
        again.evidence,
    )


async def late_award(sale: ProbeSale, judge: Judge) -> None:
    """An award that is sent again when the next lot is up must not sell that one."""
    await sale.new_lot()
    await sale.bids(sale.bidder, MINIMUM + 10)
    award = {"product": sale.lot, "weight": "5g"}
    await sale.new_lot()
    await sale.bids(sale.rival, MINIMUM + 10)
    if not sale.numbered:
        raise CannotTry("by the guide alone, an award is for whatever is on the block")
    again = await attempt(sale, sale.host, AwardLot, award, told(LotAwarded))
    must_be_refused(
        judge,
        again,
        done="an award that came twice sold the next lot",
        unsaid=UNSAID.format("an award for the lot before sells nothing"),
    )
    if again.outcome is Outcome.DONE:
        sale.lot = ""


async def second_end(sale: ProbeSale, judge: Judge) -> None:
    must_be_refused(
        judge,
        await attempt(sale, sale.host, EndAuction, {}, told(AuctionFinished)),
        done="a sale was ended twice",
        unsaid=UNSAID.format("the sale is over already"),
    )


async def second_cancel(sale: ProbeSale, judge: Judge) -> None:
    must_be_refused(
        judge,
        await attempt(sale, sale.host, CancelAuction, {}, told(AuctionCanceled)),
        done="a sale was canceled twice",
        unsaid=UNSAID.format("the sale is canceled already"),
    )


async def start_after_end(sale: ProbeSale, judge: Judge) -> None:
    await _start_what_is_over(
        sale,
        judge,
        done="a sale that was ended can go on",
        unsaid=UNSAID.format("an ended auction cannot be started"),
    )


async def start_after_cancel(sale: ProbeSale, judge: Judge) -> None:
    await _start_what_is_over(
        sale,
        judge,
        done="a sale that was canceled can go on",
        unsaid=UNSAID.format("a canceled auction cannot be started"),
    )


async def _start_what_is_over(sale: ProbeSale, judge: Judge, *, done: str, unsaid: str) -> None:
    start = await attempt(sale, sale.host, StartAuction, {}, started(sale.auction_id))
    sale.on_air = start.outcome is Outcome.DONE
    must_be_refused(judge, start, done=done, unsaid=unsaid)


PRICES = {"minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}

FOREIGN: tuple[tuple[type[ClientEvent], dict[str, Any], Shows, str], ...] = (
    (BroadcasterLeave, {}, told(BroadcasterLeft), "anybody can say that the host has left"),
    (
        ChangeLot,
        {"product": "Not yours", **PRICES},
        told(LotChanged),
        "anybody can put a product up in another owner's auction",
    ),
    (
        AwardLot,
        {"product": "Not yours", "weight": "5g"},
        told(LotAwarded),
        "anybody can sell in another owner's auction",
    ),
    (EndAuction, {}, told(AuctionFinished), "anybody can end another owner's auction"),
    (CancelAuction, {}, told(AuctionCanceled), "anybody can cancel another owner's auction"),
)
"""Events for the owner alone, and what it means when others may send them; the worst last.

To start one that is live already is tried before it is: see `foreign_start`.
"""


async def other_owner(sale: ProbeSale, judge: Judge) -> None:
    """Everything that is for the owner alone, by somebody who is not."""
    await sale.new_lot()
    await sale.bids(sale.bidder, MINIMUM + 10)
    for event, fields, shows, means in FOREIGN:
        tried = await attempt(sale, sale.impostor, event, fields, shows)
        must_be_refused(
            judge,
            tried,
            done=means,
            unsaid=f"nobody is told that {event.wire_name} is for the owner alone",
        )
        if tried.outcome is Outcome.DONE and event in {EndAuction, CancelAuction}:
            sale.on_air = False
            return
