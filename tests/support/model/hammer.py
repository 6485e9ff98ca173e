"""The hammer, on paper: awards, the runner-up, undo and reopening (D14, D32, D37 to D39, D47)."""

from __future__ import annotations

from tests.support.model.notes import Bid, Entry, Facts, Hammer, Lot, Refused, Said, Winning
from tests.support.model.order import (
    CLERK,
    Rule,
    may,
    names_what_stands,
    on_air,
    standing,
    this_round,
)
from tests.support.model.sale import Sale


def award(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK, "not_owner")
    on_air(sale)
    bid_id, product = said.get("bidId"), said.payload["product"]
    if said.get("round") is not None:
        this_round(sale, said)
    if sale.block is None:
        raise Refused("no_lot")
    if said.get("round") is None and not bid_id:
        _means_this_lot(sale, said, product)
    if said.get("runnerUp"):
        bid = next((one for one in sale.bids if one.id == bid_id and bid_id), None)
        if bid is None or sale.high is None or bid.bidder == sale.high.bidder:
            raise Refused("not_standing", standingBid=standing(sale))
        _reaches_the_reserve(sale, said, bid)
        return sell(sale, said.who, bid, product, said.get("weight"), runner_up=True)
    if not names_what_stands(sale, bid_id):
        _is_surprised(sale, said)
        if bid_id is not None:
            raise Refused("other_bid_leads")
    if sale.high:
        _reaches_the_reserve(sale, said, sale.high)
    return sell(sale, said.who, sale.high, product, said.get("weight"))


def _reaches_the_reserve(sale: Sale, said: Said, bid: Bid) -> None:
    if bid.amount < sale.reserve and not said.get("belowReserve"):
        raise Refused("below_reserve")


def _means_this_lot(sale: Sale, said: Said, product: str) -> None:
    """D32: an award that names neither round nor bid never sells the next lot."""
    assert sale.block
    was_before = product in sale.earlier
    if product == sale.block.product:
        is_right = not was_before or said.saw is None or said.saw == sale.round
    else:
        is_right = not was_before and said.saw in (None, "nothing", sale.round)
    if not is_right:
        raise Refused("round_over", round=sale.round)


def _is_surprised(sale: Sale, said: Said) -> None:
    """D47: once a round's award is refused to who cannot know which bid stands by now."""
    if sale.surprise is None:
        return
    values: Facts = {
        "standingBid": standing(sale),
        "formerBid": sale.former.named if sale.former else None,
    }
    if sale.surprise == "new":
        told = (sale.of_standing() if sale.high else sale.of_block() | {"auctionBids": []}) | {
            "formerBid": values["formerBid"]
        }
        sale.write("standing_bid_changed", said.who, told)
        sale.surprise = sale.seq
        if sale.block:
            sale.price_shown = sale.high.amount if sale.high else sale.block.prices[1]
        raise Refused("standing_bid_changed", **values)
    if isinstance(sale.surprise, int) and said.heard < sale.surprise:
        raise Refused("standing_bid_changed", **values)


def sell(
    sale: Sale,
    user: int | None,
    bid: Bid | None,
    product: str,
    weight: str | None,
    *,
    runner_up: bool = False,
) -> Entry:
    """The hammer falls, to a bid or to nobody."""
    winning = None
    if bid:
        winning = Winning(bid.user, bid.bidder, bid.amount, product, weight, sale.bids)
        sale.winnings.append(winning)
        sale.winner = bid.user
    told_bid = sale.of_bid(bid) if bid else None
    met = (bid is not None and bid.amount >= sale.reserve) if sale.reserve else None
    lot = takes_off(sale, "sold" if bid else "passed", winning)
    told: Facts = {"runnerUp": True} if runner_up else {}
    told |= closing(sale, told_bid, met)
    if sale.lots:
        told |= {"lotId": lot and lot.id, "lotNumber": lot and lot.number, "passed": bid is None}
    sale.won_shown = bid.named if bid else None
    return sale.write("runner_up_awarded" if runner_up else "awarded", user, told)


def takes_off(sale: Sale, state: str, winning: Winning | None) -> Lot | None:
    """The block is empty from now on; returns the lot that was on it."""
    block = sale.block
    assert block
    if block.lot:
        block.lot.state, block.lot.winning, block.lot.changed = state, winning, sale.seq + 1
    sale.hammer = Hammer(sale.seq + 1, block, sale.bids, winning)
    if block.lot:
        sale.hammer.steps, sale.hammer.reserve = block.lot.steps, block.lot.reserve
    sale.earlier.append(block.product)
    sale.block, sale.surprise, sale.former = None, None, None
    sale.price_shown = 0
    sale.clears()
    return block.lot


def closing(sale: Sale, bid: tuple[object, ...] | None, reserve_met: bool | None) -> Facts:
    return {
        "event": "auctionEnded",
        "winningBid": bid,
        "winningUser": bid[0] if bid else None,
        "auction": of_auction(sale),
        "nextBid": None,
        "reserveMet": reserve_met,
        "clock": None,
    }


