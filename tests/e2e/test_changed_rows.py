"""Another program changes rows in the middle of a sale: what is shown and decided is what is there."""

from __future__ import annotations

import asyncio

import pytest

from baraka_server.store import audit
from tests.support.checks.proof import the_ledger
from tests.support.clients.another_program import delete_user, sql
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

AMINA, BILAL, DINA, FARAH = 1, 2, 3, 6
RING = {
    "auctionId": 1,
    "product": "Ring",
    "minBidPrice": 100,
    "bidPrice": 100,
    "actualPrice": 900,
}
AWARD = {"auctionId": 1, "product": "Ring", "weight": "5g"}


@pytest.fixture
async def phones():
    async with PythonPhones() as opened:
        yield opened


async def pick_up(phones, server, user_id):
    phone = await phones.open(server.url, user_id, auth={"token": token(SECRET, user_id)})
    assert (await phone.emits("joinAuction", {"auctionId": 1}))["ok"]
    return phone


async def a_sale(phones, server, *user_ids):
    """The host and bidders in the room of auction 1, the ring on the block."""
    host = await phones.open(server.url, AMINA, auth={"token": token(SECRET, AMINA)})
    await host.emits("startLiveAuction", {"auctionId": 1})
    await host.emits("changeCuurentProduct", RING)
    assert (await host.emits("joinAuction", {"auctionId": 1}))["ok"]
    return [host, *[await pick_up(phones, server, user_id) for user_id in user_ids]]


def a_bid(amount, **more):
    return {"auctionId": 1, "amount": amount, **more}


async def ledger_kinds(store):
    return [entry.event.kind for entry in await the_ledger(store)]


def the_amounts(told):
    return [bid["bid"] for bid in told["auctionBids"]]


# --- the standing bid and its user


async def test_when_the_leader_is_deleted_the_next_bid_leads_at_once(
    baraka, sale_database, phones, store
):
    """D47: the fat bid of a friend who is deleted shields no low one."""
    host, bilal, dina, farah = await a_sale(phones, baraka, BILAL, DINA, FARAH)
    low = await bilal.emits("placeBid", a_bid(140))
    gone = await dina.emits("placeBid", a_bid(500))
    await delete_user(sale_database, DINA)

    refused = await farah.emits("placeBid", a_bid(140))
    assert refused["message"] == "Bid must be higher than the current bid (140)"
    for phone in (host, bilal, farah):  # in the guide's words: who reads lists has the right one
        told = await phone.hears("newBid", lambda told: "formerBid" in told)
        assert (told["newBid"]["id"], told["newBid"]["bid"]) == (low["bidId"], 140)
        assert the_amounts(told) == [140]
        assert told["formerBid"] == {"bidId": gone["bidId"], "userId": DINA, "amount": 500}
        assert told["seq"] == gone["seq"] + 1
    assert (await farah.emits("placeBid", a_bid(150)))["seq"] == gone["seq"] + 2
    assert the_amounts(await bilal.hears("newBid")) == [150, 140]
    assert (await ledger_kinds(store))[-2:] == ["standing_bid_changed", "bid"]
    assert (await audit.verify(store, 1)).ok


async def test_after_the_leader_vanished_the_next_award_is_refused_once(
    baraka, sale_database, phones, store
):
    host, bilal, dina = await a_sale(phones, baraka, BILAL, DINA)
    low = await bilal.emits("placeBid", a_bid(140))
    gone = await dina.emits("placeBid", a_bid(500))
    await delete_user(sale_database, DINA)

    refused = await host.emits("awardingAuction", AWARD)
    assert refused == {
        "ok": False,
        "code": "standing_bid_changed",
        "message": "Auction could not be ended.",
        "standingBid": {"bidId": low["bidId"], "userId": BILAL, "amount": 140},
        "formerBid": {"bidId": gone["bidId"], "userId": DINA, "amount": 500},
    }
    error = await host.hears_error("Auction could not be ended.")
    assert (error["code"], error["standingBid"]["amount"]) == ("standing_bid_changed", 140)
    assert the_amounts(await bilal.hears("newBid", lambda told: "formerBid" in told)) == [140]

    assert (await host.emits("awardingAuction", AWARD))["ok"]
    ended = await bilal.hears("auctionEnded")
    assert (ended["winningBid"]["bid"], ended["winningUser"]["id"]) == (140, BILAL)
    assert (await audit.verify(store, 1)).ok


