"""A sale from start to end in the events of the guide: every event, every documented error.

Amina (user 1) hosts; Bilal (2) and Dina (3) bid; Farah (6) is connected and in no room.
"""

from __future__ import annotations

import json

import pytest

from tests.support.checks.shapes import SHAPES, assert_shape
from tests.support.clients.crowd import each_client, on_both_paths

pytestmark = each_client

AUCTION = {"auctionId": 1}
RING = AUCTION | {"product": "Gold Ring", "minBidPrice": 800, "bidPrice": 1000, "actualPrice": 1400}
AWARD = AUCTION | {"product": "Gold Ring – 18K", "weight": "5.2g"}


@pytest.fixture
async def sale(pick_up):
    """Everybody is connected; nothing has happened."""
    return [await pick_up(user_id) for user_id in (1, 2, 3, 6)]


@pytest.fixture
async def live_sale(sale):
    """The auction is live, and Amina, Bilal and Dina are in its room."""
    amina, bilal, dina, _ = sale
    await amina.emits("startLiveAuction", AUCTION)
    for phone in (amina, bilal, dina):
        assert (await phone.emits("joinAuction", AUCTION))["ok"]
    return sale


def assert_documented(*phones):
    """Everything that was heard has exactly the documented fields and the documented additions."""
    for phone in phones:
        for event, payload in phone.events:
            late = {"round": int} if payload.get("code") == "round_over" else {}
            assert_shape(payload, SHAPES[event] | late, event)
            text = json.dumps(payload)
            assert "otpCode" not in text or '"otpCode": null' in text
            assert "+999" not in text  # no whole phone number leaves the server (D17)


def last_seq(phone):
    return max((payload.get("seq", 0) for _, payload in phone.events), default=0)


@on_both_paths
async def test_a_whole_sale_is_heard_as_documented(sale):
    amina, bilal, dina, farah = sale

    await amina.emits("startLiveAuction", AUCTION)
    for phone in sale:  # everyone, not only the room
        started = await phone.hears("auctionStarted")
        assert (started["id"], started["isLive"], started["user_id"]) == (1, True, 1)

    for count, phone in enumerate((amina, bilal, dina), 1):
        await phone.emits("joinAuction", AUCTION)
        joined = await phone.hears(
            "userCountUpdate", lambda heard, n=count: heard["userCount"] >= n
        )
        assert joined["auctionId"] == 1

    await amina.emits("changeCuurentProduct", RING)
    for phone in (amina, bilal, dina):
        lot = await phone.hears("auction_change_product")
        assert {
            name: lot[name] for name in ("product", "bidPrice", "minBidPrice", "actualPrice")
        } == {
            "product": "Gold Ring",
            "bidPrice": 1000,
            "minBidPrice": 800,
            "actualPrice": 1400,
        }

    assert (await bilal.emits("placeBid", AUCTION | {"amount": 1500}))["ok"]
    assert (await dina.emits("placeBid", AUCTION | {"amount": 1600}))["ok"]
    for phone in (amina, bilal, dina):
        first, second = await phone.hears("newBid"), await phone.hears("newBid")
        assert (first["newBid"]["bid"], first["newBid"]["user"]["id"]) == (1500, 2)
        assert [bid["bid"] for bid in first["auctionBids"]] == [1500]
        assert [bid["bid"] for bid in second["auctionBids"]] == [1600, 1500]  # newest first
        assert second["auctionBids"][0] == second["newBid"]

    assert (await bilal.emits("comment", AUCTION | {"comment": "Great <b>item</b>! 💍"}))["ok"]
    await dina.emits("comment", AUCTION | {"comment": "Mine."})
    for phone in (amina, bilal, dina):
        await phone.hears("newComment")
        second = await phone.hears("newComment")
        assert [row["comment"] for row in second["comments"]] == ["Great <b>item</b>! 💍", "Mine."]
        assert second["newComment"] == second["comments"][-1]

    awarded = await amina.emits("awardingAuction", AWARD)
    assert awarded["ok"]
    for phone in (amina, bilal, dina):
        ended = await phone.hears("auctionEnded")
        assert (ended["winningBid"]["bid"], ended["winningUser"]["id"]) == (1600, 3)
        assert ended["auction"]["Auction_bids"] == ended["auction"]["Auction_comments"] == []
        assert ended["auction"]["current_product"] is None
        assert ended["auction"]["winning_user_id"] == 3
        assert [
            ended["auction"][price] for price in ("actualPrice", "minBidPrice", "bidPrice")
        ] == [
            0,
            0,
            0,
        ]

    await amina.emits("changeCuurentProduct", RING | {"product": "Silver Necklace – 925"})
    assert (await bilal.emits("placeBid", AUCTION | {"amount": 800}))["ok"]
    await dina.hears("newBid", lambda heard: [bid["bid"] for bid in heard["auctionBids"]] == [800])
    await amina.emits("awardingAuction", AWARD)
    await amina.emits("changeCuurentProduct", RING | {"product": "Nobody's Pearl"})
    await amina.emits("awardingAuction", AWARD)
    await dina.hears("auctionEnded")
    unsold = await dina.hears("auctionEnded")
    assert unsold["winningBid"] is None
    assert unsold["winningUser"] is None

    await amina.emits("broadCasterLeave", AUCTION)
    for phone in (amina, bilal, dina):
        assert (await phone.hears("broadCasterLeft"))["auctionId"] == 1

    await dina.emits("leaveAuction", AUCTION)
    await bilal.hears("userCountUpdate", lambda heard: heard["userCount"] == 2)

    await amina.emits("endAuction", AUCTION)
    for phone in (amina, bilal):
        assert (await phone.hears("auctionFinished"))["message"] == "The auction has been ended."

    # Scopes: who left hears no more of the room, who never joined heard only what is for everyone.
    await dina.emits("leaveAuction", AUCTION)
    assert dina.heard("auctionFinished") == []
    assert {event for event, _ in farah.events} == {"auctionStarted"}
    assert_documented(*sale)
    seqs = [
        payload["seq"]
        for event, payload in bilal.events
        if event not in {"userCountUpdate", "auctionState", "error"}
    ]
    assert seqs == list(range(2, 2 + len(seqs)))  # gap-free, in order (D22)


