"""The clerk's book: what it makes of what it hears, from our server and from others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baraka_cli.console.recalled import recall
from baraka_cli.console.records import Comment, Phase
from baraka_cli.console.sale_book import BIDS_KEPT_MAX, SaleBook
from baraka_server.contract.hammer import LotReopened
from baraka_server.contract.moderation import CommentRemoved
from baraka_server.contract.prices import NextBidChanged
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionChanged,
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


def book() -> SaleBook:
    opened = SaleBook(1)
    opened.hear(AuctionStarted.wire_name, auction())
    opened.hear(LotChanged.wire_name, lot())
    return opened


def hear_bids(into: SaleBook, *rows: dict[str, Any], **more: Any) -> None:
    into.hear(NewBid.wire_name, {"newBid": rows[0], "auctionBids": list(rows)} | more)


def test_a_bid_that_another_program_took_away_is_no_longer_listed() -> None:
    """D47: what stands by now is told with the whole list, and is not a new bid."""
    sale = book()
    for row in (bid(1, 100), bid(2, 150, 3), bid(3, 500, 3)):
        sale.hear(NewBid.wire_name, {"newBid": row, "seq": row["id"], "round": 1})
    stands = {"newBid": bid(1, 100), "auctionBids": [bid(1, 100)], "formerBid": {"bidId": 3}}
    at_this_moment = sum(sale.bids_by_second(datetime.now(UTC)))
    sale.hear(NewBid.wire_name, stands | {"seq": 4, "round": 1})
    assert [one.amount for one in sale.bids] == [100]
    assert sum(sale.bids_by_second(datetime.now(UTC))) <= at_this_moment
    nobody = lot() | {"auctionBids": [], "formerBid": {"bidId": 1}, "seq": 5, "round": 1}
    sale.hear(LotChanged.wire_name, nobody)
    assert (sale.high, list(sale.bids)) == (None, [])


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
    assert not sale.gap, "a count is not an entry of the ledger"
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


def test_what_another_program_did_is_taken_and_its_list_behind_it() -> None:
    sale = book()
    sale.hear(NewBid.wire_name, {"newBid": bid(1, 100), "seq": 5, "round": 1, "ledger": "aa"})
    changed = {
        "auctionId": 1,
        "seq": 6,
        "ledger": "bb",
        "round": 2,
        "auction": auction(current_product="Pearl", minBidPrice=7),
        "highestBid": bid(4, 40, 3),
    }
    again = {"auctionId": 1, "seq": 6, "ledger": "bb", "round": 2}
    for _ in range(2):
        sale.hear(AuctionChanged.wire_name, changed)
        assert sale.high is not None
        assert (sale.lot and sale.lot.product, sale.high.id, sale.round) == ("Pearl", 4, 2)
        sale.hear(LotChanged.wire_name, lot("Pearl") | again)
        sale.hear(
            NewBid.wire_name,
            {"newBid": bid(4, 40, 3), "auctionBids": [bid(4, 40, 3), bid(2, 20)]} | again,
        )
        assert [one.id for one in sale.bids] == [4, 2]
    assert (sale.seq, sale.ledger, sale.gap) == (6, "bb", False)


def test_a_state_of_another_history_takes_the_place_of_all_that_was_heard() -> None:
    sale = book()
    for seq in (5, 6, 7):
        sale.hear(NewBid.wire_name, {"newBid": bid(seq, 10 * seq), "seq": seq, "ledger": "aa"})
    state = {
        "auction": auction(current_product="Ring", minBidPrice=80),
        "auctionBids": [bid(5, 50)],
        "auctionComments": [],
        "userCount": 7,
        "round": 1,
        "seq": 5,
        "ledger": "bb",
    }
    sale.hear(AuctionState.wire_name, state)
    sale.hear(LotChanged.wire_name, lot() | {"seq": 5, "ledger": "bb"})  # in the guide's words
    sale.hear(NewBid.wire_name, {"newBid": bid(9, 90), "seq": 6, "ledger": "cc"})
    assert [one.id for one in sale.bids] == [9, 5]
    assert (sale.seq, sale.ledger, sale.gap) == (6, "cc", False)


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


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ({}, 550),  # an older server, or the guide's: the usual step
        ({"nextBid": 501}, 550),  # an auction without steps: any amount above would do
        ({"nextBid": 525}, 525),
        ({"nextBid": 600}, 600),
        ({"nextBid": None}, 550),
    ],
)
def test_the_next_ask_is_the_servers_where_it_has_steps(told: dict[str, Any], asked: int) -> None:
    sale = book()
    sale.hear(LotChanged.wire_name, lot(nextBid=110, lotId=7, lotNumber=12))
    assert (sale.lot and sale.lot.called, sale.next_ask()) == ("Lot 12, Ring", 110)
    sale.hear(NewBid.wire_name, {"newBid": bid(1, 500), "seq": 5, "round": 1} | told)
    assert sale.next_ask() == asked
    sale.hear(NextBidChanged.wire_name, {"nextBid": 520, "seq": 6})
    assert sale.next_ask() == 520


def test_of_equal_bids_the_first_leads() -> None:
    sale = book()
    hear_bids(sale, bid(2, 100, 3), bid(1, 100))
    assert sale.high is not None
    assert sale.high.id == 1


def test_names_and_comments_are_one_line_that_no_terminal_obeys() -> None:
    sale = book()
    comment = {"user": {"id": 2, "name": "A\x1b[2J\nB"}, "comment": "x\u202ey\x07", "id": 1}
    sale.hear(NewComment.wire_name, {"newComment": comment, "comments": [comment]})
    assert [(one.author, one.text) for one in sale.chat.listed] == [("A[2J B", "xy")]


def comment(row: int, text: str = "hm") -> dict[str, Any]:
    return {"id": row, "user": {"id": 2, "name": "Bilal"}, "comment": text}


def say(into: SaleBook, *rows: dict[str, Any], **more: Any) -> None:
    into.hear(NewComment.wire_name, {"newComment": rows[-1], "comments": list(rows)} | more)


def award(into: SaleBook) -> None:
    nobody = {"auction": auction(), "winningBid": None, "winningUser": None}
    into.hear(LotAwarded.wire_name, nobody)


def test_what_was_said_before_the_hammer_is_kept_and_listed_once() -> None:
    sale = book()
    say(sale, comment(1), comment(2))
    award(sale)
    say(sale, comment(3))
    assert [one.id for one in sale.chat.earlier if isinstance(one, Comment)] == [1, 2]
    assert sale.chat.earlier[-1] == sale.hammers[0]
    assert [one.id for one in sale.chat.listed] == [3]
    say(sale, comment(3), comment(4))
    assert [one.id for one in sale.chat.listed] == [3, 4]


def test_a_hammer_that_was_taken_back_is_none() -> None:
    sale = book()
    award(sale)
    assert len(sale.hammers) == 1
    sale.hear(LotReopened.wire_name, {"product": "Ring", "winningId": None, "standingBid": None})
    sale.hear(LotChanged.wire_name, lot())
    assert sale.hammers == []
    assert sale.lot is not None


def test_a_state_with_an_award_that_was_not_heard_keeps_what_was_said_before_it() -> None:
    sale = book()
    sale.hear(AuctionState.wire_name, {"auction": auction(), "round": 1, "seq": 5})
    say(sale, comment(1), comment(2))
    state = {"auction": auction(), "auctionComments": [comment(2), comment(3)], "seq": 9}
    sale.hear(AuctionState.wire_name, state | {"round": 2})
    assert [one.id for one in sale.chat.earlier if isinstance(one, Comment)] == [1]
    assert [one.id for one in sale.chat.listed] == [2, 3]
    sale.hear(AuctionState.wire_name, state | {"round": 2, "auctionComments": [comment(3)]})
    assert len(sale.chat.earlier) == 1, (
        "in the same round a comment is gone since somebody removed it"
    )


def texts(sale: SaleBook) -> list[str]:
    """The chat as it is shown, with "✗" for what was removed."""
    return [
        ("✗" if one.removed else "") + one.text
        if isinstance(one, Comment)
        else one.told(sale.names)
        for one in sale.chat
    ]


def test_a_lot_that_another_one_took_off_the_block_has_its_line_between_the_comments() -> None:
    sale = book()
    say(sale, comment(1, "a"))
    sale.hear(LotChanged.wire_name, lot("Chain"))
    assert [(one.product, one.winner, one.aside) for one in sale.hammers] == [("Ring", None, True)]
    say(sale, comment(1, "a"), comment(2, "b"))  # the whole list: nothing of it was cleared
    assert texts(sale) == ["a", "Ring: passed", "b"]
    sale.hear(LotChanged.wire_name, lot("Chain", minBidPrice=5))
    assert len(sale.hammers) == 1, "other prices pass nothing"
    award(sale)
    say(sale, comment(3, "c"))
    assert texts(sale) == ["a", "Ring: passed", "b", "Chain: passed", "c"]
    sale.hear(LotReopened.wire_name, {"product": "Chain", "winningId": None, "standingBid": None})
    assert [one.product for one in sale.hammers] == ["Ring"], "only an award is taken back"


def test_a_removed_comment_is_seen_by_staff_alone_and_comes_back_to_its_place() -> None:
    for role, seen in (("moderator", ["a", "✗b", "c"]), (None, ["a", "c"])):
        sale = book()
        sale.role = role
        say(sale, comment(1, "a"), comment(2, "b"))
        sale.hear(CommentRemoved.wire_name, {"commentId": 2})
        say(sale, comment(1, "a"), comment(3, "c"))
        assert texts(sale) == seen
        assert [one.id for one in sale.chat.listed] == [1, 3]
        say(sale, comment(1, "a"), comment(2, "b"), comment(3, "c"))
        assert texts(sale) == ["a", "b", "c"]
        sale.hear(CommentRemoved.wire_name, {"commentId": 2})
        award(sale)
        assert sale.chat.removed == [], "what the hammer cleared cannot be put back"


def test_what_was_removed_before_the_console_listened_is_recalled_in_its_place() -> None:
    def entry(kind: str, **data: Any) -> dict[str, Any]:
        return {"seq": 1, "kind": kind, "at": NOON.isoformat(), "userId": 2, "data": data}

    def posted(row: int, text: str) -> dict[str, Any]:
        return entry("comment", comment_id=row, comment=text) | {"who": "Bilal"}

    sale = joined_late(role="owner", auctionComments=[comment(2, "b"), comment(5, "e")])
    recall(
        sale,
        [
            posted(1, "of the lot before"),
            entry("comment_removed", comment_id=1),
            entry("awarded", product="Pin", high=None),
            *(posted(row, text) for row, text in ((2, "b"), (3, "c"), (4, "d"), (5, "e"))),
            entry("comment_removed", comment_id=3),
            entry("comment_removed", comment_id=4),
            entry("comment_restored", comment_id=4),
            entry("comment", shown="to whom only a newer server says") | {"known": False},
        ],
    )
    assert texts(sale) == ["b", "✗c", "e"]


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


# --- what was before


def opened(seq: int, round: int, product: str, at: datetime) -> dict[str, Any]:  # noqa: A002
    entry = {"seq": seq, "round": round, "kind": "lot_opened", "at": at.isoformat()}
    return entry | {"data": {"lot": {"product": product}}}


def history_of_ring() -> list[dict[str, Any]]:
    """A chain that passed, a pin that was sold, and the ring, up for ten minutes with one bid."""
    up = NOON - timedelta(minutes=10)
    entries: list[dict[str, Any]] = [
        {"kind": "adopted", "data": {}},
        {"kind": "lot_opened", "data": {"lot": {"product": "Chain"}}, "round": 1},
        {"kind": "awarded", "data": {"product": "Chain", "high": None}},
        {"kind": "lot_opened", "data": {"lot": {"product": "Pin"}}, "round": 2},
        {"kind": "bid", "data": {"amount": 5, "bid_id": 1}},
        {"kind": "awarded", "data": {"product": "Pin", "high": {"user_id": 2, "amount": 5}}},
    ]
    told = [{"seq": n, "at": up.isoformat()} | entry for n, entry in enumerate(entries, 1)]
    last = {"seq": 8, "kind": "bid", "at": (NOON - timedelta(seconds=3)).isoformat(), "data": {}}
    return [*told, opened(7, 3, "Ring", up), last]


def joined_late(**state: Any) -> SaleBook:
    sale = SaleBook(1)
    told = {"auction": auction(current_product="Ring"), "round": 3, "seq": 8} | state
    sale.hear(AuctionState.wire_name, told, NOON)
    return sale


def test_a_lot_that_was_there_before_is_as_old_as_the_history_says() -> None:
    sale = joined_late()
    assert (sale.lot_since, sale.lot_since_known) == (NOON, False), (
        "seen now, up for who knows how long"
    )
    recall(sale, history_of_ring())
    assert (sale.lot_since, sale.lot_since_known) == (NOON - timedelta(minutes=10), True)
    assert sum(sale.bids_by_second(NOON)) == 1


def test_the_history_is_read_by_our_clock_however_wrong_the_servers_is() -> None:
    ahead = NOON + timedelta(hours=2)
    sale = joined_late(serverTime=ahead.isoformat())
    recall(sale, [opened(7, 3, "Ring", ahead - timedelta(minutes=1))])
    assert sale.lot_since == NOON - timedelta(minutes=1)


def test_what_was_heard_is_not_counted_again_from_the_history() -> None:
    """Between joining and the answer, a bid and an award came in: they are in both."""
    sale = joined_late()
    sale.hear(NewBid.wire_name, {"newBid": bid(2, 100), "seq": 9, "round": 3}, NOON)
    over = {"auction": auction(), "winningBid": None, "winningUser": None, "seq": 10}
    sale.hear(LotAwarded.wire_name, over, NOON)
    late = [
        {"seq": 9, "kind": "bid", "at": NOON.isoformat(), "data": {}},
        {"seq": 10, "kind": "awarded", "at": NOON.isoformat(), "data": {"high": None}},
    ]
    recall(sale, [*history_of_ring(), *late])
    assert sum(sale.bids_by_second(NOON)) == 2
    assert len(sale.hammers) == 1
    assert sale.lot_since is None


def test_the_history_of_an_earlier_round_says_nothing_of_this_one() -> None:
    sale = joined_late(round=4)
    recall(sale, history_of_ring())
    assert not sale.lot_since_known


def test_a_lot_is_as_old_as_its_event_and_not_as_the_news_of_it() -> None:
    """A line that was lost tells of a lot minutes after it was put up."""
    sale = joined_late(serverTime=NOON.isoformat())
    put_up = NOON + timedelta(seconds=5)
    sale.hear(
        LotChanged.wire_name,
        lot("Chain", seq=9, round=4, serverTime=put_up.isoformat()),
        NOON + timedelta(minutes=3),
    )
    assert (sale.lot_since, sale.lot_since_known) == (put_up, True)
