"""Bids that must not count."""

from __future__ import annotations

from typing import Any

from baraka_cli.simulator.hostile.attempts import Attempt, Outcome, attempt
from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.signs import bid_of, bid_of_amount
from baraka_cli.simulator.hostile.stage import MINIMUM, Guest, Stage
from baraka_cli.simulator.hostile.verdicts import must_be_refused
from baraka_server.contract.client_events import JoinAuction, PlaceBid

UNSAID = "nobody is told that {} does not count"


async def _bid(stage: Stage, guest: Guest, amount: int, **more: Any) -> Attempt:
    return await attempt(
        stage, guest, PlaceBid, {"amount": amount} | more, bid_of(guest.user_id, amount)
    )


async def early_bid(stage: Stage, judge: Judge) -> None:
    """Before the sale was started."""
    bid = await _bid(stage, stage.bidder, MINIMUM)
    if bid.outcome is not Outcome.REFUSED:
        joined = await attempt(stage, stage.bidder, JoinAuction, {})
        if joined.outcome is not Outcome.REFUSED:
            raise CannotTry("the auction lets people in already: it may be live")
    must_be_refused(
        judge,
        bid,
        done="a bid was accepted before the sale began",
        unsaid=UNSAID.format("a bid before the sale"),
    )


async def owner_bid(stage: Stage, judge: Judge) -> None:
    await stage.new_lot()
    await stage.bids(stage.bidder, MINIMUM)
    must_be_refused(
        judge,
        await _bid(stage, stage.host, MINIMUM + 10, **stage.this_round),
        done="owners can bid their own lots up",
        unsaid=UNSAID.format("an owner's bid"),
    )


async def unjoined_bid(stage: Stage, judge: Judge) -> None:
    """By somebody who was never told what is on the block."""
    if stage.cast.outsider_id is None:
        raise CannotTry("it needs a user who is in no room: there are too few")
    await stage.new_lot()
    outsider = await stage.enters("outsider", stage.cast.outsider_id)
    must_be_refused(
        judge,
        await _bid(stage, outsider, MINIMUM + 20),
        done="a bid was accepted from somebody who never entered the sale",
        unsaid=UNSAID.format("the bid of somebody who is not in the sale"),
    )


async def low_bid(stage: Stage, judge: Judge) -> None:
    """Below the minimum, equal to the last bid, and lower than it."""
    await stage.new_lot()
    must_be_refused(
        judge,
        await _bid(stage, stage.rival, MINIMUM - 1, **stage.this_round),
        done="a lot can go below its minimum",
        unsaid=UNSAID.format("a bid below the minimum"),
    )
    await stage.new_lot()
    await stage.bids(stage.bidder, MINIMUM + 50)
    for amount, kind in ((MINIMUM + 50, "equal to"), (MINIMUM + 10, "lower than")):
        must_be_refused(
            judge,
            await _bid(stage, stage.rival, amount, **stage.this_round),
            done=f"a bid {kind} the last one was accepted",
            unsaid=UNSAID.format(f"a bid {kind} the last one"),
        )


async def past_round(stage: Stage, judge: Judge) -> None:
    """After the hammer fell, with nothing on the block; and for the product before this one."""
    await stage.new_lot()
    await stage.bids(stage.bidder, MINIMUM)
    before = stage.this_round
    await stage.award()
    await stage.fence()
    must_be_refused(
        judge,
        await _bid(stage, stage.rival, MINIMUM + 70),
        done="a bid was accepted with nothing on the block",
        unsaid=UNSAID.format("a bid after the hammer"),
    )
    await stage.new_lot()
    if not before:
        return  # nothing in the guide's bid says which product it is for
    must_be_refused(
        judge,
        await _bid(stage, stage.rival, MINIMUM + 80, **before),
        done="a bid for one lot was counted for the next",
        unsaid=UNSAID.format("a bid for the lot before"),
    )


async def other_name(stage: Stage, judge: Judge) -> None:
    """With somebody else's id in the payload: who bids, the token says alone."""
    await stage.new_lot()
    victim = stage.host.user_id
    names = dict.fromkeys(("userId", "user_id"), victim)
    amount = MINIMUM + 30
    bid = await attempt(
        stage,
        stage.bidder,
        PlaceBid,
        {"amount": amount, **names, **stage.this_round},
        bid_of_amount(amount),
    )
    named = bid.frame.bid[0] if bid.frame is not None and bid.frame.bid else None
    judge.expect(
        named in {None, stage.bidder.user_id},
        "anybody can bid in somebody else's name",
        bid.evidence,
    )


async def late_bid(stage: Stage, judge: Judge) -> None:
    """After the end, a bid that would have been good before it."""
    must_be_refused(
        judge,
        await _bid(stage, stage.bidder, 5 * MINIMUM),
        done="a bid was accepted after the sale ended",
        unsaid=UNSAID.format("a bid after the end"),
    )
