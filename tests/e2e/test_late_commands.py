"""Bids and host's commands that arrive after the product changed, by real clients (D23, D31, D32)."""

from __future__ import annotations

import pytest

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    StartAuction,
)
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.phones import NodePhones, Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

CHANGED = "The product has just changed"
OVER = "Auction could not be ended."
JOIN = JoinAuction(auction_id=1)


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


def picking(kind: str):
    """A fixture of official phones of one kind, or of each kind in turn."""

    @pytest.fixture(params=kind.split(", "))
    async def phones(request, baraka):
        NodePhones.require()
        async with NodePhones() as node:

            async def pick_up(user_id: int, **options) -> Phone:
                auth = {"token": token(SECRET, user_id)}
                usual = {"transports": [request.param], "auth": auth}
                phone = await node.open(baraka.url, user_id, **(usual | options))
                await phone.lives_through("connect")
                return phone

            yield pick_up

    return phones


official_phone, host_phone = picking("websocket, polling"), picking("websocket")


def lot(product: str, **more) -> ChangeLot:
    prices = {"minimum_price": 100, "start_price": 100, "market_price": 300}
    return ChangeLot(auction_id=1, product=product, **prices, **more)


def bid(amount: int, **more) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount, **more)


def award(product: str, **more) -> AwardLot:
    return AwardLot(auction_id=1, product=product, **more)


async def websocket_phone(phones: PythonPhones, server: Baraka, user_id: int) -> Phone:
    options = {"transports": ["websocket"], "auth": {"token": token(SECRET, user_id)}}
    return await phones.open(server.url, user_id, **options)


async def goes_live(amina: Phone, product: str) -> None:
    assert (await amina.emits(StartAuction(auction_id=1)))["ok"]
    assert (await amina.emits(lot(product)))["ok"]


async def standing(witness: Phone) -> list[int]:
    """The bids of the round that is on, newest first."""
    state = await witness.emits(JOIN)
    return [each["bid"] for each in state["auctionBids"]]


async def in_a_tunnel(phone: Phone) -> None:
    """The phone has no connection, and comes back in a while by itself."""
    await phone.drops()
    await phone.lives_through("disconnect")


PATIENT = {"reconnectionDelay": 1_500, "reconnectionDelayMax": 1_500, "randomizationFactor": 0}


async def test_a_bid_that_was_made_offline_does_not_land_on_the_next_product(official_phone, store):
    """The official client sends what it kept before the app can join again."""
    amina, bilal = await official_phone(1), await official_phone(2, **PATIENT)
    await goes_live(amina, "A")
    await bilal.emits(JOIN)
    await bilal.emits(bid(150))  # it lives, and has read what was on
    await in_a_tunnel(bilal)
    await bilal.says(bid(5_000))
    assert (await amina.emits(lot("B")))["ok"]
    await bilal.lives_through_again("connect", times=2)
    refused = await bilal.hears_error(CHANGED)
    assert (refused["code"], refused["event"], refused["round"]) == ("round_over", "placeBid", 2)
    assert await standing(amina) == []
    assert (await bilal.emits(JOIN))["round"] == 2
    assert (await bilal.emits(bid(200)))["ok"]
    await assert_sale_holds(store)


async def test_a_bid_that_was_made_offline_counts_while_its_product_is_on(official_phone):
    amina, bilal = await official_phone(1), await official_phone(2, **PATIENT)
    await goes_live(amina, "A")
    await bilal.emits(JOIN)
    await bilal.emits(bid(150))
    await in_a_tunnel(bilal)
    await bilal.says(bid(5_000))
    await bilal.lives_through_again("connect", times=2)
    assert (await bilal.emits(JOIN))["auctionBids"][0]["bid"] == 5_000


async def test_a_line_that_only_seems_to_be_open_was_told_nothing(baraka):
    """The old socket hears of B, as far as the server can see; nobody says that anybody read it."""
    async with PythonPhones() as phones:
        amina, old, new = [await websocket_phone(phones, baraka, user) for user in (1, 2, 2)]
        await goes_live(amina, "A")
        await old.emits(JOIN)
        await old.emits(bid(150))
        assert (await amina.emits(lot("B")))["ok"]
        await old.hears("auction_change_product", lambda told: told["product"] == "B")
        assert (await new.emits(bid(5_000)))["message"] == CHANGED
        await old.emits(LeaveAuction(auction_id=9))  # anything: it lives, and has read of B
        assert (await new.emits(bid(5_000)))["ok"]


