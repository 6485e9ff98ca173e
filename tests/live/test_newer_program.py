"""Entries that only a newer program knows (D55)."""

from __future__ import annotations

import json

from sqlalchemy import select, update

from baraka_server.contract.client_events import (
    JoinAuction,
    PlaceBid,
    StartAuction,
)
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import AuctionEntry
from baraka_server.store.tables import requests
from tests.live.ring import AWARD, RING, bid
from tests.support.checks.proof import the_ledger
from tests.support.clients.hall import viewer
from tests.support.servers import newer
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite


async def test_behind_a_rule_that_is_not_known_the_auction_is_shown_and_nothing_accepted(
    on_air, store, hall
):
    house, amina, bilal = on_air
    await house.submit(bilal, bid(10))
    seq = await newer.writes(store, "reserve_set", {"v": 1, "rule": True, "amount": 90})
    command = PlaceBid(auction_id=1, amount=20, request_id="once")
    assert (await house.submit(bilal, command)).code is Code.UNAVAILABLE
    for event in (AWARD, RING, StartAuction(auction_id=1)):
        assert (await house.submit(amina, event)).code is Code.UNAVAILABLE
    name, entry = next(heard for heard in hall.news_of(bilal) if heard[0] == "auctionEntry")
    assert AuctionEntry.model_validate(entry).model_fields_set == {
        "auction_id",
        "seq",
        "ledger",
        "server_time",
    }
    assert (name, entry["auctionId"], entry["seq"]) == ("auctionEntry", 1, seq)
    # What the entry did to the rows only they can say.
    assert [name for name, _ in hall.news_of(bilal)].count("auctionState") == 2
    state = await house.submit(viewer(3), JoinAuction(auction_id=1, last_seq=seq - 1))
    assert [row["bid"] for row in json.loads(state["auctionBids"])] == [10]
    assert [one["event"] for one in json.loads(state["missed"])] == ["auctionEntry"]
    assert len(await the_ledger(store, 1)) == seq

    # A newer server would accept it: the refusal is not what a repetition gets there.
    async with store.reading() as connection:
        assert (await connection.execute(select(requests))).all() == []


async def test_a_choice_that_is_not_known_is_refused_and_told_without_a_fault(on_air, store, hall):
    house, _, bilal = on_air
    said = {"v": 1, "rule": True, "target_id": 3, "role": "cashier", "before": None}
    seq = await newer.writes(store, "role_set", said)
    assert (await house.submit(bilal, bid(10))).code is Code.UNAVAILABLE
    assert [p["seq"] for name, p in hall.news_of(bilal) if name == "auctionEntry"] == [seq]


async def test_a_request_that_a_newer_program_refused_for_its_own_reason_is_answered_there(
    on_air, store
):
    house, _, bilal = on_air
    command = PlaceBid(auction_id=1, amount=1, request_id="once")
    assert (await house.submit(bilal, command)).code is Code.BID_BELOW_MINIMUM
    assert (await house.submit(bilal, command)).code is Code.BID_BELOW_MINIMUM
    async with store.writing() as connection:
        kept = json.dumps({"refused": ["outbid_by_moon", "placeBid", {"phase": 3}]})
        await connection.execute(update(requests).values(outcome=kept))
    assert (await house.submit(bilal, command)).code is Code.UNAVAILABLE
    async with store.reading() as connection:
        assert (await connection.execute(select(requests.c.outcome))).scalars().all() == [kept]
    assert (await house.submit(bilal, bid(10)))["bidId"]


async def test_an_entry_that_is_no_rule_is_only_counted(on_air, store, hall):
    house, _, bilal = on_air
    seq = await newer.writes(store, "spotlight", {"v": 1, "rule": False, "on": 1})
    assert (await house.submit(bilal, bid(10)))["seq"] == seq + 1
    assert [(name, payload["seq"]) for name, payload in hall.news_of(bilal)][-2:] == [
        ("auctionEntry", seq),
        ("newBid", seq + 1),
    ]
