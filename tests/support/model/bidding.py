"""Bids and the steps by which they rise, on paper (D11 to D13, D31, D41)."""

from __future__ import annotations

from typing import Any

from tests.support.model.notes import Bid, Entry, Refused, Said, SoAlready
from tests.support.model.order import CLERK, Rule, may, not_over, this_round
from tests.support.model.sale import Sale


def place_bid(sale: Sale, said: Said) -> Entry:
    may_bid(sale, said.who)
    if said.get("round") is None and said.saw == "nothing":
        raise Refused("not_joined")
    this_round(sale, said, about_lot=True)
    is_open_for(sale, said.payload["amount"])
    sale.acts += 1
    return take(sale, said.who, said.payload["amount"])


def may_bid(sale: Sale, user: int) -> None:
    if not sale.live:
        raise Refused("not_live")
    if user not in sale.exist:
        raise Refused("user_not_found")
    if user in sale.blocked:
        raise Refused("blocked")
    if role := sale.role(user):
        raise Refused("owner_bid" if role == "owner" else "staff_bid")


def is_open_for(sale: Sale, amount: int) -> None:
    """Refuse a bid that the lot does not take: no lot, a pause, the clock, or the amount."""
    if sale.block is None:
        raise Refused("no_lot")
    if sale.paused:
        raise Refused("bidding_paused")
    if sale.clock and sale.clock.is_out(sale.now):
        raise Refused("bidding_closed", clock=sale.of_clock())
    if sale.high and amount <= sale.high.amount:
        raise Refused("bid_too_low")
    if not sale.high and amount < sale.block.minimum:
        raise Refused("bid_below_minimum")
    least = sale.next_bid()
    if least is not None and amount < least:
        raise Refused("bid_below_step", nextBid=least)


def take(sale: Sale, user: int, amount: int) -> Entry:
    """Put a bid on the list, with the bidder's paddle; in the last window it moves the clock."""
    if user not in sale.paddles:
        sale.paddles.append(user)
    sale.bids.append(Bid(user, amount, sale.acts, sale.seq + 1))
    clock = sale.clock
    if clock and clock.remains(sale.now) <= clock.window:
        clock.leaves(clock.extend, sale.now)
    sale.price_shown = amount
    return sale.write("bid", user, sale.of_standing())


def set_increments(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    not_over(sale)
    steps = steps_of(said.get("increments"))
    if steps == sale.steps:
        raise SoAlready
    this_round(sale, said)
    sale.steps = steps
    return sale.write(
        "increments_set", said.who, {"event": "nextBidChanged", "nextBid": sale.next_bid()}
    )


def steps_of(said: Any) -> tuple[tuple[int, int], ...] | None:
    """Steps as they are sent: a number, a list, or null."""
    if said is None or isinstance(said, int):
        return None if said is None else ((0, said),)
    return tuple((row["from"], row["step"]) for row in said)


def told_steps(steps: tuple[tuple[int, int], ...] | None) -> list[dict[str, int]] | None:
    return None if steps is None else [{"from": since, "step": step} for since, step in steps]


RULES: dict[str, Rule] = {"placeBid": place_bid, "setIncrements": set_increments}
