"""Registration in a house: whose bids count, who is told, the same on every server (D36, D48)."""

from __future__ import annotations

import asyncio
import json

from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.live.encoded import encode
from baraka_server.store import audit
from tests.live.ring import AWARD, RING, bid
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.command_line import invoke
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.neighbours import until

JOIN = JoinAuction(auction_id=1)
DINA, HANA = 3, 9
APPROVAL = parse("setHouseRules", [{"auctionId": 1, "registration": "approval"}])


def register(user_id, *, approved=True, **more):
    said = {"auctionId": 1, "userId": user_id, "approved": approved}
    return parse("registerBidder", [said | more])


async def own(house, who):
    state = json.loads(encode(await house.submit(who, JOIN)))
    return state["registered"], state["paddle"], state["limit"]


async def test_a_registration_is_told_to_its_user_alone_and_lets_the_bids_in(on_air, store, hall):
    house, amina, bilal = on_air
    hana, tab = viewer(HANA), viewer(HANA)
    await house.submit(amina, APPROVAL)
    assert await own(house, hana) == (False, None, None)
    await house.submit(tab, JOIN)
    assert await house.submit(hana, bid(10)) == Refusal(Code.NOT_REGISTERED, "placeBid")
    answer = await house.submit(amina, register(HANA, limit=50))
    assert answer["paddle"] == 1
    for socket in (hana, tab):
        (name, told), (entry, of_room) = hall.news_of(socket)[-2:]
        assert (name, told["seq"], entry) == ("registrationChanged", answer["seq"], "auctionEntry")
        assert (told["registered"], told["paddle"], told["limit"]) == (True, 1, 50)
    heard = hall.news_of(bilal)
    assert heard[-1] == ("auctionEntry", of_room)
    assert "registrationChanged" not in [name for name, _ in heard]
    assert (await house.submit(hana, bid(10)))["bidId"]
    assert hall.news_of(bilal)[-1][1]["newBid"]["paddle"] == 1
    assert await house.submit(hana, bid(60)) == Refusal(Code.OVER_LIMIT, "placeBid", {"limit": 50})
    assert await own(house, hana) == (True, 1, 50)
    same = await house.submit(amina, register(HANA, limit=50))
    assert (same["changed"], "paddle" in same) == (False, False)
    await assert_sale_holds(store)


async def test_what_waits_behind_a_registration_is_decided_behind_it_on_every_server(
    on_air, store, hall
):
    """The other server has not heard of it, and decides on the locked row all the same."""
    house, amina, bilal = on_air
    there, dina = Hall(), viewer(DINA)
    other = open_house(store, there)
    await house.submit(amina, APPROVAL)
    await other.submit(dina, JOIN)
    registered, placed, first = await asyncio.gather(
        house.submit(amina, register(2)), house.submit(bilal, bid(10)), other.submit(dina, bid(20))
    )
    assert (registered["paddle"], placed["round"]) == (1, 1)
    assert first == Refusal(Code.NOT_REGISTERED, "placeBid")
    await house.submit(amina, register(DINA, limit=100))
    assert (await other.submit(dina, bid(100)))["bidId"]
    await other.look_for_others()
    await until(lambda: "registrationChanged" in [name for name, _ in there.news_of(dina)])
    taken, refused = await asyncio.gather(
        house.submit(amina, register(2, approved=False)), house.submit(bilal, bid(110))
    )
    assert taken["seq"]
    assert refused == Refusal(Code.NOT_REGISTERED, "placeBid")
    await house.submit(amina, AWARD)
    await other.close()
    again = open_house(store, Hall())
    assert await own(again, viewer(DINA)) == (True, 2, 100)
    assert await own(again, viewer(2)) == (False, 1, None)
    assert (await again.submit(amina, RING))["round"] == 2
    assert (await again.submit(viewer(2), bid(110))).code is Code.NOT_REGISTERED
    await again.close()
    await assert_sale_holds(store)


async def test_the_command_line_registers_and_lists_and_the_running_server_tells_the_bidder(
    on_air, sale_database, store, hall
):
    house, _, bilal = on_air
    await house.submit(bilal, bid(10))
    hana = viewer(HANA)
    await house.submit(hana, JOIN)

    async def cli(*words):
        return await asyncio.to_thread(
            invoke, "auction", "register", 1, *words, BARAKA_DATABASE_URL=sale_database
        )

    done = await cli(HANA, "--limit", 500)
    assert (done.code, done.err) == (0, "User 9 is registered to bid in auction 1, up to 500.\n")
    await house.look_for_others()
    await until(lambda: hall.news_of(hana)[-1][0] == "auctionEntry")
    assert hall.news_of(hana)[-2][1]["limit"] == 500
    assert [
        (one["paddle"], one["userId"], one["registered"], one["limit"])
        for one in json.loads((await cli("--json")).out)
    ] == [(1, 2, False, None), (2, HANA, True, 500)]
    assert "500" in (await cli()).out
    gone = await cli(HANA, "--no")
    assert (gone.code, gone.err) == (0, "User 9 is not registered in auction 1.\n")
    owner = await cli(1)
    assert (owner.code, owner.err.strip()) == (1, "That user works in this auction")
    assert [(await cli(*words)).code for words in (("--no",), (HANA, "--no", "--limit", 5))] == [
        2,
        2,
    ]
    assert (
        (await cli(HANA, "--limit", 0))
        .err.strip()
        .endswith("limit must be a whole number from 1 to 2147483647")
    )
    entries = [one async for one in audit.history(store, 1) if one.kind == "bidder_registered"]
    assert [one.what for one in entries] == [
        "at the command line: registered 2 Jumana A. to bid, with a limit of 500",
        "at the command line: took the registration of 2 Jumana A. away",
    ]
    await assert_sale_holds(store)