async def test_an_award_that_names_the_bid_that_stands_now_is_not_refused(
    baraka, sale_database, phones
):
    host, bilal, dina = await a_sale(phones, baraka, BILAL, DINA)
    low = await bilal.emits("placeBid", a_bid(140))
    gone = await dina.emits("placeBid", a_bid(500))
    await delete_user(sale_database, DINA)
    refused = await host.emits("awardingAuction", AWARD | {"bidId": gone["bidId"]})
    assert (refused["code"], refused["standingBid"]["bidId"]) == (
        "standing_bid_changed",
        low["bidId"],
    )
    again = await host.emits("awardingAuction", AWARD | {"bidId": gone["bidId"]})
    assert again["code"] == "other_bid_leads"
    assert (await host.emits("awardingAuction", AWARD | {"bidId": low["bidId"]}))["ok"]


async def test_of_a_double_click_after_the_leader_vanished_neither_sells(
    baraka, sale_database, phones
):
    """The second one is on its way before anybody was told of the refusal: it is not an answer to it."""
    host, bilal, dina = await a_sale(phones, baraka, BILAL, DINA)
    await bilal.emits("placeBid", a_bid(140))
    await dina.emits("placeBid", a_bid(500))
    await delete_user(sale_database, DINA)
    clicks = await asyncio.gather(*(host.emits("awardingAuction", AWARD) for _ in range(3)))
    assert [click.get("code") for click in clicks] == ["standing_bid_changed"] * 3
    assert (await host.emits("awardingAuction", AWARD))["ok"]


async def test_a_leader_who_vanishes_again_is_told_of_again(baraka, sale_database, phones, store):
    host, bilal, dina, farah = await a_sale(phones, baraka, BILAL, DINA, FARAH)
    for phone, amount in ((bilal, 110), (dina, 200), (farah, 300)):
        await phone.emits("placeBid", a_bid(amount))
    for gone, stands in ((FARAH, 200), (DINA, 110)):
        await delete_user(sale_database, gone)
        refused = await host.emits("awardingAuction", AWARD)
        assert (refused["code"], refused["standingBid"]["amount"]) == (
            "standing_bid_changed",
            stands,
        )
    assert (await host.emits("awardingAuction", AWARD))["ok"]
    assert (await bilal.hears("auctionEnded"))["winningBid"]["bid"] == 110
    assert (await audit.verify(store, 1)).ok


async def test_a_leader_who_leaves_nobody_behind_is_awarded_to_nobody(
    baraka, sale_database, phones, store
):
    host, bilal, dina = await a_sale(phones, baraka, BILAL, DINA)
    await dina.emits("placeBid", a_bid(500))
    await delete_user(sale_database, DINA)
    below = await bilal.emits("placeBid", a_bid(50))
    assert below["message"] == "Bid must be at least the minimum bid (100)"
    told = await bilal.hears("auction_change_product", lambda told: "formerBid" in told)
    assert (told["product"], told["minBidPrice"], told["auctionBids"]) == ("Ring", 100, [])
    refused = await host.emits("awardingAuction", AWARD)
    assert (refused["code"], refused["standingBid"]) == ("standing_bid_changed", None)
    assert (await host.emits("awardingAuction", AWARD))["ok"]
    ended = await bilal.hears("auctionEnded")
    assert (ended["winningBid"], ended["winningUser"]) == (None, None)
    assert (await audit.verify(store, 1)).ok


CHANGES = {
    "DELETE FROM Auction_bids WHERE bid = 500": 140,
    "UPDATE Auction_bids SET bid = 130 WHERE bid = 500": 140,
    "UPDATE Auction_bids SET bid = 160 WHERE bid = 500": 160,
    "UPDATE Auction_bids SET user_id = 9 WHERE bid = 500": 500,
    "UPDATE Auction_bids SET bid = 700 WHERE bid = 140": 700,
    "INSERT INTO Auction_bids (auction_id, user_id, bid, updatedAt) "
    "VALUES (1, 9, 800, '2026-01-01 00:00:00')": 800,
}
"""What another program does to a round with bids of 140 and 500, and what stands then."""


async def test_whatever_changed_the_standing_bid_is_told_of(baraka, sale_database, phones, store):
    host, bilal, dina = await a_sale(phones, baraka, BILAL, DINA)
    for number, (statement, stands) in enumerate(CHANGES.items()):
        await host.emits("changeCuurentProduct", RING | {"product": f"Ring {number}"})
        await bilal.emits("placeBid", a_bid(140))
        await dina.emits("placeBid", a_bid(500))
        await sql(sale_database, statement)
        award = AWARD | {"product": f"Ring {number}"}
        refused = await host.emits("awardingAuction", award)
        assert refused["code"] == "standing_bid_changed", statement
        assert refused["standingBid"]["amount"] == stands, statement
        told = await bilal.hears("newBid", lambda told: "formerBid" in told)
        assert told["newBid"]["bid"] == stands
        assert (await host.emits("awardingAuction", award))["ok"]
        assert (await bilal.hears("auctionEnded"))["winningBid"]["bid"] == stands
        assert (await audit.verify(store, 1)).ok