async def test_a_canceled_auction_is_over_for_everybody_in_the_room(live_sale):
    amina, bilal, dina, farah = live_sale
    assert (await amina.emits("cancelAuction", AUCTION))["ok"]
    for phone in (amina, bilal, dina):
        canceled = await phone.hears("auctionCanceled")
        assert (canceled["auctionId"], canceled["message"]) == (1, "The auction has been canceled.")
    assert (await bilal.emits("placeBid", AUCTION | {"amount": 1}))["code"] == "not_live"
    assert farah.heard("auctionCanceled") == []
    assert_documented(*live_sale)


async def refused(phone, event, payload, code, message, **more):
    """The acknowledgement says why, and so does `error`, to this phone alone (D20)."""
    answer = await phone.emits(event, payload)
    assert answer == {"ok": False, "code": code, "message": message} | more
    error = await phone.hears_error(message)
    assert error == {"message": message, "code": code, "event": event} | more


async def test_every_documented_error_before_the_sale(sale):
    amina, bilal, *_ = sale
    for phone, auction in ((bilal, 1), (amina, 404)):
        message = "Unauthorized or Auction not found"
        code = "not_owner" if auction == 1 else "auction_not_found"
        await refused(phone, "startLiveAuction", {"auctionId": auction}, code, message)
    not_started = "not_live", "Auction has not started yet."
    await refused(bilal, "joinAuction", AUCTION, *not_started)
    await refused(bilal, "placeBid", AUCTION | {"amount": 5}, *not_started)
    await refused(bilal, "comment", AUCTION | {"comment": "Hello?"}, *not_started)
    await refused(amina, "cancelAuction", AUCTION, "not_live", "You only cancel live auctions!")
    await refused(amina, "endAuction", AUCTION, *not_started)
    for event, payload in (("awardingAuction", AWARD), ("changeCuurentProduct", RING)):
        await refused(amina, event, payload, "not_live", "Auction could not be ended.")
    for event, more in (
        ("joinAuction", {}),
        ("placeBid", {"amount": 5}),
        ("comment", {"comment": "x"}),
    ):
        unknown = {"auctionId": 404} | more
        await refused(bilal, event, unknown, "auction_not_found", "Auction not found!")
    assert_documented(*sale)


