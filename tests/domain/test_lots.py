"""The run list by the rules alone (D35): what each command becomes, and what no sequence of them breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.lots import LotState
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Decision, Found, HouseRules, Seen, Unchanged
from baraka_server.domain.events import Adopted, Awarded, Event, LedgerEntry, LotOpened, LotRepriced
from baraka_server.domain.lot_entries import LotPassed, LotsAdded
from baraka_server.domain.lots import GAP
from baraka_server.domain.narrate import in_words
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.replay import objection
from baraka_server.domain.rules.prices import next_bid
from baraka_server.domain.state import BEGINNING, State, apply, next_entry
from baraka_server.domain.winnings import WinningChanged
from tests.domain.phases import AMINA, BILAL, DINA, OPENING, PHASES
from tests.domain.said import through_json

FOUND = Found(salt=b"salt", winnings=frozenset({11, 12}))


def lot(product: str, **more: Any) -> dict[str, Any]:
    return {"product": product, "minBidPrice": 10, "bidPrice": 20, "actualPrice": 30} | more


def command(name: str, user_id: int = AMINA, seen: Seen | None = None, **payload: Any) -> Command:
    event = parse(name, [{"auctionId": 42} | payload])
    assert isinstance(event, ClientEvent), event
    return Command(event, user_id, seen=seen, found=FOUND)


class Sale:
    """An auction, and what became of the commands that were given in it."""

    def __init__(self, phase: str = "nolot") -> None:
        state = PHASES[phase]
        assert state is not None
        self.state = state

    def gives(self, name: str, user_id: int = AMINA, seen: Seen | None = None, **more: Any) -> Any:
        return self.does(command(name, user_id, seen, **more))

    def does(self, asked: Command) -> Decision:
        """What the rules decide; an event is objected to by nobody, and folded."""
        decision = decide(self.state, asked, HouseRules())
        if isinstance(decision, Event):
            self.writes(decision, asked.user_id)
        return decision

    def writes(self, event: Event, user_id: int | None) -> None:
        entry = next_entry(self.state, event, user_id, OPENING)
        if isinstance(event, BidPlaced):
            entry = replace(entry, event=replace(event, bid_id=entry.seq))
        assert objection(self.state, entry) is None
        self.state = apply(self.state, through_json(entry))

    def refused(self, name: str, **more: Any) -> Code:
        refusal = self.gives(name, **more)
        assert isinstance(refusal, Refusal), refusal
        assert refusal.message
        return refusal.code

    def states(self) -> dict[int, str]:
        return {one.values.number: str(one.state) for one in self.state.run_list.ordered()}

    def order(self) -> list[int]:
        return [one.lot_id for one in self.state.run_list.ordered()]


@pytest.fixture
def sale() -> Sale:
    """Three lots wait; nothing is on the block."""
    sale = Sale()
    sale.gives("addLots", lots=[lot("Ring"), lot("Vase", reserve=50), lot("Rug", lotNumber=7)])
    return sale


# --- numbers, order, versions


def test_lots_get_the_next_numbers_and_ids(sale):
    assert [(one.lot_id, one.values.number) for one in sale.state.run_list.ordered()] == [
        *((1, 8), (2, 9), (3, 7))
    ]  # behind the highest that the payload names
    sale.gives("addLots", lots=[lot("Lamp")])
    assert sale.state.run_list.lots[4].values.number == 10


def test_a_number_is_never_given_again(sale):
    assert sale.refused("addLots", lots=[lot("Lamp", lotNumber=7)]) is Code.NUMBER_TAKEN
    sale.gives("editLot", lotId=3, version=9, lotNumber=70)
    assert sale.refused("addLots", lots=[lot("Lamp", lotNumber=7)]) is Code.NUMBER_TAKEN
    sale.gives("withdrawLot", lotId=3)
    refusal = sale.gives(
        "addLots", lots=[lot("a", lotNumber=70), lot("b", lotNumber=5), lot("c", lotNumber=5)]
    )
    assert refusal.extra["numbers"] == [5, 70]
    assert len(sale.state.run_list.lots) == 3
    sale.gives("editLot", lotId=3, version=99, lotNumber=7)  # its own
    assert sale.state.run_list.lots[3].values.number == 7


def test_lots_are_put_where_they_belong(sale):
    sale.gives("addLots", lots=[lot("a"), lot("b")], before=2)
    assert sale.order() == [1, 4, 5, 2, 3]
    sale.gives("moveLot", lotId=3, before=1)
    sale.gives("moveLot", lotId=1, before=None)
    assert sale.order() == [3, 4, 5, 2, 1]
    assert sale.gives("moveLot", lotId=4, before=5) == Unchanged()
    assert sale.gives("moveLot", lotId=1, before=None) == Unchanged()
    assert sale.refused("moveLot", lotId=1, before=99) is Code.LOT_NOT_FOUND


def test_where_there_is_no_room_between_two_all_make_room(sale):
    for _ in range(20):
        sale.gives("moveLot", lotId=sale.order()[2], before=sale.order()[1])
    places = [one.position for one in sale.state.run_list.ordered()]
    assert len(set(places)) == 3
    assert max(places) < GAP * 10


def test_lots_are_not_added_to_a_list_that_changed(sale):
    version = sale.state.run_list.version
    sale.gives("withdrawLot", lotId=1)
    refusal = sale.gives("addLots", lots=[lot("a")], version=version)
    assert (refusal.code, refusal.extra) == (
        Code.LOTS_CHANGED,
        {"lotsVersion": sale.state.run_list.version},
    )
    sale.gives("openLot", lotId=2)  # which is not a change of the list
    version = sale.state.run_list.version
    assert isinstance(sale.gives("addLots", lots=[lot("a")], version=version), LotsAdded)


def test_a_lot_is_edited_as_it_was_seen(sale):
    version = sale.state.run_list.version
    assert sale.gives("editLot", lotId=1, version=0, product="Ring") == Unchanged()
    edited = sale.gives(
        "editLot", lotId=1, version=version, product="Gold ring", description="18K", reserve=60
    )
    assert edited.acknowledged["warning"]
    values = sale.state.run_list.lots[1].values
    assert (values.product, values.words, values.reserve) == ("Gold ring", "18K", 60)
    assert sale.refused("editLot", lotId=1, version=version, weight="5g") is Code.LOTS_CHANGED
    again = {"product": "Gold ring", "description": "18K", "reserve": 60}
    assert sale.gives("editLot", lotId=1, version=version, **again) == Unchanged()
    sale.gives("editLot", lotId=1, version=99, description=None, reserve=None, product=None)
    values = sale.state.run_list.lots[1].values
    assert (values.product, values.words, values.reserve) == ("Gold ring", None, None)


def test_bidders_can_rely_on_the_lot_on_the_block(sale):
    sale.gives("openLot", lotId=1)
    for said in ({"product": "x"}, {"lotNumber": 99}, {"bidPrice": 1}, {"reserve": 5}):
        assert sale.refused("editLot", lotId=1, version=99, **said) is Code.LOT_OPEN
    assert sale.refused("editLot", lotId=1, version=99, increments=5) is Code.LOT_OPEN
    sale.gives("editLot", lotId=1, version=99, description="Chipped", weight="3g")
    assert sale.state.run_list.open.values.words == "Chipped"


# --- on the block


def test_a_lot_that_is_opened_begins_a_round_with_its_own_steps(sale):
    sale.gives("editLot", lotId=2, version=99, increments=25)
    opened = sale.gives("openLot", lotId=2)
    assert isinstance(opened, LotOpened)
    assert (opened.lot_id, opened.lot_number, opened.reserve) == (2, 9, 50)
    assert (sale.state.round, sale.state.lot) == (1, Lot("Vase", 10, 20, 30))
    assert sale.gives("openLot", lotId=2, round=0) == Unchanged()
    sale.gives("placeBid", BILAL, amount=10)
    assert next_bid(sale.state) == 35
    sale.gives("repriceLot", increments=None)
    assert next_bid(sale.state) == 11


def test_bids_are_set_aside_by_name_alone(sale):
    sale.gives("openLot", lotId=1)
    sale.gives("placeBid", BILAL, amount=10)
    high = sale.state.high
    refusal = sale.gives("openLot", lotId=2)
    assert (refusal.code, refusal.extra["standingBid"]["bidId"]) == (Code.BIDS_STAND, high.bid_id)
    sale.gives("placeBid", BILAL, amount=11)
    assert sale.refused("openLot", lotId=2, withBids=high.bid_id) is Code.BIDS_STAND
    assert sale.refused("passLot", withBids=high.bid_id) is Code.BIDS_STAND
    assert sale.refused("repriceLot", reserve=5) is Code.BIDS_STAND
    assert isinstance(sale.gives("repriceLot", minBidPrice=1), LotRepriced)
    sale.gives("openLot", lotId=2, withBids=sale.state.high.bid_id)
    assert sale.states() == {8: "passed", 9: "open", 7: "waiting"}
    assert sale.state.high is None


@pytest.mark.parametrize("name", ["openLot", "passLot", "repriceLot"])
def test_a_command_from_a_stale_screen_is_for_no_other_lot(sale, name):
    sale.gives("openLot", lotId=1)
    more = {"openLot": {"lotId": 2}, "repriceLot": {"bidPrice": 1}}.get(name, {})
    assert sale.refused(name, round=0, **more) is Code.ROUND_OVER
    assert sale.refused(name, seen=Seen(0, here=True), **more) is Code.ROUND_OVER


def test_a_lot_of_the_same_name_is_another_round(sale):
    sale.gives("addLots", lots=[lot("Ring")])
    sale.gives("openLot", lotId=1)
    assert isinstance(sale.gives("openLot", lotId=4), LotOpened)
    assert sale.state.round == 2


def test_awards_and_passes_say_what_became_of_a_lot(sale):
    sale.gives("openLot", lotId=1)
    sale.gives("placeBid", BILAL, amount=10)
    sold = decide(sale.state, command("awardingAuction", product="Ring"), HouseRules())
    assert isinstance(sold, Awarded)
    sale.writes(replace(sold, winning_id=5), AMINA)
    sale.gives("openLot", lotId=2)
    passed = sale.gives("passLot")
    assert passed == LotPassed("Vase", None, 2, 9)
    assert sale.refused("passLot") is Code.NO_LOT
    sale.gives("openLot", lotId=3)
    sale.gives("awardingAuction", product="Rug")  # to nobody
    assert sale.states() == {8: "sold", 9: "passed", 7: "passed"}
    assert sale.state.run_list.lots[1].winning_id == 5
    for name in ("openLot", "withdrawLot", "offerAgain"):
        refusal = sale.gives(name, lotId=1)
        assert (refusal.code, refusal.message) == (Code.LOT_NOT_WAITING, "Lot 8 is sold")
        assert refusal.extra == {"lotState": "sold"}
    to_another = WinningChanged(5, DINA, 9, BILAL, 10, True)
    sale.writes(to_another, AMINA)
    assert sale.states()[8] == "sold"
    sale.writes(replace(to_another, winner_id=None, price=None), AMINA)
    assert (sale.states()[8], sale.state.run_list.lots[1].winning_id) == ("passed", None)
    sale.gives("offerAgain", lotId=2)
    assert sale.order() == [1, 3, 2]
    assert sale.gives("offerAgain", lotId=2) == Unchanged()
    sale.gives("openLot", lotId=2)
    assert sale.refused("withdrawLot", lotId=2) is Code.LOT_OPEN
    sale.gives("endAuction")
    assert sale.states()[9] == "passed"
    assert sale.refused("addLots", lots=[lot("x")]) is Code.ALREADY_ENDED


def test_nobody_else_has_a_run_list(sale):
    refusal = sale.gives("addLots", BILAL, lots=[lot("x")])
    assert refusal.code is Code.NOT_STAFF


# --- the guide's command


def changed(sale: Sale, product: str) -> Any:
    prices = {"minBidPrice": 1, "bidPrice": 2, "actualPrice": 3}
    return sale.gives("changeCuurentProduct", product=product, **prices)


def test_the_guides_command_means_a_lot_of_the_run_list(sale):
    opened = changed(sale, " Vase ")
    assert (opened.lot_id, opened.reserve, opened.lot.minimum_price) == (2, 50, 1)
    repriced = changed(sale, "Vase")
    assert isinstance(repriced, LotRepriced)
    assert (repriced.lot_id, repriced.reserve) == (2, 50)
    new = changed(sale, "Lamp")
    assert (new.lot_id, new.lot_number, new.created) == (4, 10, True)
    assert sale.order() == [1, 2, 3, 4]
    assert sale.states() == {8: "waiting", 9: "passed", 7: "waiting", 10: "open"}
    again = changed(sale, "Vase")  # what was passed does not wait
    assert (again.created, again.lot_number) == (True, 11)


def test_without_a_run_list_it_writes_what_it_always_wrote():
    sale = Sale()
    assert changed(sale, "Vase") == LotOpened(Lot("Vase", 1, 2, 3))
    assert changed(sale, "Vase") == LotRepriced(Lot("Vase", 1, 2, 3))
    assert "lot_id" not in LotOpened(Lot("Vase", 1, 2, 3)).data()
    assert not sale.state.run_list


def test_another_programs_product_opens_the_first_that_waits_by_its_name(sale):
    def takes(product: str | None, **more: bool) -> None:
        lot = None if product is None else Lot(product, 1, 2, 3)
        phase = {"live": True, "canceled": False, "ended": False} | more
        sale.writes(Adopted(AMINA, **phase, lot=lot, high=None), None)

    takes("Rug")
    assert sale.states()[7] == "open"
    takes("Lamp")
    assert sale.states()[7] == "passed"
    assert sale.state.run_list.open is None
    takes("Ring")
    takes(None, live=False, ended=True)
    assert sale.states() == {8: "passed", 9: "waiting", 7: "passed"}


# --- a run list of the first release


def test_what_was_sold_before_is_taken_over():
    sale = Sale("nobids")
    product = sale.state.lot.product
    sale.gives(
        "addLots",
        lots=[
            lot("Ring", was="sold", winningId=11),
            lot("Vase", was="passed"),
            lot(product, bidPrice=1),
            lot(product),
        ],
    )
    assert sale.states() == {1: "sold", 2: "passed", 3: "open", 4: "waiting"}
    assert sale.state.run_list.open.values.lot == sale.state.lot
    assert sale.refused("addLots", lots=[lot("x", was="passed")]) is Code.MALFORMED


@pytest.mark.parametrize(
    "lots",
    [
        [lot("a", was="sold")],
        [lot("a", winningId=11)],
        [lot("a", was="sold", winningId=99)],
        [lot("a", was="sold", winningId=11), lot("b", was="sold", winningId=11)],
    ],
)
def test_only_a_winning_of_the_auction_says_that_a_lot_was_sold(lots):
    assert Sale().refused("addLots", lots=lots) is Code.MALFORMED


# --- whatever is done

LOTS = st.integers(1, 6)
BEFORE = st.none() | LOTS
NAMES = st.sampled_from(["Ring", "Vase"])
COMMANDS = st.one_of(
    st.builds(
        lambda names, before: ("addLots", {"lots": [lot(n) for n in names], "before": before}),
        *(st.lists(NAMES, min_size=1, max_size=3), BEFORE),
    ),
    st.builds(
        lambda id_, name: ("editLot", {"lotId": id_, "version": 999, "product": name}), LOTS, NAMES
    ),
    st.builds(lambda id_, before: ("moveLot", {"lotId": id_, "before": before}), LOTS, BEFORE),
    st.builds(lambda id_: ("withdrawLot", {"lotId": id_}), LOTS),
    st.builds(lambda id_, before: ("offerAgain", {"lotId": id_, "before": before}), LOTS, BEFORE),
    st.builds(lambda id_: ("openLot", {"lotId": id_}), LOTS),
    st.builds(lambda price: ("repriceLot", {"minBidPrice": price}), st.integers(0, 5)),
    st.just(("passLot", {})),
    st.builds(lambda name: ("changeCuurentProduct", lot(name)), NAMES),
    st.builds(lambda name: ("awardingAuction", {"product": name}), NAMES),
    st.builds(lambda amount: ("placeBid", {"amount": amount}), st.integers(10, 40)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(COMMANDS, max_size=25))
def test_no_sequence_of_commands_breaks_a_run_list(commands):
    sale = Sale()
    ever: set[int] = set()
    for name, payload in commands:
        before = sale.state.run_list
        if (high := sale.state.high) and name in {"openLot", "passLot"}:
            payload = payload | {"withBids": high.bid_id}
        sale.gives(name, BILAL if name == "placeBid" else AMINA, **payload)
        after = sale.state.run_list
        numbers = [one.values.number for one in after.lots.values()]
        assert len(set(numbers)) == len(numbers)
        new = {after.lots[id_].values.number for id_ in after.lots.keys() - before.lots.keys()}
        assert not new & ever
        ever |= new
        on_block = [one for one in after.lots.values() if one.state is LotState.OPEN]
        assert on_block == ([after.open] if after.open else [])
        if after.open:
            assert sale.state.lot == after.open.values.lot
        assert len({one.position for one in after.lots.values()}) == len(after.lots)


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        (LotPassed("Ring", None), "no product"),
        (LotOpened(Lot("Ring", 10, 20, 30)), "names no lot"),
        (LotOpened(Lot("Ring", 10, 20, 30), 9, 9), "no such lot"),
        (LotOpened(Lot("Ring", 10, 20, 30), 1, 7), "another number"),
        (LotOpened(Lot("Ring", 10, 20, 30), 9, 10, created=True), "does not follow"),
        (Awarded("Ring", None, StandingBid(1, 2, 3, OPENING), lot_id=1), "no product"),
    ],
)
def test_entries_about_lots_are_proved(sale, forged, said):
    assert said in (objection(sale.state, next_entry(sale.state, forged, AMINA, OPENING)) or "")


def test_the_history_says_what_was_passed_over_when_another_lot_is_put_up() -> None:
    ring, pearl = Lot("Ring", 1, 1, 9), Lot("Pearl", 1, 1, 9)
    opened = State(live=True, lot=ring, high=StandingBid(5, 7, 500, BEGINNING), round=1, seq=4)
    entry = LedgerEntry(5, 2, 1, BEGINNING, LotOpened(pearl))

    words = in_words(opened, entry, lambda user_id: f"user {user_id}")

    assert words.startswith("put Pearl on the block")
    assert words.endswith("; Ring was passed, at 500 of user 7")
    assert "passed" not in in_words(replace(opened, high=None), entry, str)
