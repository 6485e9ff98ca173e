"""Roles in a house: who is told of one, and what it is worth on every server at once (D46)."""

from __future__ import annotations

import asyncio
import json

from baraka_server.contract.client_events import AwardLot, JoinAuction
from baraka_server.contract.people import SetRole
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live import desk
from baraka_server.live.encoded import encode
from baraka_server.store import audit
from tests.live.ring import AWARD, RING, bid
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.neighbours import until

JOIN = JoinAuction(auction_id=1)
CLARA = 6


def set_role(user_id: int, role: str | None, **more) -> SetRole:
    return SetRole(auction_id=1, user_id=user_id, role=role, **more)


async def joined(house, who):
    return json.loads(encode(await house.submit(who, JOIN)))


async def test_a_role_is_told_to_its_user_and_the_room_hears_that_there_is_an_entry(on_air, hall):
    house, amina, bilal = on_air
    clara, tab = viewer(CLARA), viewer(CLARA)
    assert (await joined(house, clara))["role"] is None
    await joined(house, tab)
    assert (await joined(house, amina))["role"] == "owner"
    answer = await house.submit(amina, set_role(CLARA, "clerk"))
    for socket in (clara, tab):
        (event, told), (entry, of_room) = hall.news_of(socket)[-2:]
        assert (event, told["role"], told["seq"]) == ("roleChanged", "clerk", answer["seq"])
        assert (entry, of_room["seq"]) == ("auctionEntry", answer["seq"])
    heard = hall.news_of(bilal)
    assert heard[-1] == ("auctionEntry", of_room)
    assert "roleChanged" not in [event for event, _ in heard]
    assert (await joined(house, clara))["role"] == "clerk"
    same = await house.submit(amina, set_role(CLARA, "clerk"))
    assert (same["changed"], same["seq"]) == (False, answer["seq"])


async def test_a_clerk_runs_the_sale_and_the_ledger_says_who_did(on_air, store):
    house, amina, bilal = on_air
    await house.submit(amina, set_role(CLARA, "clerk"))
    clara = viewer(CLARA)
    await house.submit(bilal, bid(10))
    assert (await house.submit(clara, AWARD))["winningId"]
    assert (await house.submit(clara, RING))["round"] == 2
    assert (await house.submit(clara, bid(10))).code is Code.STAFF_BID
    told = {entry.seq: entry async for entry in audit.history(store, 1)}
    assert [(one.who, one.what) for one in told.values() if one.userId in {1, CLARA}][2:] == [
        (told[4].who, f"made {told[6].who} a clerk"),
        (told[6].who, "awarded Gold Ring (5.2g) to 1 Bilal A. for 10"),
        (told[6].who, "put Gold Ring on the block: minimum 5, start 10, market price 20"),
    ]
    await assert_sale_holds(store)


async def test_a_role_that_is_taken_away_holds_for_what_waits_on_every_server(on_air, store, hall):
    """The other server has not heard of it, and decides on the locked row all the same."""
    house, amina, bilal = on_air
    other = open_house(store, Hall())
    clara = viewer(CLARA)
    await house.submit(amina, set_role(CLARA, "clerk"))
    assert (await other.submit(clara, RING))["round"] == 1
    await house.submit(bilal, bid(10))
    _, refused = await asyncio.gather(
        house.submit(amina, set_role(CLARA, None)), house.submit(clara, AWARD)
    )
    assert refused == Refusal(Code.NOT_OWNER, "awardingAuction")
    there = await other.submit(clara, AwardLot(auction_id=1, product="Gold Ring", round=1))
    assert there == Refusal(Code.NOT_OWNER, "awardingAuction")
    await other.close()


async def test_roles_are_kept_over_a_restart(on_air, store):
    house, amina, _ = on_air
    await house.submit(amina, set_role(CLARA, "clerk"))
    again = open_house(store, Hall())
    assert (await joined(again, viewer(CLARA)))["role"] == "clerk"
    assert (await again.submit(viewer(CLARA), RING))["round"] == 1
    await again.close()


async def test_whoever_has_a_bid_on_the_list_gets_no_role_and_does_once_the_lot_is_sold(on_air):
    """Bid and role in one batch: the bid is written before the role is decided."""
    house, amina, _ = on_air
    clara = viewer(CLARA)
    placed, refused = await asyncio.gather(
        house.submit(clara, bid(10)), house.submit(amina, set_role(CLARA, "clerk"))
    )
    assert placed["bidId"]
    assert refused == Refusal(Code.HAS_BIDS, "setRole")
    await house.submit(amina, AWARD)
    assert (await house.submit(amina, set_role(CLARA, "clerk")))["seq"]


async def test_a_role_set_at_the_command_line_is_told_by_the_running_server(on_air, store, hall):
    house, _, _ = on_air
    clara = viewer(CLARA)
    await joined(house, clara)
    await desk.carry_out(store, set_role(CLARA, "moderator"))
    await house.look_for_others()
    await until(lambda: hall.news_of(clara)[-1][0] == "auctionEntry")
    assert hall.news_of(clara)[-2][1]["role"] == "moderator"
    (entry,) = [one async for one in audit.history(store, 1) if one.kind == "role_set"]
    assert (entry.who, entry.data["by"]) == (None, "operator")
    assert entry.what.startswith("at the command line: made ")
    await assert_sale_holds(store)