def of_auction(sale: Sale) -> Facts:
    """The columns of the auction's row that follow from the sale."""
    block = sale.block
    minimum, start, market = block.prices if block else (0, 0, 0)
    return {
        "isLive": sale.live,
        "isCanceled": sale.canceled,
        "isEnded": sale.ended,
        "current_product": block.product if block else None,
        "minBidPrice": minimum,
        "bidPrice": start,
        "actualPrice": market,
        "winning_user_id": sale.winner,
    }


def undo(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    this_round(sale, said, about_lot=True)
    if sale.block is None:
        raise Refused("no_lot")
    if not sale.bids:
        raise Refused("nothing_to_undo")
    newest = [bid for bid in sale.bids if bid.act == sale.bids[-1].act]
    if said.payload["bidId"] not in [bid.id for bid in newest]:
        raise Refused("not_newest", standingBid=standing(sale))
    former = sale.high
    sale.bids = [bid for bid in sale.bids if bid not in newest]
    actor = sale.actors[newest[0].act]
    sale.undone_against += any(one.user != actor for one in sale.maxima)
    withdrawn = [one for one in sale.maxima if one.act == newest[0].act]
    private = []
    for one in withdrawn:
        sale.maxima.remove(one)
        sale.undone.add(one.seq)
        told = {"event": "maximumChanged", "maximum": None, "reason": "undone"}
        private.append((one.user, told | {"seq": sale.seq + 1}))
    entry = another_stands(sale, "bid_undone", said.who, former, newest)
    entry.private += private
    return entry


def acts_without(sale: Sale, user: int) -> None:
    """The user's bids go; answers to what the user did are acts of their own then."""
    sale.bids = [bid for bid in sale.bids if bid.user != user]
    for bid in sale.bids:
        if sale.actors[bid.act] == user:
            sale.acts += 1
            bid.act = sale.acts
            sale.actors[bid.act] = bid.bidder


def another_stands(
    sale: Sale, kind: str, user: int | None, former: Bid | None, gone: list[Bid]
) -> Entry:
    """Bids are gone: a clock has time left then, and the room hears what stands."""
    sale.undone |= {bid.seq for bid in gone}
    if sale.clock:
        sale.clock.leaves(sale.clock.extend, sale.now)
    if former is not sale.high:
        sale.surprise, sale.former = "new", former
    named = {
        "standingBid": standing(sale),
        "formerBid": former.named if former else None,
        "nextBid": sale.next_bid(),
        "reserveMet": sale.reserve_met,
    }
    undone = {
        "event": "bidUndone",
        "bidIds": sorted(bid.named for bid in gone),
        "clock": sale.of_clock(),
        "round": sale.round,
        **named,
    }
    return sale.write(kind, user, undone, stands_now(sale, former))


def stands_now(sale: Sale, former: Bid | None) -> Facts:
    """In the guide's words: the bid that stands with the list, or the product once more."""
    assert sale.block
    sale.price_shown = sale.high.amount if sale.high else sale.block.prices[1]
    told = sale.of_standing() if sale.high else sale.of_block() | {"auctionBids": []}
    return told | {"formerBid": former.named if former else None}


def reopen(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    this_round(sale, said)
    if sale.block:
        raise Refused("lot_open")
    last = sale.hammer
    meant = said.get("awardSeq")
    if last is None or (last.seq != meant if meant is not None else said.heard < last.seq):
        raise Refused("nothing_to_reopen")
    if last.winning and last.winning.is_settled:
        raise Refused("winning_settled")
    if last.winning:
        sale.winnings.remove(last.winning)
        if sale.winner == last.winning.user:
            sale.winner = sale.winnings[-1].user if sale.winnings else None
    sale.block, sale.hammer = last.block, None
    sale.undone.add(last.seq)
    sale.earlier.pop()
    sale.bids = list(last.bids)
    for user in {bid.user for bid in last.bids}:
        if user not in sale.exist or user in sale.blocked or _works(sale, user):
            acts_without(sale, user)
    sale.surprise, sale.former = "new", last.bids[-1] if last.bids else None
    lot = sale.block.lot
    if lot:
        lot.state, lot.winning, lot.changed = "open", None, sale.seq + 1
        lot.product, lot.prices = sale.block.product, sale.block.prices
        lot.steps, lot.reserve = last.steps, last.reserve
        sale.block.described = lot.description
    told: Facts = {
        "event": "lotReopened",
        "product": sale.block.product,
        "winningId": last.winning is not None,
        "standingBid": standing(sale),
        "nextBid": sale.next_bid(),
        "reserveMet": sale.reserve_met,
        "round": sale.round,
        **sale.of_lot_on_block(),
    }
    guided = [sale.of_block()]
    sale.price_shown, sale.won_shown = sale.block.prices[1], None
    if sale.high:
        guided.append(stands_now(sale, None))
    entry = sale.write("lot_reopened", said.who, told, *guided)
    name = f"Lot {lot.number}" if lot else sale.block.product
    sale.says(said.get("say") or f"{name} is open again")
    return entry


def _works(sale: Sale, user: int) -> bool:
    return sale.role(user) not in (None, "owner")


RULES: dict[str, Rule] = {"awardingAuction": award, "undoBid": undo, "reopenLot": reopen}
