"""The block, on paper: lots are opened, repriced and passed (D10, D32, D33, D35)."""

from __future__ import annotations

from tests.support.model.bidding import steps_of
from tests.support.model.hammer import closing, takes_off
from tests.support.model.lots import PRICES
from tests.support.model.notes import Block, Entry, Lot, Refused, Said, SoAlready
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


def open_lot(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    lot = sale.lot(said.payload["lotId"])
    if lot and lot.state == "open":
        raise SoAlready
    this_round(sale, said, about_lot=True)
    if lot is None:
        raise Refused("lot_not_found")
    if lot.state != "waiting":
        raise Refused("lot_not_waiting", lotState=lot.state)
    _sets_bids_aside(sale, said)
    return puts_up(sale, said.who, Block(lot.product, lot.prices, lot))


def _sets_bids_aside(sale: Sale, said: Said) -> None:
    if sale.high and not names_what_stands(sale, said.get("withBids")):
        raise Refused("bids_stand", standingBid=standing(sale))


def puts_up(sale: Sale, user: int | None, block: Block) -> Entry:
    """Another product is on the block, and a round begins."""
    was = sale.block
    if was:
        sale.earlier.append(was.product)
        if was.lot:
            was.lot.state, was.lot.changed = "passed", sale.seq + 1
    sale.round += 1
    sale.block, sale.bids, sale.maxima, sale.undone_against = block, [], [], 0
    sale.rests()
    sale.hammer, sale.surprise, sale.former = None, None, None
    if block.lot:
        lot = block.lot
        block.described = lot.description
        lot.state, lot.changed = "open", sale.seq + 1
        lot.product, lot.prices = block.product, block.prices
    _shows_the_lot(sale)
    return sale.write("lot_opened", user, sale.of_block())


def _shows_the_lot(sale: Sale) -> None:
    assert sale.block
    sale.price_shown, sale.won_shown = sale.block.prices[1], None


def reprice(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    lot = sale.open
    if lot is None:
        this_round(sale, said, about_lot=True)
        raise Refused("no_lot")
    minimum, start, market = (
        was if said.get(name) is None else said.payload[name]
        for name, was in zip(PRICES, lot.prices, strict=True)
    )
    prices = minimum, start, market
    steps = steps_of(said.get("increments")) if "increments" in said.payload else lot.steps
    reserve = said.get("reserve") if "reserve" in said.payload else lot.reserve
    if (prices, steps, reserve) == (lot.prices, lot.steps, lot.reserve):
        raise SoAlready
    this_round(sale, said, about_lot=True)
    if (sale.high or sale.maxima) and (reserve or 0) > (lot.reserve or 0):
        raise Refused("bids_stand", standingBid=standing(sale))
    assert sale.block
    sale.block.prices = lot.prices = prices
    lot.steps, lot.reserve, lot.changed = steps, reserve, sale.seq + 1
    _shows_the_lot(sale)
    return sale.write("lot_repriced", said.who, sale.of_block())


def pass_lot(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    this_round(sale, said, about_lot=True)
    if sale.block is None:
        raise Refused("no_lot")
    _sets_bids_aside(sale, said)
    return passes(sale, said.who)


def passes(sale: Sale, user: int | None) -> Entry:
    met = False if sale.reserve else None
    lot = takes_off(sale, "passed", None)
    sale.won_shown = None
    told = closing(sale, None, met) | {"passed": True}
    if sale.lots:
        told |= {"lotId": lot and lot.id, "lotNumber": lot and lot.number}
    return sale.write("lot_passed", user, told)


def change_product(sale: Sale, said: Said) -> Entry:
    """The guide's command: the open lot of that name, else the first waiting one, else a new one."""
    may(sale, said, CLERK, "not_owner")
    on_air(sale)
    product = said.payload["product"]
    minimum, start, market = (said.payload[name] for name in PRICES)
    is_same = sale.block is not None and sale.block.product == product
    this_round(sale, said)
    stale = said.get("round") is None and isinstance(said.saw, int) and said.saw != sale.round
    if stale and (not is_same or product in sale.earlier):
        raise Refused("round_over", round=sale.round)
    prices = minimum, start, market
    if is_same:
        return _same_product(sale, said.who, prices)
    if not sale.lots:
        return puts_up(sale, said.who, Block(product, prices))
    lot = next(
        (one for one in sale.lots if one.state == "waiting" and one.product == product), None
    )
    if lot is None:
        lot = Lot(len(sale.lots) + 1, max(sale.numbers) + 1, product, prices)
        sale.lots.append(lot)
        sale.numbers[lot.number] = lot
        sale.lots_version = sale.seq + 1
    return puts_up(sale, said.who, Block(product, prices, lot))


def _same_product(sale: Sale, user: int, prices: tuple[int, int, int]) -> Entry:
    assert sale.block
    lot = sale.block.lot
    if lot and lot.prices != prices:
        lot.prices, lot.changed = prices, sale.seq + 1
    sale.block.prices = prices
    _shows_the_lot(sale)
    return sale.write("lot_repriced", user, sale.of_block())


RULES: dict[str, Rule] = {
    "openLot": open_lot,
    "repriceLot": reprice,
    "passLot": pass_lot,
    "changeCuurentProduct": change_product,
}