async def test_every_documented_error_of_a_live_sale(live_sale):
    amina, bilal, dina, farah = live_sale
    heard_before = {phone: len(phone.events) for phone in (dina, farah)}

    no_lot = "no_lot", "There is no product to bid on at the moment"
    await refused(bilal, "placeBid", AUCTION | {"amount": 5}, *no_lot)
    await refused(amina, "awardingAuction", AWARD, "no_lot", "Auction could not be ended.")

    await amina.emits("changeCuurentProduct", RING)
    below = "bid_below_minimum", "Bid must be at least the minimum bid (800)"
    await refused(bilal, "placeBid", AUCTION | {"amount": 799}, *below)
    await bilal.emits("placeBid", AUCTION | {"amount": 1500})
    for amount in (1500, 1499, 1):
        higher = "bid_too_low", "Bid must be higher than the current bid (1500)"
        await refused(bilal, "placeBid", AUCTION | {"amount": amount}, *higher)
    own = "owner_bid", "You cannot bid on your own auction"
    await refused(amina, "placeBid", AUCTION | {"amount": 9000}, *own)
    past = "round_over", "The product has just changed"
    await refused(bilal, "placeBid", AUCTION | {"amount": 9000, "round": 0}, *past, round=1)

    not_allowed = "not_owner", "You are not allowed to end the auction"
    await refused(bilal, "awardingAuction", AWARD, *not_allowed)
    await refused(bilal, "endAuction", AUCTION, *not_allowed)
    not_cancel = "not_owner", "You are not allowed to cancel this auction!"
    await refused(bilal, "cancelAuction", AUCTION, *not_cancel)
    await refused(bilal, "changeCuurentProduct", RING, "not_owner", "Auction could not be ended.")
    await refused(
        bilal, "broadCasterLeave", AUCTION, "not_owner", "Only the owner of the auction may do this"
    )

    for phone in (dina, farah):  # nobody else heard a word of it
        news = {event for event, _ in phone.events[heard_before[phone] :]}
        assert news <= {"userCountUpdate", "auction_change_product", "newBid"}
    assert_documented(*live_sale)


async def test_every_documented_error_after_the_sale(live_sale):
    amina, *_ = live_sale
    await amina.emits("startLiveAuction", {"auctionId": 2})
    await amina.emits("cancelAuction", AUCTION)
    await amina.emits("endAuction", {"auctionId": 2})
    canceled, ended = AUCTION, {"auctionId": 2}
    already_canceled = "already_canceled", "Auction is already canceled"
    already_ended = "already_ended", "Auction is already Ended"
    await refused(amina, "cancelAuction", canceled, *already_canceled)
    await refused(amina, "startLiveAuction", canceled, *already_canceled)
    await refused(amina, "endAuction", ended, *already_ended)
    await refused(amina, "startLiveAuction", ended, *already_ended)
    for event, payload in (("awardingAuction", AWARD), ("changeCuurentProduct", RING)):
        await refused(amina, event, payload, "already_canceled", "Auction could not be ended.")
    await refused(amina, "joinAuction", ended, "not_live", "Auction has not started yet.")


NO_AMOUNT = "amount must be a whole number from 1 to 2147483647"

MALFORMED_BIDS = [
    ((), "the payload must be an object"),
    ((None,), "the payload must be an object"),
    (([1, 500],), "the payload must be an object"),
    (({"amount": 500},), "auctionId is required"),
    (({"auctionId": 1},), "amount is required"),
    (({"auctionId": 1, "amount": "900"},), NO_AMOUNT),
    (({"auctionId": 1, "amount": 1.5},), NO_AMOUNT),
    (({"auctionId": 1, "amount": 2**31},), NO_AMOUNT),
]


async def test_a_malformed_bid_is_named_and_the_connection_lives(live_sale):
    amina, bilal, *_ = live_sale
    await amina.emits("changeCuurentProduct", RING)
    for arguments, reason in MALFORMED_BIDS:
        answer = await bilal.emits("placeBid", *arguments)
        assert answer["message"] == f"Invalid payload: {reason}"
        await bilal.hears_error(f"Invalid payload: {reason}")
    fields = {"auctionId": 1, "amount": 900.0, "userId": 1, "unknown": {}}  # ignored (D16)
    assert (await bilal.emits("placeBid", fields))["ok"]
    assert (await bilal.hears("newBid"))["newBid"]["user_id"] == 2
