"""Bids and the steps by which they rise, on paper (D11 to D13, D31, D41)."""

from __future__ import annotations

from typing import Any

from tests.support.model.notes import Bid, Bidder, Entry, Maximum, Refused, Said, SoAlready
from tests.support.model.order import CLERK, Rule, may, not_over, on_air, this_round
from tests.support.model.sale import Sale

UNDONE_MAX = 2
"""From so many bids taken back on, floor bids might be a search for a maximum."""


def place_bid(sale: Sale, said: Said) -> Entry:
    may_bid(sale, said.who)
    if said.get("round") is None and said.saw == "nothing":
        raise Refused("not_joined")
    this_round(sale, said, about_lot=True)
    is_open_for(sale, said.who, said.payload["amount"])
    return answered_bid(sale, said.who, said.who, said.payload["amount"])


def floor_bid(sale: Sale, said: Said) -> Entry:
    """A bid from the room or the telephone, of a paddle or of a label."""
    may(sale, said, CLERK)
    on_air(sale)
    this_round(sale, said, about_lot=True)
    amount, label = said.payload["amount"], said.get("label")
    paddle = said.get("paddle") or 0
    if label is None and not 1 <= paddle <= len(sale.paddles):
        raise Refused("paddle_not_found")
    bidder = sale.paddles[paddle - 1] if label is None else " ".join(label.split())
    if isinstance(bidder, str) and sale.floor_user is None:
        raise Refused("no_floor_user")
    if sale.undone_against >= UNDONE_MAX:
        raise Refused("floor_closed")
    if isinstance(bidder, int):
        may_bid(sale, bidder)
    is_open_for(sale, bidder, amount)
    user = bidder if isinstance(bidder, int) else sale.floor_user
    assert user
    return answered_bid(sale, user, bidder, amount, floor=True)


def may_bid(sale: Sale, user: int) -> None:
    if not sale.live:
        raise Refused("not_live")
    if user not in sale.exist:
        raise Refused("user_not_found")
    if user in sale.blocked:
        raise Refused("blocked")
    role = sale.role(user)
    if role or user == sale.floor_user:
        raise Refused("owner_bid" if role == "owner" else "staff_bid")
    if sale.by_approval and user not in sale.registered:
        raise Refused("not_registered")


def is_open_for(sale: Sale, bidder: Bidder, amount: int, *, own_lead: bool = False) -> None:
    """Refuse a bid that the lot does not take: no lot, a pause, the clock, or the amount.

    With `own_lead` whoever leads needs no more than the own bid.
    """
    if sale.block is None:
        raise Refused("no_lot")
    if sale.paused:
        raise Refused("bidding_paused")
    if sale.clock and sale.clock.is_out(sale.now):
        raise Refused("bidding_closed", clock=sale.of_clock())
    leads = own_lead and sale.high is not None and sale.high.bidder == bidder
    if sale.high and (amount < sale.high.amount or (amount == sale.high.amount and not leads)):
        raise Refused("bid_too_low")
    if not sale.high and amount < sale.block.minimum:
        raise Refused("bid_below_minimum")
    least = sale.next_bid()
    if not leads and least is not None and amount < least:
        raise Refused("bid_below_step", nextBid=least)
    limit = sale.registered.get(bidder) if isinstance(bidder, int) else None
    if limit is not None and amount > limit:
        raise Refused("over_limit", limit=limit)


def answered_bid(
    sale: Sale, user: int, bidder: Bidder, amount: int, *, floor: bool = False
) -> Entry:
    """A bid, and what maximum bids answer: one that is exactly as high was there first."""
    sale.acts += 1
    others = [one for one in sale.maxima if one.user != bidder]
    best = max((reach(sale, one) for one in others), default=0)
    if best == amount:
        first = next(one for one in others if reach(sale, one) == best)
        sale.actors[sale.acts] = None
        take(sale, first.user, amount, automatic=True)
        answer(sale)
        assert sale.high
        raise Refused("bid_too_low")
    sale.actors[sale.acts] = bidder
    label = bidder if isinstance(bidder, str) else None
    own = take(sale, user, amount, floor=floor, label=label)
    answer(sale)
    return own


def reach(sale: Sale, one: Maximum) -> int:
    """How far a maximum counts: as its user could bid now."""
    if one.user in sale.blocked or one.user in sale.roles or one.user == sale.floor_user:
        return 0
    if sale.by_approval and one.user not in sale.registered:
        return 0
    limit = sale.registered.get(one.user)
    return one.amount if limit is None else min(one.amount, limit)


def answer(sale: Sale) -> None:
    """The automatic bids behind what stands, in the steps of the table (D43)."""
    stands, least = sale.high, sale.next_bid()
    if least is None:
        return
    from_ = stands.amount + 1 if stands else least
    contenders = [(reach(sale, one), one) for one in sale.maxima if reach(sale, one) >= from_]
    contenders.sort(key=lambda pair: -pair[0])  # of equals the one that was set earlier stays first
    if not contenders:
        return
    (most, first), second = contenders[0], contenders[1] if len(contenders) > 1 else None
    price: int | None = min(most, least)
    if second is None and stands and stands.bidder == first.user:
        price = None  # nobody bids against the own lead
    elif second and second[0] == most:
        price = most
    elif second:
        take(sale, second[1].user, second[0], automatic=True)
        price = min(most, sale.next_bid() or most)
    if sale.reserve and most >= sale.reserve and not (price is None and sale.reserve_met):
        price = max(price if price is not None else min(most, least), sale.reserve)
    if price is not None:
        take(sale, first.user, price, automatic=True)


def take(sale: Sale, user: int, amount: int, **marks: Any) -> Entry:
    """Put a bid on the list, with the bidder's paddle; in the last window it moves the clock."""
    bid = Bid(user, amount, sale.acts, sale.seq + 1, **marks)
    if bid.bidder not in sale.paddles:
        sale.paddles.append(bid.bidder)
    sale.bids.append(bid)
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


RULES: dict[str, Rule] = {
    "placeBid": place_bid,
    "floorBid": floor_bid,
    "setIncrements": set_increments,
}
