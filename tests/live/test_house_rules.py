"""Rules of an auction in a house: told to the room, in every state, kept over a restart (D48)."""

from __future__ import annotations

import asyncio
import json

from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.vocabulary import parse
from baraka_server.live.encoded import encode
from baraka_server.store import audit
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.command_line import invoke
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.neighbours import until

FLORA = 8


def rules(**said):
    return parse("setHouseRules", [{"auctionId": 1} | said])


async def state(house, who):
    joined = await house.submit(who, JoinAuction(auction_id=1))
    told = json.loads(encode(joined))
    return told["registration"], told["maxima"]


async def test_rules_are_told_to_the_room_and_kept_over_a_restart(on_air, store, hall):
    house, amina, bilal = on_air
    assert await state(house, bilal) == ("open", False)
    said = {"registration": "approval", "maxima": True, "floorUserId": FLORA}
    answer = await house.submit(amina, rules(**said))
    name, told = hall.news_of(bilal)[-1]
    assert (name, told["seq"]) == ("houseRulesChanged", answer["seq"])
    assert (told["registration"], told["maxima"]) == ("approval", True)
    assert told.keys() == {"auctionId", "seq", "ledger", "serverTime", "registration", "maxima"}
    same = await house.submit(amina, rules(maxima=True))
    assert (same["changed"], same["seq"]) == (False, answer["seq"])
    assert hall.news_of(bilal)[-1][1] == told
    again = open_house(store, Hall())
    assert await state(again, viewer(3)) == ("approval", True)
    assert (await again.submit(amina, rules(registration="open")))["seq"] == answer["seq"] + 1
    await again.close()
    entries = [entry async for entry in audit.history(store, 1)]
    assert [entry.what for entry in entries if entry.kind == "house_rules_set"] == [
        "let only registered bidders bid, allowed maximum bids and named Idris A. the floor user",
        "let everybody bid",
    ]
    await assert_sale_holds(store)


async def test_the_command_line_shows_and_sets_rules_and_the_running_server_tells_them(
    on_air, sale_database, store, hall
):
    house, _, bilal = on_air

    async def cli(*words):
        return await asyncio.to_thread(
            invoke, "auction", "rules", 1, *words, BARAKA_DATABASE_URL=sale_database
        )

    assert json.loads((await cli("--json")).out) == {
        "registration": "open",
        "maxima": False,
        "floorUserId": None,
    }
    done = await cli("--registration", "approval", "--maxima", "--floor-user", FLORA)
    assert done.code == 0, done.err
    assert "those whom the owner registered" in done.out
    assert f"{FLORA} " in done.out
    await house.look_for_others()
    await until(lambda: hall.news_of(bilal)[-1][0] == "houseRulesChanged")
    assert json.loads((await cli("--no-floor-user", "--json")).out)["floorUserId"] is None
    refused = await cli("--floor-user", 1)
    assert (refused.code, refused.err.strip()) == (1, "That user works in this auction")
    assert (await cli("--floor-user", 8, "--no-floor-user")).code == 2
    last = [entry async for entry in audit.history(store, 1)][-1]
    assert last.what == "at the command line: named no floor user any more"
    await assert_sale_holds(store)
