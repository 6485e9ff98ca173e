"""Moderation in a house: comments go and come back, people are silenced or put out, on every server (D47)."""

from __future__ import annotations

import asyncio
import json

from baraka_server.contract.client_events import AwardLot, JoinAuction, PlaceBid, PostComment
from baraka_server.contract.hammer import ReopenLot
from baraka_server.contract.moderation import (
    BlockUser,
    MuteUser,
    RemoveComment,
    RestoreComment,
    SetSlowMode,
    UnblockUser,
    UnmuteUser,
)
from baraka_server.contract.people import SetRole
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.encoded import encode
from baraka_server.store import audit
from tests.live.ring import AWARD, RING, bid
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.neighbours import until

JOIN = JoinAuction(auction_id=1)
MONA = 7


def say(text: str) -> PostComment:
    return PostComment(auction_id=1, comment=text)


def about(kind, user_id: int, **more):
    return kind(auction_id=1, user_id=user_id, **more)


async def joined(house, who):
    answer = await house.submit(who, JOIN)
    return answer if isinstance(answer, Refusal) else json.loads(encode(answer))


async def with_mona(house, amina):
    await house.submit(amina, SetRole(auction_id=1, user_id=MONA, role="moderator"))
    return viewer(MONA)


def last(hall, who, name):
    return [payload for event, payload in hall.news_of(who) if event == name][-1]


async def verified(store):
    verdict = await audit.verify(store, 1)
    assert verdict.ok, verdict


async def test_a_comment_is_removed_and_comes_back_to_its_place(on_air, hall, store):
    house, amina, bilal = on_air
    mona = await with_mona(house, amina)
    first, second = [await house.submit(bilal, say(text)) for text in ("rude", "kind")]
    removed = await house.submit(mona, RemoveComment(auction_id=1, comment_id=first["commentId"]))
    told = last(hall, bilal, "commentRemoved")
    assert (told["commentId"], told["seq"]) == (first["commentId"], removed["seq"])
    assert [row["comment"] for row in (await joined(house, bilal))["auctionComments"]] == ["kind"]
    await verified(store)
    again = await house.submit(mona, RemoveComment(auction_id=1, comment_id=first["commentId"]))
    assert again == Refusal(Code.COMMENT_NOT_FOUND, "removeComment")
    restored = await house.submit(mona, RestoreComment(auction_id=1, comment_id=first["commentId"]))
    await until(lambda: hall.news_of(bilal)[-1][1]["seq"] == restored["seq"])
    back = last(hall, bilal, "newComment")
    assert (back["newComment"]["id"], back["newComment"]["comment"]) == (first["commentId"], "rude")
    assert [row["id"] for row in back["comments"]] == [first["commentId"], second["commentId"]]
    same = await house.submit(mona, RestoreComment(auction_id=1, comment_id=first["commentId"]))
    assert same["changed"] is False
    await verified(store)


async def test_a_comment_that_was_cleared_with_its_lot_does_not_come_back(on_air, store):
    house, amina, bilal = on_air
    posted = await house.submit(bilal, say("rude"))
    await house.submit(amina, RemoveComment(auction_id=1, comment_id=posted["commentId"]))
    await house.submit(amina, AWARD)
    refused = await house.submit(
        amina, RestoreComment(auction_id=1, comment_id=posted["commentId"])
    )
    assert refused.code is Code.COMMENT_NOT_FOUND
    await verified(store)


async def test_a_muted_user_may_bid_and_watch_and_not_write_on_any_server(on_air, store):
    house, amina, bilal = on_air
    other = open_house(store, Hall())
    mona = await with_mona(house, amina)
    await house.submit(bilal, bid(10))
    muted, waited = await asyncio.gather(
        house.submit(mona, MuteUser(auction_id=1, paddle=1)), house.submit(bilal, say("rude"))
    )
    assert muted["seq"]
    assert waited == Refusal(Code.MUTED, "comment")
    assert (await other.submit(bilal, say("rude"))).code is Code.MUTED
    assert (await other.submit(bilal, bid(20)))["bidId"]
    assert (await house.submit(mona, about(MuteUser, 2)))["changed"] is False
    assert (
        await house.submit(mona, MuteUser(auction_id=1, paddle=9))
    ).code is Code.PADDLE_NOT_FOUND
    assert (await house.submit(mona, about(MuteUser, 4711))).code is Code.USER_NOT_FOUND
    assert (await house.submit(mona, about(MuteUser, 1))).code is Code.IS_STAFF
    assert (await house.submit(bilal, about(UnmuteUser, 2))).code is Code.NOT_STAFF
    await house.submit(mona, about(UnmuteUser, 2))
    assert (await other.submit(bilal, say("sorry")))["commentId"]
    await other.close()
    await verified(store)


async def test_slow_mode_makes_people_wait_and_staff_not_also_after_a_restart(on_air, hall, store):
    house, amina, bilal = on_air
    mona = await with_mona(house, amina)
    await house.submit(bilal, say("before"))
    await house.submit(mona, SetSlowMode(auction_id=1, seconds=600))
    assert last(hall, bilal, "slowMode")["seconds"] == 600
    said = last(hall, bilal, "newComment")["newComment"]
    assert (said["user_id"], said["comment"]) == (1, "Slow mode: one comment every 600 s")
    assert (await house.submit(bilal, say("one")))["commentId"]
    refused = await house.submit(bilal, say("two"))
    assert refused.code is Code.SLOW_MODE
    assert 590_000 < refused.extra["retryAfterMs"] <= 600_000
    for _ in range(2):
        assert (await house.submit(mona, say("order")))["commentId"]
    again = open_house(store, Hall())
    assert (await again.submit(bilal, say("two"))).code is Code.SLOW_MODE
    assert (await again.submit(viewer(3), say("mine")))["commentId"]
    assert (await joined(again, viewer(3)))["slowMode"] == 600
    await again.submit(mona, SetSlowMode(auction_id=1, seconds=0, say="Schreibt wieder frei"))
    assert (await again.submit(bilal, say("two")))["commentId"]
    await again.close()
    await verified(store)


