"""Commands that write several entries, none, or entries beside a refusal; and what they are handed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid, StaffCommand
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain import decide
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decision import By, RefusedWith, Several, Unchanged
from baraka_server.domain.events import Commented, LotRepriced
from baraka_server.live import found
from tests.live.ring import bid
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until

pytestmark = only_sqlite

AMINA, BILAL, DINA = 1, 2, 3


class Act(StaffCommand):
    """A command of these tests: what becomes of it is said by `decides`."""

    wire_name = "act"
    users: tuple[int, ...] = ()

    @property
    def named_users(self):
        return self.users


class ActOnRows(Act):
    """The same, about bids that have their rows."""

    @property
    def needs_rows(self):
        return True


@pytest.fixture
def decides(monkeypatch):
    """Say what becomes of `Act`; `decides.commands` are those that were decided."""

    def set_to(decision):
        def decided(state, command, _event, _rules):
            set_to.commands.append((state, command))
            return decision(state) if callable(decision) else decision

        for kind in (Act, ActOnRows):
            monkeypatch.setitem(decide.DECISIONS, kind, decided)

    set_to.commands = []
    return set_to


def act(kind=Act, **more):
    return kind(auction_id=1, **more)


RAISE = Several((By(BidPlaced(500), BILAL), BidPlaced(510), By(Commented("Hammer soon"), AMINA)), 1)


async def test_the_entries_of_a_command_are_written_and_told_in_order(on_air, store, hall, decides):
    house, amina, bilal = on_air
    decides(RAISE)
    before = len(hall.news_of(bilal))
    answer = await house.submit(amina, act())
    ledger = await the_ledger(store)
    assert [(e.kind, e.user_id) for e in ledger[-3:]] == [("bid", 2), ("bid", 1), ("comment", 1)]
    assert answer["seq"] == ledger[-2].seq  # its own one
    assert answer["bidId"] == ledger[-2].event.bid_id
    await house.drained()
    told = hall.news_of(bilal)[before:]
    assert [(name, said["seq"]) for name, said in told] == [
        ("newBid", ledger[-3].seq),
        ("newBid", ledger[-2].seq),
        ("newComment", ledger[-1].seq),
    ]
    assert [row["bid"] for row in told[1][1]["auctionBids"]] == [510, 500]


async def test_another_house_tells_all_entries_of_a_command(on_air, store, decides):
    house, amina, _ = on_air
    there = Hall()
    other = open_house(store, there, poll_seconds=0.01)
    dina = viewer(DINA)
    await other.submit(dina, JoinAuction(auction_id=1))
    decides(RAISE)
    seq = (await house.submit(amina, act()))["seq"]
    await until(lambda: there.news_of(dina) and there.news_of(dina)[-1][0] == "newComment")
    told = [(name, said["seq"]) for name, said in there.news_of(dina)]
    assert told[-3:] == [("newBid", seq - 1), ("newBid", seq), ("newComment", seq + 1)]
    await other.close()


async def test_a_batch_answers_each_with_its_own_entry(on_air, store, decides):
    house, amina, bilal = on_air
    decides(RAISE)
    answers = await asyncio.gather(
        house.submit(bilal, bid(100)), house.submit(amina, act()), house.submit(bilal, bid(600))
    )
    first = answers[0]["seq"]
    assert [answer["seq"] for answer in answers] == [first, first + 2, first + 4]
    ledger = await the_ledger(store)
    assert [e.event.amount for e in ledger if e.kind == "bid"] == [100, 500, 510, 600]


async def test_a_refusal_leaves_entries_that_are_told_before_it(on_air, store, hall, decides):
    house, amina, bilal = on_air
    refusal = Refusal(Code.BID_TOO_LOW, "act", {"current": 500})
    decides(RefusedWith(refusal, (By(BidPlaced(500), BILAL),)))
    outcome = await house.submit(amina, act(request_id="one"))
    assert outcome == refusal
    assert hall.news_of(bilal)[-1][1]["newBid"]["bid"] == 500
    again = await house.submit(amina, act(request_id="one"))  # writes nothing more
    assert (again.code, again.message) == (refusal.code, refusal.message)
    assert (await the_ledger(store))[-1].event.amount == 500
    await assert_sale_holds(store)


async def test_what_is_so_already_is_accepted_without_an_entry(on_air, store, hall, decides):
    house, amina, bilal = on_air
    decides(Unchanged())
    ledger, news = await the_ledger(store), len(hall.news_of(bilal))
    answer = await house.submit(amina, act(request_id="one"))
    assert (answer["seq"], answer["changed"]) == (ledger[-1].seq, False)
    assert await house.submit(amina, act(request_id="one")) == answer
    assert await the_ledger(store) == ledger
    assert len(hall.news_of(bilal)) == news


async def test_nothing_to_change_is_no_reason_to_begin_a_ledger(house, store, decides):
    decides(Unchanged())
    answer = await house.submit(viewer(AMINA), act())
    assert (answer["seq"], answer["changed"]) == (0, False)
    assert await the_ledger(store) == []


async def test_bids_before_a_command_about_rows_have_them(on_air, store, decides):
    house, amina, bilal = on_air
    decides(lambda state: LotRepriced(state.lot))
    outcomes = await asyncio.gather(
        *(house.submit(bilal, bid(amount)) for amount in (100, 200)),
        house.submit(amina, act()),
        house.submit(amina, act(ActOnRows)),
        house.submit(bilal, bid(300)),
    )
    assert [outcome["seq"] for outcome in outcomes] == [4, 5, 6, 7, 8]
    (without, _), (with_row, _) = decides.commands
    assert without.high.bid_id == 0  # decided in one batch
    assert with_row.high.bid_id == outcomes[1]["bidId"]


async def test_a_command_is_handed_what_was_found_for_its_kind(on_air, decides, monkeypatch):
    house, amina, bilal = on_air
    seen = []

    async def find(finding, so_far):
        seen.append((finding.auction.record.id, finding.state.round))
        return replace(so_far, users=so_far.users | {999})

    monkeypatch.setitem(found.FINDERS, Act, find)
    decides(Unchanged())
    await asyncio.gather(
        house.submit(bilal, PlaceBid(auction_id=1, amount=100)),
        house.submit(amina, act(users=(DINA, 404))),
    )
    assert seen == [(1, 1)]
    ((_, command),) = decides.commands
    assert {DINA, 999} <= command.found.users
    assert 404 not in command.found.users
    assert len(command.found.salt) == 32
