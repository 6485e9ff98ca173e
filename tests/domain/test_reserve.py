"""The rules of reserves, without a database (D42)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.events import Awarded, LotRepriced
from baraka_server.domain.hammer import LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotsAdded
from baraka_server.domain.maxima import MaximumSet
from baraka_server.domain.replay import objection
from baraka_server.domain.rules.reserve import reserve_met
from baraka_server.domain.state import next_entry
from tests.domain.phases import AMINA, BILAL, DINA, OPENING
from tests.domain.said import SaidSale

VASE = {"product": "Vase", "minBidPrice": 10, "bidPrice": 20, "actualPrice": 30}


class Sale(SaidSale):
    """A vase on the block with a reserve of 500, and what becomes of commands."""

    def __init__(self, **values: Any) -> None:
        super().__init__()
        self.gives("addLots", lots=[VASE | {"reserve": 500} | values, VASE])
        self.gives("openLot", lotId=1)


def test_a_lot_below_its_reserve_is_awarded_only_when_the_host_says_so():
    sale = Sale()
    sale.gives("placeBid", BILAL, amount=499)
    for more in ({}, {"bidId": sale.state.seq}, {"belowReserve": False}):
        assert sale.refused("awardingAuction", product="Vase", **more) is Code.BELOW_RESERVE
    refusal = sale.asked("awardingAuction", product="Vase")
    assert isinstance(refusal, Refusal)
    assert refusal.message == "Auction could not be ended."
    assert "500" not in str(refusal.values)
    (awarded,) = sale.gives("awardingAuction", product="Vase", belowReserve=True)
    assert isinstance(awarded, Awarded)
    assert awarded.data()["below_reserve"] is True


def test_a_bid_at_the_reserve_needs_no_word_and_the_entry_has_none():
    sale = Sale()
    assert reserve_met(sale.state) is False
    sale.gives("placeBid", BILAL, amount=500)
    assert reserve_met(sale.state) is True
    (awarded,) = sale.gives("awardingAuction", product="Vase", belowReserve=True)
    assert "below_reserve" not in awarded.data()
    assert reserve_met(sale.state) is None


@pytest.mark.parametrize("reserve", [None, 0])
def test_a_lot_without_a_reserve_has_none_to_meet(reserve: int | None):
    sale = Sale(reserve=reserve)
    sale.gives("placeBid", BILAL, amount=10)
    assert reserve_met(sale.state) is None
    sale.gives("awardingAuction", product="Vase")


def test_an_award_to_nobody_is_below_nothing():
    (awarded,) = Sale().gives("awardingAuction", product="Vase", bidId=0)
    assert isinstance(awarded, Awarded)
    assert (awarded.high, awarded.below_reserve) == (None, False)


def test_the_runner_up_is_measured_by_the_own_bid():
    sale = Sale()
    sale.gives("placeBid", BILAL, amount=400)
    lower = sale.state.seq
    sale.gives("placeBid", DINA, amount=600)
    other = {"product": "Vase", "bidId": lower, "runnerUp": True}
    assert sale.refused("awardingAuction", **other) is Code.BELOW_RESERVE
    (awarded,) = sale.gives("awardingAuction", **other, belowReserve=True)
    assert isinstance(awarded, RunnerUpAwarded)
    assert awarded.below_reserve


def test_a_reserve_is_lowered_but_neither_set_nor_raised_while_a_bid_stands():
    sale = Sale()
    (raised,) = sale.gives("repriceLot", reserve=600)
    assert raised.acknowledged["warning"]
    assert sale.gives("repriceLot", bidPrice=25)[0].acknowledged == {}
    sale.gives("placeBid", BILAL, amount=400)
    assert sale.refused("repriceLot", reserve=601) is Code.BIDS_STAND
    (lowered,) = sale.gives("repriceLot", reserve=400)
    assert isinstance(lowered, LotRepriced)
    assert reserve_met(sale.state) is True
    sale.gives("repriceLot", reserve=None)
    assert sale.refused("repriceLot", reserve=1) is Code.BIDS_STAND


def test_a_reserve_is_not_moved_up_to_a_maximum_that_stands_without_a_bid():
    sale = Sale()
    sale.gives("setHouseRules", maxima=True)
    # As an undo of the bids leaves one that replaced another.
    sale.writes(MaximumSet("sealed"), BILAL)
    assert sale.refused("repriceLot", reserve=501) is Code.BIDS_STAND
    sale.gives("repriceLot", reserve=499)


def test_a_run_list_that_comes_late_sets_no_reserve_on_a_lot_that_has_bids():
    sale = SaidSale()
    sale.gives("changeCuurentProduct", **VASE)
    sale.gives("placeBid", BILAL, amount=100)
    assert sale.refused("addLots", lots=[VASE | {"reserve": 500}]) is Code.BIDS_STAND
    other = VASE | {"product": "Rug", "reserve": 500}
    assert isinstance(sale.gives("addLots", lots=[VASE, other])[0], LotsAdded)
    assert reserve_met(sale.state) is None


def test_a_lot_that_was_edited_behind_its_hammer_is_reopened_as_its_bidders_knew_it():
    sale = Sale()
    sale.gives("placeBid", BILAL, amount=400)
    sale.gives("passLot", withBids=sale.state.seq)
    version = sale.state.run_list.lots[1].version
    sale.gives(
        *("editLot",),
        lotId=1,
        version=version,
        reserve=900,
        increments=50,
        minBidPrice=5,
        weight="2",
    )
    assert isinstance(sale.gives("reopenLot")[0], LotOpenedAgain)
    lot = sale.state.run_list.open
    assert lot is not None
    assert (lot.values.reserve, lot.values.increments, lot.values.lot) == (
        500,
        None,
        sale.state.lot,
    )
    assert lot.values.weight == "2"


@pytest.mark.parametrize(("amount", "says"), [(499, "does not say so"), (500, "it was not")])
def test_a_ledger_may_not_say_otherwise(amount: int, says: str):
    sale = Sale()
    sale.gives("placeBid", BILAL, amount=amount)
    awarded = sale.asked("awardingAuction", product="Vase", belowReserve=True)
    assert isinstance(awarded, Awarded)
    told = replace(awarded, below_reserve=not awarded.below_reserve)
    entry = next_entry(sale.state, told, AMINA, OPENING)
    assert says in (objection(sale.state, entry) or "")
