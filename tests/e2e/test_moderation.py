"""Moderation through whole servers, with a phone that knows the guide alone beside it (D47)."""

from __future__ import annotations

from baraka_server.contract.client_events import AwardLot, JoinAuction, PlaceBid, PostComment
from baraka_server.store import audit
from tests.support.clients.crowd import join, open_sale
from tests.support.servers.baraka import Baraka

MONA, TROLL = 7, 4
POLLS = {"BARAKA_LEDGER_POLL_SECONDS": 0.1}


def bid(amount):
    return PlaceBid(auction_id=1, amount=amount)


def say(text):
    return PostComment(auction_id=1, comment=text)


def about(**more):
    return {"auctionId": 1} | more


async def test_a_moderator_puts_a_troll_out_and_the_guide_s_phone_goes_on_showing_what_is_so(
    sale_database, tmp_path, crowd, store
):
    """The troll leads from another server; the moderator is on the first one, and so is the phone."""
    async with (
        Baraka(sale_database, tmp_path, **POLLS) as here,
        Baraka(sale_database, tmp_path, **POLLS) as there,
    ):
        amina, mona = [await crowd.pick_up(here.url, user_id) for user_id in (1, MONA)]
        phone = await crowd.pick_up(here.url, 2, "official polling")
        troll, dina = [await crowd.pick_up(there.url, user_id) for user_id in (TROLL, 3)]
        await open_sale(amina)
        await join([amina, mona, troll, dina])
        await phone.says(JoinAuction(auction_id=1))
        await phone.hears("auctionState")
        named = await amina.emits("setRole", about(userId=MONA, role="moderator"))
        assert named["ok"]

        rude = await troll.emits(say("rude"))
        await phone.hears("newComment")
        assert (await mona.emits("removeComment", about(commentId=rude["commentId"])))["ok"]
        await dina.emits(say("kind"))
        heard = await phone.hears("newComment")
        assert [row["comment"] for row in heard["comments"]] == ["kind"]

        assert (await mona.emits("slowMode", about(seconds=300)))["ok"]
        told = await phone.hears("newComment")
        assert told["newComment"]["comment"] == "Slow mode: one comment every 300 s"
        await phone.says(say("first"))
        await phone.hears("newComment")
        await phone.says(say("second"))
        assert (await phone.hears("error"))["code"] == "slow_mode"
        assert (await mona.emits("slowMode", about(seconds=0)))["ok"]

        assert (await dina.emits(bid(10)))["ok"]
        assert (await troll.emits(bid(500)))["ok"]
        await phone.hears("newBid", lambda told: told["newBid"]["bid"] == 500)
        muted = await mona.emits("muteUser", about(paddle=2, minutes=5))
        assert muted["ok"]
        assert (await troll.emits(say("rude")))["code"] == "muted"
        blocked = await mona.emits("blockUser", about(paddle=2))
        assert blocked["ok"]
        shown = await phone.hears("newBid", lambda told: told["seq"] == blocked["seq"])
        assert (shown["newBid"]["bid"], [row["bid"] for row in shown["auctionBids"]]) == (10, [10])
        refused = await troll.hears("error", lambda told: told["code"] == "blocked")
        assert refused["message"] == "You cannot take part in this auction"
        await dina.hears("userCountUpdate", lambda told: told["userCount"] == 1)
        for event in (JoinAuction(auction_id=1), bid(600), say("why?")):
            assert (await troll.emits(event))["code"] == "blocked"

        assert (await dina.emits(bid(20)))["ok"]
        await phone.hears("newBid", lambda told: told["newBid"]["bid"] == 20)
        award = AwardLot(auction_id=1, product="Gold Ring", round=1)
        assert (await amina.emits(award))["code"] == "standing_bid_changed"
        assert (await amina.emits(award))["ok"]
        won = await phone.hears("auctionEnded")
        assert (won["winningUser"]["id"], won["winningBid"]["bid"]) == (3, 20)
        heard = {name for name, payload in troll.events if payload.get("seq", 0) > blocked["seq"]}
        assert heard == set(), "nothing more of the room"
    async with Baraka(sale_database, tmp_path) as again:
        troll = await crowd.pick_up(again.url, TROLL)
        assert (await troll.emits(JoinAuction(auction_id=1)))["code"] == "blocked"
        mona = await crowd.pick_up(again.url, MONA)
        assert (await mona.emits("unblockUser", about(userId=TROLL)))["ok"]
        assert (await troll.emits(JoinAuction(auction_id=1)))["paddle"] == 2
    verdict = await audit.verify(store, 1)
    assert verdict.ok, verdict
    who = {entry.kind: entry.userId async for entry in audit.history(store, 1)}
    for kind in ("comment_removed", "slow_mode_set", "user_muted", "user_blocked"):
        assert who[kind] == MONA
