"""The run list, on paper: lots are added, edited, moved, withdrawn and offered again (D35)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support.model.bidding import steps_of, told_steps
from tests.support.model.notes import Entry, Facts, Lot, Refused, Said, SoAlready
from tests.support.model.order import CLERK, Rule, may, not_over, standing, this_round
from tests.support.model.sale import Sale

TOLD_MAX = 20
PRICES = ("minBidPrice", "bidPrice", "actualPrice")
NEVER_EMPTY = ("product", *PRICES, "lotNumber")
HELD_WHILE_OPEN = {*NEVER_EMPTY, "increments", "reserve"}


def add(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    not_over(sale)
    this_round(sale, said)
    rows = said.payload["lots"]
    if said.get("version") is not None and said.get("version") != sale.lots_version:
        raise Refused("lots_changed", lotsVersion=sale.lots_version)
    before = _before(sale, said)
    asked = [row["lotNumber"] for row in rows if row.get("lotNumber")]
    wrong = sorted({n for n in asked if n in sale.numbers or asked.count(n) > 1})
    if wrong:
        raise Refused("number_taken", numbers=wrong)
    taken_over = _taken_over(sale, rows)
    if taken_over and taken_over.get("reserve") and (sale.high or sale.maxima):
        raise Refused("bids_stand", standingBid=standing(sale))
    highest = max([0, *sale.numbers, *asked])
    begins = not sale.lots
    new: list[Lot] = []
    for row in rows:
        number = row.get("lotNumber")
        if not number:
            highest += 1
            number = highest
        lot = Lot(len(sale.lots) + len(new) + 1, number, "", (0, 0, 0))
        _set(lot, row)
        new.append(lot)
    at = sale.lots.index(before) if before else len(sale.lots)
    sale.lots[at:at] = new
    if begins and sale.block:
        _takes_over(sale, new)
    return _changed(sale, said.who, "lots_added", new)


def _taken_over(sale: Sale, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The row that becomes the open lot, with the first run list of an auction."""
    if sale.lots or not sale.block:
        return None
    product = sale.block.product
    return next((row for row in rows if row["product"] == product), None)


def _takes_over(sale: Sale, new: list[Lot]) -> None:
    """The first lot of the name of what is on the block is the open one, as it stands there."""
    assert sale.block
    lot = next((lot for lot in new if lot.product == sale.block.product), None)
    if lot:
        lot.state, lot.prices = "open", sale.block.prices
        sale.block.lot = lot


def edit(sale: Sale, said: Said) -> Entry:
    lot = _named(sale, said)
    news = {
        name: value
        for name, value in said.payload.items()
        if name in {*HELD_WHILE_OPEN, "description", "weight", "imageUrl"}
        and (value is not None or name not in NEVER_EMPTY)
        and (told_steps(steps_of(value)) if name == "increments" else value) != values(lot)[name]
    }
    if "description" in news and not news["description"] and not lot.description:
        del news["description"]
    if not news:
        raise SoAlready
    this_round(sale, said)
    if said.payload["version"] < lot.changed:
        raise Refused("lots_changed", lotsVersion=lot.changed)
    if lot.state == "open" and HELD_WHILE_OPEN & news.keys():
        raise Refused("lot_open")
    if lot.state == "sold":
        raise Refused("lot_not_waiting", lotState="sold")
    number = news.get("lotNumber", lot.number)
    if sale.numbers.get(number, lot) is not lot:
        raise Refused("number_taken", numbers=[number])
    _set(lot, news)
    return _changed(sale, said.who, "lot_edited", [lot])


def move(sale: Sale, said: Said) -> Entry:
    lot = _named(sale, said)
    before = _before(sale, said)
    there = [one for one in sale.lots if one is not lot]
    at = there.index(before) if before and before is not lot else len(there)
    if before is lot or sale.lots.index(lot) == at:
        raise SoAlready
    this_round(sale, said)
    if lot.state != "waiting":
        raise Refused("lot_not_waiting", lotState=lot.state)
    there.insert(at, lot)
    sale.lots = there
    return _changed(sale, said.who, "lot_moved", [lot])


def withdraw(sale: Sale, said: Said) -> Entry:
    lot = _named(sale, said)
    if lot.state == "withdrawn":
        raise SoAlready
    this_round(sale, said)
    _is_done_with(lot)
    lot.state = "withdrawn"
    return _changed(sale, said.who, "lot_withdrawn", [lot])


def offer_again(sale: Sale, said: Said) -> Entry:
    lot = _named(sale, said)
    before = _before(sale, said)
    if lot.state == "waiting":
        raise SoAlready
    this_round(sale, said)
    _is_done_with(lot)
    lot.state = "waiting"
    there = [one for one in sale.lots if one is not lot]
    there.insert(there.index(before) if before in there else len(there), lot)
    sale.lots = there
    return _changed(sale, said.who, "lot_offered_again", [lot])


def _is_done_with(lot: Lot) -> None:
    if lot.state == "open":
        raise Refused("lot_open")
    if lot.state == "sold":
        raise Refused("lot_not_waiting", lotState="sold")


def _named(sale: Sale, said: Said) -> Lot:
    may(sale, said, CLERK)
    not_over(sale)
    lot = sale.lot(said.payload["lotId"])
    if lot is None:
        raise Refused("lot_not_found")
    return lot


def _before(sale: Sale, said: Said) -> Lot | None:
    """The lot that another one is put before; none is the end."""
    lot = sale.lot(said.get("before"))
    if lot is None and said.get("before") is not None:
        raise Refused("lot_not_found")
    return lot


def _set(lot: Lot, row: dict[str, Any]) -> None:
    lot.number = row.get("lotNumber") or lot.number
    lot.product = row.get("product") or lot.product
    minimum, start, market = (
        was if row.get(name) is None else row[name]
        for name, was in zip(PRICES, lot.prices, strict=True)
    )
    lot.prices = minimum, start, market
    for name, mine in (("weight", "weight"), ("imageUrl", "image"), ("reserve", "reserve")):
        if name in row:
            setattr(lot, mine, row[name])
    if "description" in row:
        lot.description = row["description"] or None
    if "increments" in row:
        lot.steps = steps_of(row["increments"])


def _changed(sale: Sale, user: int, kind: str, lots: Iterable[Lot]) -> Entry:
    sale.lots_version = sale.seq + 1
    for lot in lots:
        lot.changed = sale.seq + 1
        sale.numbers[lot.number] = lot
    told = [seen(lot) for lot in lots]
    return sale.write(
        kind,
        user,
        {
            "event": "lotsChanged",
            "lotsVersion": sale.lots_version,
            "lots": told if len(told) <= TOLD_MAX else None,
        },
    )


def values(lot: Lot) -> Facts:
    """What may be edited of a lot, by the names of the wire."""
    minimum, start, market = lot.prices
    return {
        "lotNumber": lot.number,
        "product": lot.product,
        "minBidPrice": minimum,
        "bidPrice": start,
        "actualPrice": market,
        "description": lot.description,
        "weight": lot.weight,
        "imageUrl": lot.image,
        "increments": told_steps(lot.steps),
        "reserve": lot.reserve,
    }


def seen(lot: Lot) -> Facts:
    """A lot as viewers see it."""
    shown = values(lot)
    del shown["reserve"]
    return shown | {
        "lotId": lot.id,
        "state": lot.state,
        "won": lot.winning is not None,
        "version": lot.changed,
    }


RULES: dict[str, Rule] = {
    "addLots": add,
    "editLot": edit,
    "moveLot": move,
    "withdrawLot": withdraw,
    "offerAgain": offer_again,
}