async def test_a_user_who_is_gone_but_left_rows_does_not_lead(baraka, sale_database, phones):
    """The other program minded no references."""
    host, bilal, dina = await a_sale(phones, baraka, BILAL, DINA)
    await bilal.emits("placeBid", a_bid(140))
    await dina.emits("placeBid", a_bid(500))
    await sql(sale_database, "DELETE FROM users WHERE id = 3", keeps_references=False)
    assert (await bilal.emits("placeBid", a_bid(150)))["ok"]
    assert the_amounts(await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 150)) == [
        150,
        140,
    ]
    late = await pick_up(phones, baraka, 9)
    assert the_amounts(await late.emits("joinAuction", {"auctionId": 1})) == [150, 140]
    assert (await host.emits("awardingAuction", AWARD))["code"] == "standing_bid_changed"
    assert (await host.emits("awardingAuction", AWARD))["ok"]


@pytest.mark.parametrize("other_node", [False, True])
async def test_the_refusal_is_known_after_a_restart_and_on_another_node(
    sale_database, tmp_path, phones, store, other_node
):
    async with Baraka(sale_database, tmp_path) as here:
        host, bilal, dina = await a_sale(phones, here, BILAL, DINA)
        await bilal.emits("placeBid", a_bid(140))
        await dina.emits("placeBid", a_bid(500))
        await delete_user(sale_database, DINA)
        refused = await host.emits("awardingAuction", AWARD)
        assert refused["code"] == "standing_bid_changed"
        if not other_node:
            await here.stop()
        async with Baraka(sale_database, tmp_path) as there:
            host = await phones.open(there.url, auth={"token": token(SECRET, AMINA)})
            assert (await host.emits("awardingAuction", AWARD))["ok"]
    (awarded,) = [entry for entry in await the_ledger(store) if entry.event.kind == "awarded"]
    assert awarded.event.high.amount == 140


async def test_on_two_nodes_everybody_hears_who_leads_and_the_list_is_right(
    sale_database, tmp_path, phones, store
):
    """Bilal's node has to hear it from the ledger; by then more has happened."""
    polls = {"BARAKA_LEDGER_POLL_SECONDS": 0.1, "BARAKA_ROWS_LOOK_SECONDS": 0}
    async with (
        Baraka(sale_database, tmp_path, **polls) as here,
        Baraka(sale_database, tmp_path, **polls) as there,
    ):
        _, dina, farah = await a_sale(phones, here, DINA, FARAH)
        bilal = await pick_up(phones, there, BILAL)
        await bilal.emits("placeBid", a_bid(140))
        await dina.emits("placeBid", a_bid(500))
        await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 500)
        await delete_user(sale_database, DINA)
        for amount in (150, 160):
            assert (await farah.emits("placeBid", a_bid(amount)))["ok"]
        changed = await bilal.hears("newBid", lambda told: "formerBid" in told)
        assert the_amounts(changed) == [140]
        assert the_amounts(await bilal.hears("newBid")) == [150, 140]
        assert the_amounts(await bilal.hears("newBid")) == [160, 150, 140]
        assert [told["seq"] for told in bilal.heard("newBid")] == [
            entry.seq
            for entry in await the_ledger(store)
            if entry.event.kind in {"bid", "standing_bid_changed"}
        ]


# --- what is shown


LOOKS = {"BARAKA_ROWS_LOOK_SECONDS": 0.1}


async def test_without_a_bid_the_room_is_told_soon_who_leads(
    sale_database, tmp_path, phones, store
):
    async with Baraka(sale_database, tmp_path, **LOOKS) as server:
        host, bilal, dina = await a_sale(phones, server, BILAL, DINA)
        await bilal.emits("placeBid", a_bid(140))
        await dina.emits("placeBid", a_bid(500))
        await dina.emits("comment", {"auctionId": 1, "comment": "Mine!"})
        await delete_user(sale_database, DINA)
        told = await bilal.hears("newBid", lambda told: "formerBid" in told)
        assert the_amounts(told) == [140]
        state = await host.emits("joinAuction", {"auctionId": 1})
        assert (the_amounts(state), state["auctionComments"]) == ([140], [])
        assert (await host.emits("awardingAuction", AWARD))["code"] == "standing_bid_changed"
    assert (await audit.verify(store, 1)).ok
    assert (await ledger_kinds(store)).count("standing_bid_changed") == 2  # and the refusal


def names_of(state, user_id):
    rows = state["auctionBids"] + state["auctionComments"]
    users = [row["user"] for row in rows if row["user_id"] == user_id]
    return {(user["name"], user["number"]) for user in users}


