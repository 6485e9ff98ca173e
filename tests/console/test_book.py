"""The clerk's book: what it makes of what it hears, from our server and from others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baraka_cli.console.book import BIDS_KEPT_MAX, Book, Phase
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionStarted,
    AuctionState,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
    UserCountUpdate,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = {2: "Bilal", 3: "Dina"}


def auction(**changes: Any) -> dict[str, Any]:
    record = {"id": 1, "title": "Gold", "isLive": True, "current_product": None}
    return record | {"minBidPrice": 0, "bidPrice": 0, "actualPrice": 0} | changes


def bid(row: int, amount: int, user: int = 2) -> dict[str, Any]:
    who = {"id": user, "name": NAMES[user]}
    return {"id": row, "user_id": user, "bid": amount, "user": who, "createdAt": "2026-01-01"}


def lot(product: str = "Ring", **more: Any) -> dict[str, Any]:
    return {"product": product, "minBidPrice": 80, "bidPrice": 100, "actualPrice": 140} | more


def book() -> Book:
    opened = Book(1)
    opened.hear(AuctionStarted.wire_name, auction())
    opened.hear(LotChanged.wire_name, lot())
    return opened


def hear_bids(into: Book, *rows: dict[str, Any], **more: Any) -> None:
    into.hear(NewBid.wire_name, {"newBid": rows[0], "auctionBids": list(rows)} | more)


def test_it_follows_a_server_that_speaks_the_guide_alone() -> None:
    sale = book()
    hear_bids(sale, bid(1, 100))
    hear_bids(sale, bid(2, 150, 3), bid(1, 100))
    assert [(one.bidder, one.amount, one.rise) for one in sale.bids] == [
        ("Dina", 150, 50),
        ("Bilal", 100, None),
    ]
    assert sale.high == sale.bids[0]
    sale.hear(
        LotAwarded.wire_name,
        {
            "auction": auction(),
            "winningBid": bid(2, 150, 3),
            "winningUser": {"id": 3, "name": "Dina"},
        },
    )
    assert sale.lot is None
    assert not sale.bids
    assert [(one.product, one.winner, one.amount) for one in sale.hammers] == [
        ("Ring", "Dina", 150)
    ]
    assert sale.round is None
    assert sale.seq is None


def test_an_event_that_was_heard_before_changes_nothing() -> None:
    sale = book()
    for _ in range(2):
        sale.hear(NewBid.wire_name, {"newBid": bid(1, 100), "seq": 5, "round": 1})
    sale.hear(NewBid.wire_name, {"newBid": bid(9, 90), "seq": 4, "round": 1})
    assert [one.id for one in sale.bids] == [1]
    assert not sale.gap


def test_a_gap_is_noticed_and_a_state_closes_it() -> None:
    sale = book()
    sale.hear(NewBid.wire_name, {"newBid": bid(1, 100), "seq": 5})
    sale.hear(UserCountUpdate.wire_name, {"auctionId": 1, "userCount": 7, "seq": 9})
    assert not sale.gap, "a count is no entry of the ledger"
    sale.hear(NewBid.wire_name, {"newBid": bid(3, 300), "seq": 7})
    assert sale.gap
    state = {
        "auction": auction(current_product="Ring", minBidPrice=80),
        "auctionBids": [bid(3, 300), bid(2, 200), bid(1, 100)],
        "auctionComments": [],
        "userCount": 7,
        "round": 1,
        "seq": 7,
    }
    sale.hear(AuctionState.wire_name, state)
    assert not sale.gap
    assert [one.id for one in sale.bids] == [3, 2, 1]


def test_a_list_that_skips_what_was_not_heard_is_taken_whole() -> None:
    sale = book()
    hear_bids(sale, bid(1, 100))
    hear_bids(sale, bid(4, 400), bid(3, 300, 3), bid(2, 200), bid(1, 100))
    assert [one.id for one in sale.bids] == [4, 3, 2, 1]


def test_another_auction_is_not_ours() -> None:
    sale = book()
    before = sale.version
    sale.hear(AuctionStarted.wire_name, auction(id=2, title="Other"))
    sale.hear(AuctionCanceled.wire_name, {"auctionId": 2, "message": "canceled"})
    sale.hear(LotAwarded.wire_name, {"auction": auction(id=2), "winningBid": None})
    assert (sale.title, sale.phase, sale.version) == ("Gold", Phase.LIVE, before)


def test_other_prices_keep_the_bids_and_another_product_begins_anew() -> None:
    sale = book()
    hear_bids(sale, bid(1, 100))
    sale.hear(LotChanged.wire_name, lot(minBidPrice=50))
    assert len(sale.bids) == 1
    sale.hear(LotChanged.wire_name, lot("Chain"))
    assert not sale.bids
    assert sale.next_ask() == 100


def test_of_equal_bids_the_first_leads() -> None:
    sale = book()
    hear_bids(sale, bid(2, 100, 3), bid(1, 100))
    assert sale.high is not None
    assert sale.high.id == 1


def test_names_and_comments_are_one_line_that_no_terminal_obeys() -> None:
    sale = book()
    comment = {"user": {"id": 2, "name": "A\x1b[2J\nB"}, "comment": "x\u202ey\x07", "id": 1}
    sale.hear(NewComment.wire_name, {"newComment": comment, "comments": [comment]})
    assert [(one.author, one.text) for one in sale.comments] == [("A[2J B", "xy")]


@pytest.mark.parametrize("amount", ["100", None, True, 1.5, [], float("nan")])
def test_an_amount_that_is_no_number_is_not_taken(amount: object) -> None:
    sale = book()
    with pytest.raises((TypeError, ValueError)):
        hear_bids(sale, bid(1, amount))  # type: ignore[arg-type]
    assert not sale.bids


def test_it_keeps_no_more_bids_than_it_can_show() -> None:
    sale = book()
    for row in range(1, BIDS_KEPT_MAX + 50):
        sale.hear(NewBid.wire_name, {"newBid": bid(row, row), "seq": row})
    assert len(sale.bids) == BIDS_KEPT_MAX
    assert sale.bids[0].amount == BIDS_KEPT_MAX + 49


def test_bids_are_counted_in_the_second_that_the_server_took_them_in() -> None:
    """By our clock, however wrong the server's is."""
    sale = book()
    server = NOON - timedelta(hours=3)
    state = {"auction": auction(current_product="Ring"), "serverTime": server.isoformat()}
    sale.hear(AuctionState.wire_name, state, NOON)
    missed = (server - timedelta(seconds=10)).isoformat()
    sale.hear(NewBid.wire_name, {"newBid": bid(1, 100), "serverTime": missed}, NOON)
    counts = sale.bids_by_second(NOON)
    assert sum(counts) == 1
    assert counts[-11] == 1