async def test_whoever_is_blocked_is_out_and_the_next_bid_leads(on_air, hall, store):
    house, amina, bilal = on_air
    dina, elias = viewer(3), viewer(4)
    await joined(house, dina)
    await joined(house, elias)
    for who, amount in ((bilal, 10), (dina, 20), (bilal, 30), (dina, 40)):
        await house.submit(who, bid(amount))
    blocked = await house.submit(amina, BlockUser(auction_id=1, paddle=2))
    assert len(blocked["bidIds"]) == 2
    told = last(hall, bilal, "bidUndone")
    assert (told["standingBid"]["amount"], told["formerBid"]["amount"]) == (30, 40)
    assert told["nextBid"] == 31
    heard = last(hall, bilal, "newBid")
    assert (heard["newBid"]["bid"], heard["seq"]) == (30, blocked["seq"])
    assert [row["bid"] for row in heard["auctionBids"]] == [30, 10]
    events = [event for event, _ in hall.news_of(dina)]
    assert events[-1] == "error"
    assert hall.news_of(dina)[-1][1]["code"] == "blocked"
    assert house.presence.count(1) == 2
    for event in (JOIN, bid(50), say("why?")):
        assert (await house.submit(dina, event)).code is Code.BLOCKED
    # As after any change of the leader, the host is told before the lot goes to somebody else.
    refused = await house.submit(amina, AWARD)
    assert refused.code is Code.STANDING_BID_CHANGED
    sold = AwardLot(auction_id=1, product="Gold Ring", bid_id=told["standingBid"]["bidId"])
    assert (await house.submit(amina, sold))["winningId"]
    await verified(store)
    (entry,) = [one async for one in audit.history(store, 1) if one.kind == "user_blocked"]
    assert entry.what.startswith("blocked 2 Dina")
    assert "2 bids with it: now the bid of 30 by 1 Bilal" in entry.what


async def test_the_bids_of_one_who_does_not_lead_go_and_the_leader_stays(on_air, hall, store):
    house, amina, bilal = on_air
    dina = viewer(3)
    for who, amount in ((dina, 10), (bilal, 20)):
        await house.submit(who, bid(amount))
    await house.submit(amina, about(BlockUser, 3))
    heard = last(hall, bilal, "newBid")
    assert (heard["newBid"]["bid"], [row["bid"] for row in heard["auctionBids"]]) == (20, [20])
    assert (await house.submit(amina, AWARD))["winningId"]
    await verified(store)


async def test_without_another_bid_the_lot_is_shown_as_it_was_opened(on_air, hall, store):
    house, amina, bilal = on_air
    await house.submit(viewer(3), bid(10))
    await house.submit(amina, about(BlockUser, 3))
    shown = last(hall, bilal, "auction_change_product")
    assert (shown["product"], shown["auctionBids"], shown["nextBid"]) == ("Gold Ring", [], 5)
    assert (await house.submit(bilal, bid(5)))["bidId"]
    await verified(store)


async def test_a_repeated_bid_that_a_block_withdrew_says_so(on_air):
    house, amina, _ = on_air
    once = PlaceBid(auction_id=1, amount=10, request_id="once")
    first = await house.submit(viewer(3), once)
    await house.submit(amina, about(BlockUser, 3))
    assert await house.submit(viewer(3), once) == first | {"undone": True}


async def test_a_block_holds_on_other_servers_and_over_a_restart_until_it_is_taken_back(
    on_air, store
):
    house, amina, _ = on_air
    there = Hall()
    other = open_house(store, there, poll_seconds=0.01)
    dina = viewer(3)
    await joined(other, dina)
    await other.submit(dina, bid(10))
    await house.submit(amina, about(BlockUser, 3))
    assert (await other.submit(dina, bid(20))).code is Code.BLOCKED
    await until(lambda: other.presence.count(1) == 0)
    assert there.news_of(dina)[-1][0] == "error"
    again = open_house(store, Hall())
    assert (await joined(again, viewer(3))).code is Code.BLOCKED
    assert (await house.submit(amina, about(BlockUser, 3)))["changed"] is False
    await house.submit(amina, about(UnblockUser, 3))
    assert (await joined(again, viewer(3)))["paddle"] == 1
    assert (await again.submit(viewer(3), bid(10)))["bidId"]
    await again.close()
    await other.close()
    await verified(store)


async def test_whoever_is_let_in_again_may_join_where_that_was_not_heard_of_yet(on_air, store):
    house, amina, _ = on_air
    await house.submit(amina, about(BlockUser, 3))
    other = open_house(store, Hall())  # it hears of nothing by itself
    await joined(other, viewer(4))
    assert (await joined(other, viewer(3))).code is Code.BLOCKED
    await house.submit(amina, about(UnblockUser, 3))
    assert (await joined(other, viewer(3)))["userCount"] == 2
    await other.close()


async def test_bids_of_somebody_who_is_blocked_do_not_come_back_with_their_lot(on_air, store, hall):
    house, amina, bilal = on_air
    for who, amount in ((bilal, 10), (viewer(3), 20)):
        await house.submit(who, bid(amount))
    await house.submit(amina, AWARD)
    await house.submit(amina, about(BlockUser, 3))
    await house.submit(amina, ReopenLot(auction_id=1))
    assert [row["bid"] for row in (await joined(house, bilal))["auctionBids"]] == [10]
    await verified(store)
    assert (await house.submit(amina, RING))["round"] == 1
