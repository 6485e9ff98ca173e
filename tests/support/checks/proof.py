"""Invariants of a sale, checked from the raw ledger, whatever ran at the same time.

The checks know the ledger's rows, the tables and what phones heard. They share no code with the
rules, so that a mistake in those cannot hide here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Started,
)
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.store import audit, ledger
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, comments, winnings
from tests.support.clients.phones import Phone

Told = tuple[Any, ...]
"""An entry of the ledger as everybody must hear it: seq, entry name, what it is about."""

Answers = list[tuple[dict[str, Any], dict[str, Any]]]
"""Payloads and their acknowledgements, with `user_id` added to the payload."""


async def the_ledger(store: Store, auction_id: int = 1) -> list[LedgerEntry]:
    async with store.reading() as connection:
        return [entry async for entry in ledger.all_entries(connection, auction_id)]


def in_all_words(entry: LedgerEntry, lot: Lot | None) -> list[Told]:
    """An entry in the words in which everybody hears it, with the lot on the block before it."""
    seq, round_ = entry.seq, entry.round

    def standing(bid: StandingBid) -> Told:
        return seq, "newBid", round_, bid.bid_id, bid.user_id, bid.amount

    def on_block(lot: Lot) -> Told:
        return seq, "auction_change_product", round_, lot.product, lot.minimum_price

    match entry.event:
        case ActUndone(high=None):
            assert lot is not None
            return [(seq, "bidUndone"), on_block(lot)]
        case ActUndone(high=StandingBid() as high):
            return [(seq, "bidUndone"), standing(high)]
        case LotOpenedAgain(lot=opened) as again:
            stands = [standing(again.high)] if again.high else []
            return [(seq, "lotReopened"), on_block(opened), *stands]
    return [as_told(entry)]


def as_told(entry: LedgerEntry) -> Told:
    match entry.event:
        case BidPlaced(amount=amount, bid_id=bid_id):
            return entry.seq, "newBid", entry.round, bid_id, entry.user_id, amount
        case StandingBidChanged(high=StandingBid() as high):
            return entry.seq, "newBid", entry.round, high.bid_id, high.user_id, high.amount
        case StandingBidChanged(lot=lot):
            return entry.seq, "auction_change_product", entry.round, lot.product, lot.minimum_price
        case Commented(comment=text, comment_id=comment_id):
            return entry.seq, "newComment", comment_id, entry.user_id, text
        case LotOpened(lot=lot) | LotRepriced(lot=lot):
            return entry.seq, "auction_change_product", entry.round, lot.product, lot.minimum_price
        case Awarded(high=high) | RunnerUpAwarded(high=high):
            bid = (high.bid_id, high.user_id, high.amount) if high else None
            return entry.seq, "auctionEnded", bid
        case Started():
            return entry.seq, "auctionStarted"
        case Canceled():
            return entry.seq, "auctionCanceled"
        case Ended():
            return entry.seq, "auctionFinished"
        case BroadcasterLeft():
            return entry.seq, "broadCasterLeft"
        case Adopted():
            return entry.seq, "auctionChanged"
    raise TypeError(entry.event)


def as_heard(name: str, payload: dict[str, Any]) -> Told:
    seq = payload["seq"]
    match name:
        case "newBid":
            row = payload["newBid"]
            return seq, name, payload["round"], row["id"], row["user_id"], row["bid"]
        case "newComment":
            row = payload["newComment"]
            return seq, name, row["id"], row["user_id"], row["comment"]
        case "auction_change_product":
            return seq, name, payload["round"], payload["product"], payload["minBidPrice"]
        case "auctionEnded":
            won = payload["winningBid"]
            return seq, name, (won["id"], won["user_id"], won["bid"]) if won else None
    return seq, name


NOT_NEWS = {"userCountUpdate", "auctionState", "error"}


def news(heard: Iterable[tuple[str, Any]], auction_id: int = 1, since: int = 0) -> list[Told]:
    """What was heard of the ledger, in the order of arrival.

    A start that another server tells of comes late to those who have joined `since`, if at all.
    """
    return [
        as_heard(name, payload)
        for name, payload in heard
        if name not in NOT_NEWS
        and payload["auctionId"] == auction_id
        and not (name == "auctionStarted" and payload["seq"] <= since)
    ]


def last_seq(phone: Phone, auction_id: int = 1) -> int:
    return max((told[0] for told in news(phone.events, auction_id)), default=0)


async def _heard(phone: Phone, auction_id: int, since: int, said: Sequence[Told]) -> None:
    await phone.until(
        lambda: len(news(phone.events, auction_id, since)) >= len(said),
        f"all that was said of auction {auction_id}",
    )


async def assert_everybody_heard(
    phones: Iterable[Phone], ledger: Sequence[LedgerEntry], auction_id: int = 1
) -> None:
    """Each phone heard everything since it joined: once, in order, word for word."""
    whole, lot = [], None
    for entry in ledger:
        whole.append(in_all_words(entry, lot))
        lot = getattr(entry.event, "lot", lot)
    for phone in phones:
        since = phone.states[auction_id]["seq"]
        said = [told for entry in whole[since:] for told in entry]
        await _heard(phone, auction_id, since, said)
        assert news(phone.events, auction_id, since) == said


async def assert_sale_holds(store: Store, auction_id: int = 1) -> list[LedgerEntry]:
    """The ledger's own claims, and the tables against it. Returns the ledger."""
    verdict = await audit.verify(store, auction_id)
    assert verdict.ok, verdict
    events = await the_ledger(store, auction_id)
    assert [entry.seq for entry in events] == list(range(1, len(events) + 1))
    times = [entry.at for entry in events]
    assert times == sorted(times)

    round_, minimum, on_air = 0, None, False  # None: nothing on the block
    standing: list[tuple[int, int | None, int]] = []
    said: list[tuple[int, int | None, str]] = []
    won: list[tuple[int, int | None, int]] = []
    sold: list[tuple[int, int | None, int]] = []  # the bids of the last award
    for entry in events:
        match entry.event:
            case Adopted() as row:
                on_air = row.live
                minimum = row.lot.minimum_price if row.lot else None
                round_ = entry.round
            case Started():
                on_air = True
            case LotRepriced(lot=lot):
                minimum = lot.minimum_price
            case LotOpened(lot=lot):
                assert entry.round == round_ + 1
                round_, minimum, standing = entry.round, lot.minimum_price, []
            case BidPlaced(amount=amount, bid_id=bid_id):
                assert on_air
                assert minimum is not None, f"bid {entry.seq} has no product"
                assert entry.round == round_
                assert amount > standing[-1][2] if standing else amount >= minimum
                standing.append((bid_id, entry.user_id, amount))
            case ActUndone(bids=ids, high=high):
                assert standing, "there was no bid to take back"
                assert standing[-1][0] in ids
                standing = [one for one in standing if one[0] not in ids]
                assert (high and (high.bid_id, high.user_id, high.amount)) == (
                    standing[-1] if standing else None
                )
            case LotOpenedAgain(lot=lot, bids=back, winning_id=taken, award=award):
                assert minimum is None, "a product was on the block"
                assert taken is None or won.pop()[0] == taken
                assert events[award - 1].round == round_
                minimum = lot.minimum_price
                standing = [(bid.bid_id, bid.user_id, bid.amount) for bid in back]
                assert set(standing) <= set(sold)
            case RunnerUpAwarded(high=high, winning_id=winning_id, passed_over=over):
                assert (over.bid_id, over.user_id, over.amount) == standing[-1]
                assert (high.bid_id, high.user_id, high.amount) in standing[:-1]
                assert high.user_id != over.user_id
                assert winning_id is not None
                won.append((winning_id, high.user_id, high.amount))
                minimum, sold, standing, said = None, standing, [], []
            case StandingBidChanged(high=high, was=StandingBid(user_id=gone), award_refused=False):
                # As when the user is deleted: bids and comments go with the user.
                standing = [one for one in standing if one[1] != gone]
                said = [one for one in said if one[1] != gone]
                assert (high and (high.bid_id, high.user_id, high.amount)) == (
                    standing[-1] if standing else None
                )
            case Commented(comment=text, comment_id=comment_id):
                assert on_air
                said.append((comment_id, entry.user_id, text))
            case Awarded(high=high, winning_id=winning_id):
                assert minimum is not None, "a product was awarded twice"
                highest = standing[-1] if standing else None
                assert (high and (high.bid_id, high.user_id, high.amount)) == highest
                if high is not None and winning_id is not None:
                    won.append((winning_id, high.user_id, high.amount))
                minimum, sold, standing, said = None, standing, [], []
            case LotPassed(high=high):
                assert minimum is not None, "nothing was on the block"
                highest = standing[-1] if standing else None
                assert (high and (high.bid_id, high.user_id, high.amount)) == highest
                minimum, sold, standing, said = None, standing, [], []
            case Canceled() | Ended():
                on_air = False
        assert entry.round == round_
    await _assert_tables_hold(store, auction_id, standing, said, won, on_air=on_air)
    return events


