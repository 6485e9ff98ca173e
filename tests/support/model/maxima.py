"""Maximum bids, on paper: how they are set, withdrawn and opened (D43)."""

from __future__ import annotations

from tests.support.model.bidding import answer, is_open_for, may_bid
from tests.support.model.notes import Entry, Facts, Maximum, Refused, Said, SoAlready
from tests.support.model.order import Rule, not_over, on_air
from tests.support.model.sale import Sale


def set_maximum(sale: Sale, said: Said) -> Entry:
    on_air(sale)
    _of_this_round(sale, said)
    user, amount = said.who, said.payload["amount"]
    was = sale.maximum(user)
    if was and was.amount == amount:
        raise SoAlready
    if not sale.takes_maxima:
        raise Refused("maxima_off")
    may_bid(sale, user)
    is_open_for(sale, user, amount, own_lead=True)
    if was:
        sale.maxima.remove(was)
    sale.acts += 1
    sale.actors[sale.acts] = user
    sale.maxima.append(Maximum(user, amount, sale.acts, sale.seq + 1))
    if sale.round not in sale.rounds_sealed:
        sale.rounds_sealed.append(sale.round)
    sale.secrets.add(amount)
    entry = sale.write("maximum_set", user, private=[(user, changed(sale, amount, "set"))])
    answer(sale)
    return entry


def withdraw(sale: Sale, said: Said) -> Entry:
    not_over(sale)
    _of_this_round(sale, said)
    was = sale.maximum(said.who)
    if was is None:
        raise Refused("no_maximum")
    sale.maxima.remove(was)
    told = [(said.who, changed(sale, None, "withdrawn"))]
    return sale.write("maximum_withdrawn", said.who, private=told)


def _of_this_round(sale: Sale, said: Said) -> None:
    if said.payload["round"] != sale.round:
        raise Refused("round_over", round=sale.round)


def changed(sale: Sale, amount: int | None, reason: str) -> Facts:
    """What the user is told whose maximum is another one, or none."""
    return {"event": "maximumChanged", "maximum": amount, "reason": reason, "seq": sale.seq + 1}


RULES: dict[str, Rule] = {"setMaximumBid": set_maximum, "withdrawMaximum": withdraw}
