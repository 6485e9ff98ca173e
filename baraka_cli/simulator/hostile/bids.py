"""Probes: bids that a server has to refuse."""

from __future__ import annotations

from typing import Any

from baraka_cli.simulator.hostile.attempts import Attempt, Outcome, attempt
from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.probe_sale import MINIMUM, Guest, ProbeSale
from baraka_cli.simulator.hostile.signs import bid_of, bid_of_amount
from baraka_cli.simulator.hostile.verdicts import must_be_refused
from baraka_server.contract.client_events import JoinAuction, PlaceBid

UNSAID = "nobody is told that {} does not count"


async def _bid(sale: ProbeSale, guest: Guest, amount: int, **more: Any) -> Attempt:
    return await attempt(
        sale, guest, PlaceBid, {"amount": amount} | more, bid_of(guest.user_id, amount)
    )


async def early_bid(sale: ProbeSale, judge: Judge) -> None:
    """Before the sale was started."""
    bid = await _bid(sale, sale.bidder, MINIMUM)
    if bid.outcome is not Outcome.REFUSED:
        joined = await attempt(sale, sale.bidder, JoinAuction, {})
        if joined.outcome is not Outcome.REFUSED:
            raise CannotTry("the auction lets people in already: it may be live")
    must_be_refused(
        judge,
        bid,
        done="a bid was accepted before the sale began",
        unsaid=UNSAID.format("a bid before the sale"),
    )


async def owner_bid(sale: ProbeSale, judge: Judge) -> None:
    await sale.new_lot()
    await sale.bids(sale.bidder, MINIMUM)
    must_be_refused(
        judge,
        await _bid(sale, sale.host, MINIMUM + 10, **sale.this_round),
        done="owners can bid their own lots up",
        unsaid=UNSAID.format("an owner's bid"),
    )


async def unjoined_bid(sale: ProbeSale, judge: Judge) -> None:
    """By somebody who was never told what is on the block."""
    if sale.cast.outsider_id is None:
        raise CannotTry("it needs a user who is in no room: there are too few")
    await sale.new_lot()
    outsider = await sale.enters("outsider", sale.cast.outsider_id)
    must_be_refused(
        judge,
        await _bid(sale, outsider, MINIMUM + 20),
        done="a bid was accepted from somebody who never entered the sale",
        unsaid=UNSAID.format("the bid of somebody who is not in the sale"),
    )


async def low_bid(sale: ProbeSale, judge: Judge) -> None:
    """Below the minimum, equal to the last bid, and lower than it."""
    await sale.new_lot()
    must_be_refused(
        judge,
        await _bid(sale, sale.rival, MINIMUM - 1, **sale.this_round),
        done="a lot can go below its minimum",
        unsaid=UNSAID.format("a bid below the minimum"),
    )
    await sale.new_lot()
    await sale.bids(sale.bidder, MINIMUM + 50)
    for amount, kind in ((MINIMUM + 50, "equal to"), (MINIMUM + 10, "lower than")):
        must_be_refused(
            judge,
            await _bid(sale, sale.rival, amount, **sale.this_round),
            done=f"a bid {kind} the last one was accepted",
            unsaid=UNSAID.format(f"a bid {kind} the last one"),
        )


async def past_round(sale: ProbeSale, judge: Judge) -> None:
    """After the hammer fell, with nothing on the block; and for the product before this one."""
    await sale.new_lot()
    await sale.bids(sale.bidder, MINIMUM)
    before = sale.this_round
    await sale.award()
    await sale.fence()
    must_be_refused(
        judge,
        await _bid(sale, sale.rival, MINIMUM + 70),
        done="a bid was accepted with nothing on the block",
        unsaid=UNSAID.format("a bid after the hammer"),
    )
    await sale.new_lot()
    if not before:
        return  # nothing in the guide's bid says which product it is for
    must_be_refused(
        judge,
        await _bid(sale, sale.rival, MINIMUM + 80, **before),
        done="a bid for one lot was counted for the next",
        unsaid=UNSAID.format("a bid for the lot before"),
    )


async def other_name(sale: ProbeSale, judge: Judge) -> None:
    """With somebody else's id in the payload: who bids, the token says alone."""
    await sale.new_lot()
    victim = sale.host.user_id
    names = dict.fromkeys(("userId", "user_id"), victim)
    amount = MINIMUM + 30
    bid = await attempt(
        sale,
        sale.bidder,
        PlaceBid,
        {"amount": amount, **names, **sale.this_round},
        bid_of_amount(amount),
    )
    named = bid.frame.bid[0] if bid.frame is not None and bid.frame.bid else None
    judge.expect(
        named in {None, sale.bidder.user_id},
        "anybody can bid in somebody else's name",
        bid.evidence,
    )


async def late_bid(sale: ProbeSale, judge: Judge) -> None:
    """After the end, a bid that would have been good before it."""
    must_be_refused(
        judge,
        await _bid(sale, sale.bidder, 5 * MINIMUM),
        done="a bid was accepted after the sale ended",
        unsaid=UNSAID.format("a bid after the end"),
    )
