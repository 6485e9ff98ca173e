"""The view without a server: its announcements and its lists."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baraka_server.contract.records import (
    Auction,
    Bid,
    BidWithUser,
    CommentWithUser,
    User,
    UserType,
)
from baraka_server.contract.server_events import NewBid, NewComment
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Awarded, Commented, Ended, Event, LedgerEntry, LotOpened
from baraka_server.domain.parts import Lot
from baraka_server.live import lists as lists_module
from baraka_server.live.lists import People, Rows
from baraka_server.live.view import AuctionView
from baraka_server.store.snapshot import Snapshot
from tests.support.servers.records import auction_record

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def user(user_id: int, name: str = "Bilal “the Quick” 🦊") -> User:
    return User(
        id=user_id,
        name=name,
        type=UserType.Normal,
        category_id=None,
        number="+99955501234",
        otpCode="1234",
        createdAt=NOON,
        updatedAt=NOON,
    )


USERS = {2: user(2), 3: user(3, "Dina")}


def auction() -> Auction:
    prices = {"actualPrice": 3, "minBidPrice": 1, "bidPrice": 2}
    return auction_record(1, 1, NOON, title="Gold", current_product="Ring", isLive=True, **prices)


def a_view(
    bids: tuple[BidWithUser, ...] = (), comments: tuple[CommentWithUser, ...] = ()
) -> AuctionView:
    snapshot = Snapshot(auction(), list(bids), list(comments), 0, 1)
    return asyncio.run(AuctionView.of(snapshot, whole_numbers=False))


def entry(seq: int, event: Event, user_id: int = 2) -> LedgerEntry:
    return LedgerEntry(seq, 1, user_id, NOON + timedelta(milliseconds=seq), event)


def state_of(view: AuctionView) -> dict[str, Any]:
    state = view.state(0, NOON)
    return {name: json.loads(state[name]) for name in ("auctionBids", "auctionComments")}


def a_row(row_id: int) -> Bid:
    return Bid(id=row_id, auction_id=1, user_id=2, bid=10 * row_id, createdAt=NOON, updatedAt=NOON)


def ids(rows: Rows) -> list[int]:
    return [row["id"] for row in json.loads(rows.encoded())]


@pytest.fixture
def people() -> People:
    people = People(whole_numbers=False)
    people.meet(USERS[2])
    return people


def test_a_list_is_the_old_one_with_the_new_row_at_its_end_of_it(people):
    newest_first, oldest_first = Rows(people, newest_first=True), Rows(people)
    for row_ids in ((1,), (2, 3), (4,)):
        for rows in (newest_first, oldest_first):
            for row_id in row_ids:
                rows.add(a_row(row_id))
        assert ids(newest_first) == list(range(row_ids[-1], 0, -1))
        assert ids(oldest_first) == list(range(1, row_ids[-1] + 1))


def test_a_list_that_is_cleared_has_nothing_of_what_was_added_before(people):
    rows = Rows(people, newest_first=True)
    rows.add(a_row(1))
    assert ids(rows) == [1]
    rows.add(a_row(2))
    rows.clear()
    assert ids(rows) == []
    rows.add(a_row(3))
    assert ids(rows) == [3]


def test_people_who_are_in_no_list_are_forgotten(people, monkeypatch):
    monkeypatch.setattr(lists_module, "USERS_KEPT_MAX", 10)
    kept = People(whole_numbers=False)
    kept.meet(USERS[2])
    rows = Rows(kept)
    rows.add(a_row(1))
    for user_id in range(100, 200):
        kept.meet(user(user_id))
        assert kept.text(2)
    assert len(kept) <= 10


def test_what_a_slow_viewer_may_be_spared_is_said_with_each_list_and_with_nothing_else():
    """A list is contained in later ones until it begins anew; a count in every later one (D25)."""
    view = a_view()
    lot = Lot("Ring", 1, 1, 1)
    history: list[tuple[Event, bool]] = [
        (BidPlaced(10, 1), True),
        (Commented("a", 1), True),
        (BidPlaced(20, 2), True),
        (BidPlaced(30, 3), False),  # nobody reads lists at the moment
        (LotOpened(lot), True),
        (Commented("b", 2), True),
        (BidPlaced(10, 4), True),
        (Awarded("Ring", "5g", None, None), True),
        (Commented("c", 3), True),
    ]
    wholes, briefs = [], []
    for seq, (event, lists) in enumerate(history, 1):
        told = view.play(entry(seq, event), USERS, lists=lists)
        assert told is not None
        wholes.append(getattr(told.whole, "subject", None))
        briefs.append(getattr(told.brief, "subject", None))
    one, a, two, unread, opened, b, later, award, c = wholes
    assert one == two
    assert a == b
    assert len({one, a, later, c}) == 4
    assert unread is opened is award is None
    assert briefs == [None] * len(history)
    assert view.user_count(1, NOON).subject == view.user_count(2, NOON).subject
    assert view.user_count(1, NOON).subject not in wholes


def test_a_bid_is_told_as_its_record_says_with_and_without_the_list():
    view = a_view()
    view.play(entry(1, BidPlaced(10, 1)), USERS)
    told = view.play(entry(2, BidPlaced(20, 2), user_id=3), USERS)
    assert told is not None
    whole, brief = NewBid.model_validate_json(told.whole), NewBid.model_validate_json(told.brief)
    assert brief.auction_bids is None
    assert whole.auction_bids is not None
    assert [bid.bid for bid in whole.auction_bids] == [20, 10]
    assert whole.new_bid == brief.new_bid == whole.auction_bids[0]
    shown = USERS[3].as_seen_by_others()
    at = NOON + timedelta(milliseconds=2)
    bid = BidWithUser(id=2, auction_id=1, user_id=3, bid=20, createdAt=at, updatedAt=at, user=shown)
    record = bid.model_dump(mode="json", exclude={"automatic", "floor"})  # where they are true
    assert json.loads(told.brief)["newBid"] == record
    assert (whole.seq, whole.round, whole.auction_id) == (2, 1, 1)


def test_a_joiner_is_told_the_auction_as_its_record_says():
    view = a_view()
    assert Auction.model_validate_json(view.state(0, NOON)["auction"]) == auction()
    view.play(entry(1, Ended()), USERS)
    told = Auction.model_validate_json(view.state(0, NOON)["auction"])
    assert told == view.record != auction()


def test_a_row_that_was_read_looks_like_one_that_was_played():
    played = a_view()
    bid = BidPlaced(10, 1)
    comment = Commented('a "quoted" \\ text', 1)
    played.play(entry(1, bid), USERS)
    played.play(entry(2, comment), USERS)
    at = {n: NOON + timedelta(milliseconds=n) for n in (1, 2)}
    read = a_view(
        (
            BidWithUser(
                id=1,
                auction_id=1,
                user_id=2,
                bid=10,
                createdAt=at[1],
                updatedAt=at[1],
                user=USERS[2],
            ),
        ),
        (
            CommentWithUser(
                id=1,
                auction_id=1,
                user_id=2,
                comment=comment.comment,
                createdAt=at[2],
                updatedAt=at[2],
                user=USERS[2],
            ),
        ),
    )
    assert state_of(read) == state_of(played)
    assert played.state(0, NOON)["auctionBids"] == read.state(0, NOON)["auctionBids"]


@pytest.mark.parametrize(
    ("event", "name"),
    [(BidPlaced(10, 1), "auctionBids"), (Commented("Hello", 1), "auctionComments")],
)
def test_what_nobody_wanted_in_a_list_is_in_the_next_one(event, name):
    view = a_view()
    told = view.play(entry(1, event), USERS, lists=False)
    assert told is not None
    assert told.whole == told.brief
    assert len(state_of(view)[name]) == 1
    row = {"bid_id": 2} if isinstance(event, BidPlaced) else {"comment_id": 2}
    told = view.play(entry(2, replace(event, **row)), USERS)
    assert told is not None
    kind = NewBid if name == "auctionBids" else NewComment
    listed = kind.model_validate_json(told.whole).model_dump()
    assert len(listed["auction_bids" if kind is NewBid else "comments"]) == 2


def test_a_user_who_changes_is_shown_as_changed():
    view = a_view()
    view.play(entry(1, BidPlaced(10, 1)), USERS)
    told = view.play(entry(2, BidPlaced(20, 2)), {2: user(2, "Bilal B.")})
    assert told is not None
    names = [bid["user"]["name"] for bid in json.loads(told.whole)["auctionBids"]]
    assert names == ["Bilal B.", "Bilal B."]


def test_who_signs_in_again_is_no_other_user(people):
    """The times of a user's row change with every sign-in: no list is made anew for that."""
    people.meet(user(2))
    before = people.changes
    people.find({2: user(2).model_copy(update={"updatedAt": NOON + timedelta(1)})}, 2)
    assert people.changes == before
    people.find({2: user(2, "Bilal B.")}, 2)
    assert people.changes == before + 1


def test_an_entry_about_a_deleted_user_takes_no_name_from_anybody():
    view = a_view()
    view.play(entry(1, BidPlaced(10, 1)), USERS)
    view.brief_announcement(entry(1, BidPlaced(10, 1)), {})
    (row,) = state_of(view)["auctionBids"]
    assert row["user"]["name"] == USERS[2].name


def test_nobody_hears_a_code_or_a_whole_number():
    view = a_view()
    told = view.play(entry(1, BidPlaced(10, 1)), USERS)
    assert told is not None
    assert "5550123" not in told.whole
    assert '"otpCode":null' in told.whole
    assert "1234" not in told.whole