async def test_who_was_never_in_the_room_is_asked_to_join(official_phone):
    amina, bilal = await official_phone(1), await official_phone(2)
    await goes_live(amina, "A")
    refused = await bilal.emits(bid(150, request_id="b-1"))
    assert refused == {
        "ok": False,
        "code": "not_joined",
        "message": "Join the auction before you bid",
    }
    await bilal.hears_error("Join the auction before you bid")
    await bilal.emits(JOIN)
    assert (await bilal.emits(bid(150, request_id="b-1")))["ok"]  # the refusal was about the socket
    assert (await bilal.emits(bid(160, round=1)))["ok"]


async def test_a_bid_on_its_way_while_the_product_changes_is_refused(sale_database, tmp_path):
    """With a minute in place of 0.75 seconds; a join, or `round`, says what the bidder looks at."""
    async with (
        Baraka(sale_database, tmp_path, BARAKA_LATE_BID_SECONDS=60) as server,
        PythonPhones() as phones,
    ):
        amina, bilal = [await websocket_phone(phones, server, user) for user in (1, 2)]
        await goes_live(amina, "A")
        assert (await bilal.emits(JOIN))["round"] == 1
        assert (await bilal.emits(bid(100)))["ok"]
        await amina.emits(lot("B"))
        told = await bilal.hears("auction_change_product")
        refused = await bilal.emits(bid(5_000))
        assert (refused["code"], refused["round"]) == ("round_over", told["round"])
        assert (await bilal.emits(bid(150, round=told["round"])))["ok"]
        await bilal.emits(JOIN)
        assert (await bilal.emits(bid(200)))["ok"]
        # A host who opened the lot knows it at once, and may go on as fast as they like.
        assert (await amina.emits(lot("B")))["ok"]
        assert (await amina.emits(award("B")))["ok"]
        assert (await amina.emits(lot("C")))["ok"]


async def test_after_a_restart_nothing_is_known_of_what_anybody_saw(
    baraka, official_phone, sale_database
):
    amina, bilal = await official_phone(1), await official_phone(2, **PATIENT)
    await goes_live(amina, "A")
    await bilal.emits(JOIN)
    await baraka.kill()
    await bilal.lives_through("disconnect")
    await bilal.says(bid(5_000))
    await baraka.start()
    await bilal.lives_through_again("connect", times=2)
    await bilal.hears_error("Join the auction before you bid")
    assert (await bilal.emits(JOIN))["auctionBids"] == []


async def test_another_node_knows_nothing_of_what_anybody_saw(sale_database, tmp_path):
    """And a host there is refused what was meant for a lot that changed here."""
    settings = {"BARAKA_LEDGER_POLL_SECONDS": 0.05}
    async with (
        Baraka(sale_database, tmp_path, **settings) as here,
        Baraka(sale_database, tmp_path, **settings) as there,
        PythonPhones() as phones,
    ):
        amina, bilal = [await websocket_phone(phones, here, user) for user in (1, 2)]
        clerk, roaming = [await websocket_phone(phones, there, user) for user in (1, 2)]
        await goes_live(amina, "A")
        await bilal.emits(JOIN)
        await bilal.emits(bid(150))
        assert (await roaming.emits(bid(5_000)))["code"] == "not_joined"
        for phone in (amina, clerk, roaming):
            await phone.emits(JOIN)
        assert (await clerk.emits(award("A")))["ok"]
        assert (await clerk.emits(lot("B")))["ok"]
        await roaming.emits(bid(5_000, round=2))
        refused = await amina.emits(award("A"))
        assert (refused["code"], refused["message"]) == ("round_over", OVER)
        await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 5_000)
        assert (await bilal.emits(bid(6_000)))["ok"]  # told of B, and so is the host by now
        assert (await amina.emits(award("B")))["ok"]


# --- hosts


