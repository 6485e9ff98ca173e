"""Winnings behind the sale, on paper: paid, corrected, given to another bidder (D39)."""

from __future__ import annotations

from tests.support.model.notes import Bidder, Entry, Refused, Said, SoAlready, Winning
from tests.support.model.order import Rule
from tests.support.model.sale import Sale


def pay(sale: Sale, said: Said) -> Entry:
    winning = _named(sale, said)
    if winning.paid == said.payload["paid"]:
        raise SoAlready
    winning.paid = said.payload["paid"]
    return sale.write("winning_paid", None)


def correct(sale: Sale, said: Said) -> Entry:
    winning = _unpaid(sale, said)
    return _changed(sale, winning, winning.bidder, said.payload["price"])


def reassign(sale: Sale, said: Said) -> Entry:
    winning = _unpaid(sale, said)
    paddle = said.payload["paddle"]
    if not 1 <= paddle <= len(sale.paddles):
        raise Refused("paddle_not_found")
    bidder = sale.paddles[paddle - 1]
    own = [bid.amount for bid in winning.bids if bid.bidder == bidder]
    price = said.get("price") or max(own, default=None)
    if price is None:
        raise Refused("not_standing")
    return _changed(sale, winning, bidder, price)


def _changed(sale: Sale, winning: Winning, bidder: Bidder, price: int) -> Entry:
    if (winning.bidder, winning.price) == (bidder, price):
        raise SoAlready
    user = bidder if isinstance(bidder, int) else sale.floor_user or winning.user
    winning.user, winning.bidder, winning.price = user, bidder, price
    if winning is sale.winnings[-1]:
        sale.winner = user
    return sale.write("winning_changed", None)


def _unpaid(sale: Sale, said: Said) -> Winning:
    winning = _named(sale, said)
    if winning.paid:
        raise Refused("winning_paid")
    return winning


def _named(sale: Sale, said: Said) -> Winning:
    return next(one for one in sale.winnings if one.id == said.payload["winningId"])


RULES: dict[str, Rule] = {
    "winnings paid": pay,
    "winnings correct": correct,
    "winnings reassign": reassign,
}