SHOWN = {
    "DELETE FROM Auction_bids WHERE bid = 140": lambda state: the_amounts(state) == [500],
    "UPDATE Auction_comments SET comment = 'Sewn' WHERE comment = 'Rude'": lambda state: (
        [row["comment"] for row in state["auctionComments"]] == ["Sewn", "Nice"]
    ),
    "UPDATE users SET name = 'Bilal II', number = '+99900000077' WHERE id = 2": lambda state: (
        names_of(state, BILAL) == {("Bilal II", "••••••77")}
    ),
    "UPDATE Auction SET title = 'Gold', image_url = 'https://example.com/2' WHERE id = 1": (
        lambda state: state["auction"]["title"] == "Gold"
    ),
    "DELETE FROM Auction_comments WHERE comment = 'Sewn'": lambda state: (
        [row["comment"] for row in state["auctionComments"]] == ["Nice"]
    ),
}
"""What another program does, and whether a state shows it."""


async def test_what_another_program_changed_is_shown_soon(sale_database, tmp_path, phones):
    async with Baraka(sale_database, tmp_path, **LOOKS) as server:
        _, bilal, dina = await a_sale(phones, server, BILAL, DINA)
        await bilal.emits("placeBid", a_bid(140))
        await dina.emits("placeBid", a_bid(500))
        await bilal.emits("comment", {"auctionId": 1, "comment": "Rude"})
        await dina.emits("comment", {"auctionId": 1, "comment": "Nice"})
        for statement, shown in SHOWN.items():
            await sql(sale_database, statement)
            assert shown(await dina.hears("auctionState", shown))
            assert shown(await bilal.emits("joinAuction", {"auctionId": 1}))
        # In the words of the guide too, where a bid is concerned.
        assert [the_amounts(told) for told in dina.heard("newBid")[2:]] == [[500]]
        # Once each: what is shown is what is there, and nothing more is said of it.
        assert len(dina.heard("auctionState")) == len(SHOWN)


async def test_a_renamed_user_has_the_new_name_in_the_next_announcement(
    baraka, sale_database, phones
):
    """And in every row of its lists: a joiner does not see two names for one user."""
    _, bilal, dina = await a_sale(phones, baraka, BILAL, DINA)
    await bilal.emits("placeBid", a_bid(140))
    await dina.emits("placeBid", a_bid(150))
    await sql(sale_database, "UPDATE users SET name = 'Bilal the Second' WHERE id = 2")
    await bilal.emits("placeBid", a_bid(160))
    told = await dina.hears("newBid", lambda told: told["newBid"]["bid"] == 160)
    names = [bid["user"]["name"] for bid in told["auctionBids"]]
    assert names == ["Bilal the Second", "Dina A.", "Bilal the Second"]


async def test_a_change_of_the_auctions_row_is_heard_in_the_guides_words(
    sale_database, tmp_path, phones, store
):
    async with Baraka(sale_database, tmp_path, **LOOKS) as server:
        _, bilal = await a_sale(phones, server, BILAL)
        await bilal.emits("placeBid", a_bid(140))
        await sql(sale_database, "UPDATE Auction SET minBidPrice = 70 WHERE id = 1")
        assert (await bilal.hears("auction_change_product", priced(70)))["product"] == "Ring"
        await sql(
            sale_database,
            "UPDATE Auction SET current_product = 'Pearl', minBidPrice = 5 WHERE id = 1",
            "DELETE FROM Auction_bids WHERE auction_id = 1",
        )
        changed = await bilal.hears("auction_change_product", priced(5))
        assert (changed["product"], changed["round"]) == ("Pearl", 2)
        assert (await bilal.emits("placeBid", a_bid(5)))["ok"]
        await sql(sale_database, "UPDATE Auction SET isLive = 0, isEnded = 1 WHERE id = 1")
        assert (await bilal.hears("auctionFinished"))["message"] == "The auction has been ended."
        assert (await bilal.emits("placeBid", a_bid(50)))["code"] == "not_live"
    assert (await audit.verify(store, 1)).ok


def priced(minimum):
    return lambda told: told["minBidPrice"] == minimum


async def test_an_auction_whose_row_is_deleted_is_over_for_its_room(
    sale_database, tmp_path, phones
):
    async with Baraka(sale_database, tmp_path, **LOOKS) as server:
        host, bilal = await a_sale(phones, server, BILAL)
        await bilal.emits("placeBid", a_bid(140))
        await sql(sale_database, "DELETE FROM Auction WHERE id = 1")
        assert (await bilal.hears("auctionCanceled"))["auctionId"] == 1
        for phone, event, payload in (
            (bilal, "joinAuction", {"auctionId": 1}),
            (bilal, "placeBid", a_bid(150)),
            (host, "awardingAuction", AWARD),
            (host, "endAuction", {"auctionId": 1}),
        ):
            assert (await phone.emits(event, payload))["code"] == "auction_not_found"
        assert (await bilal.emits("leaveAuction", {"auctionId": 1}))["ok"]
        assert not [line for line in server.log if line.get("level") == "ERROR"]