@pytest.mark.parametrize(("names", "joins"), [("A2", True), ("Ring", False)])
async def test_an_award_that_arrives_again_sells_nothing_of_the_next_lot(
    host_phone, store, names, joins
):
    """A phone that came back sends once more what it sent before; some award every lot as "Ring"."""
    amina, clerk, bilal = [await host_phone(user, **PATIENT) for user in (1, 1, 2)]
    await goes_live(amina, "A2")
    for phone in [amina, bilal, *([clerk] if joins else [])]:
        await phone.emits(JOIN)
    await bilal.emits(bid(150))
    assert (await amina.emits(award(names)))["ok"]
    await in_a_tunnel(amina)
    await amina.says(award(names))
    await clerk.emits(lot("B"))
    await bilal.emits(JOIN)
    await bilal.emits(bid(5_000))
    await amina.lives_through_again("connect", times=2)
    assert (await amina.hears_error(OVER))["code"] == "round_over"
    assert await standing(bilal) == [5_000]
    await amina.emits(JOIN)
    sold = await amina.emits(award("B"))
    assert sold["ok"], sold
    await assert_sale_holds(store)


async def test_a_change_that_was_made_offline_sets_no_bids_aside(host_phone):
    amina, clerk, bilal = [await host_phone(user, **PATIENT) for user in (1, 1, 2)]
    await goes_live(amina, "A")
    for phone in (amina, clerk, bilal):
        await phone.emits(JOIN)
    await in_a_tunnel(amina)
    await amina.says(lot("A, once more"))
    await clerk.emits(lot("B"))
    await bilal.emits(JOIN)
    await bilal.emits(bid(5_000))
    await amina.lives_through_again("connect", times=2)
    assert (await amina.hears_error(OVER))["code"] == "round_over"
    assert await standing(bilal) == [5_000]


async def test_a_host_who_never_joins_sells_one_lot_after_the_other(host_phone, store):
    """As a phone app of the field does it: without a weight, and two lots of one name."""
    amina, bilal = await host_phone(1), await host_phone(2)
    await goes_live(amina, "Ring")
    for amount in (150, 250, 350):
        await bilal.emits(JOIN)
        assert (await bilal.emits(bid(amount)))["ok"]
        sold = await amina.emits("awardingAuction", {"auctionId": 1, "product": "Ring"})
        assert sold["ok"], sold
        again = await amina.emits("awardingAuction", {"auctionId": 1, "product": "Ring"})
        assert again["code"] == "no_lot"
        assert (await amina.emits(lot("Ring")))["ok"]
    await assert_sale_holds(store)


async def test_a_host_who_is_refused_once_may_go_on(host_phone):
    amina, clerk = await host_phone(1), await host_phone(1)
    await goes_live(amina, "A")
    await clerk.emits(lot("B"))
    refused = await amina.emits(lot("C"))
    assert (refused["code"], refused["message"], refused["round"]) == ("round_over", OVER, 2)
    assert (await amina.emits(lot("C")))["ok"]


async def test_every_command_can_be_repeated_under_its_request_id(host_phone, store):
    """D23, D32: the first outcome, and nothing changes; another body is refused."""
    amina = await host_phone(1)
    events = [
        StartAuction(auction_id=1, request_id="start"),
        lot("A", request_id="lot A"),
        lot("B", request_id="lot B", round=1),
        award("B", request_id="award B", round=2),
        lot("C", request_id="lot C"),
    ]
    for event in events:
        first = await amina.emits(event)
        assert first["ok"], first
        assert await amina.emits(event) == first
    late = await amina.emits(events[1])
    assert (late["ok"], late["round"]) == (True, 1)
    assert (await amina.emits(JOIN))["auction"]["current_product"] == "C"
    reused = await amina.emits(award("C", request_id="award B"))
    assert reused["code"] == "request_id_reused"
    refused = await amina.emits(award("C", request_id="no", round=1))
    assert refused["code"] == "round_over"
    assert await amina.emits(award("C", request_id="no", round=1)) == refused  # remembered, too
    assert (await amina.emits(award("C", round=3)))["ok"]
    await assert_sale_holds(store)


# --- what the contract does not have


async def test_an_event_that_we_do_not_have_shows_nobody_an_error(host_phone):
    """D30: phones show every `error` to people."""
    bilal = await host_phone(2)
    answer = await bilal.emits("raiseHand", {"auctionId": 1})
    assert answer == {"ok": False, "code": "unknown_event", "message": "Unknown event: raiseHand"}
    answer = await bilal.emits("PlaceBid", {"auctionId": 1, "amount": 5})
    assert answer["message"] == "Unknown event: PlaceBid. Did you mean placeBid?"
    await bilal.hears_error(answer["message"])
    assert len(bilal.heard("error")) == 1