async def _assert_tables_hold(
    store: Store, auction_id: int, standing: Any, said: Any, won: Any, *, on_air: bool
) -> None:
    async with store.reading() as connection:

        async def rows(table: Any, value: Any) -> list[Any]:
            query = select(table.c.id, table.c.user_id, value).order_by(table.c.id)
            found = await connection.execute(query.where(table.c.auction_id == auction_id))
            return [tuple(row) for row in found]

        assert await rows(bids, bids.c.bid) == standing
        assert await rows(comments, comments.c.comment) == said
        assert await rows(winnings, winnings.c.price) == won
        live = select(auctions.c.isLive).where(auctions.c.id == auction_id)
        assert (await connection.execute(live)).scalar_one() == on_air


def assert_answers_hold(
    answers: Answers, ledger: Sequence[LedgerEntry], *, complete: bool = True
) -> None:
    """Every accepted command is in the ledger as it was acknowledged, and a refused one never.

    Not `complete`: some answers were lost, so the ledger may have more than was acknowledged.
    """
    by_seq = {entry.seq: entry for entry in ledger}
    accepted: Counter[Told] = Counter()
    for asked, answer in answers:
        if not answer["ok"]:
            continue
        entry = by_seq[answer["seq"]]
        assert (entry.user_id, entry.round) == (asked["user_id"], answer["round"])
        if "round" in asked:
            assert entry.round == asked["round"]
        match entry.event:
            case BidPlaced(amount=amount, bid_id=bid_id):
                assert (amount, bid_id) == (asked["amount"], answer["bidId"])
                accepted["bid", entry.user_id, amount] += 1
            case Commented(comment=text, comment_id=comment_id):
                assert (text, comment_id) == (asked["comment"], answer["commentId"])
                accepted["comment", entry.user_id, text] += 1
            case other:
                raise AssertionError(f"{asked} became {other}")
    in_ledger: Counter[Told] = Counter()
    for entry in ledger:
        match entry.event:
            case BidPlaced(amount=amount):
                in_ledger["bid", entry.user_id, amount] += 1
            case Commented(comment=text):
                in_ledger["comment", entry.user_id, text] += 1
    assert accepted <= in_ledger
    if complete:
        assert accepted == in_ledger
