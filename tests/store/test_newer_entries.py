"""Entries that say what they are, and those that only a newer program knows (D55)."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from baraka_server.contract.client_events import PlaceBid, StartAuction, Who
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.events import Commented, Unknown
from baraka_server.domain.kinds import KINDS
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.roles import Role
from baraka_server.domain.state import State
from baraka_server.store import audit, ledger
from baraka_server.store.catalog import role_in
from baraka_server.store.settlement import sale_summary
from baraka_server.store.store import Store
from baraka_server.store.tables import events
from tests.support.servers import newer
from tests.support.servers.sales import Sale, bid, change_lot, run_sale, take

NOT_RULES = {
    "broadcaster_left",
    "comment",
    "comment_removed",
    "comment_restored",
    "fair_warning",
    "maxima_opened",
    "winning_changed",
    "winning_paid",
}
ENTRIES = 16
OF_GUIDE = {"registration": "open", "maxima": False, "floor_user_id": None}
INVITED = {"rules": {**OF_GUIDE, "registration": "invited"}, "before": OF_GUIDE}


@pytest.fixture
async def sale(store: Store) -> Sale:
    return await run_sale(store)


@pytest.fixture
async def books(store: Store, sale: Sale) -> Store:
    return store


async def state_of(store: Store, sale: Sale) -> State:
    async with store.reading() as connection:
        return await ledger.read_state(connection, sale.auction.id)


async def last_fact(store: Store, sale: Sale) -> object:
    async with store.reading() as connection:
        return (await ledger.read_entries(connection, sale.auction.id))[-1].event


async def test_every_entry_says_what_it_is_and_that_is_hashed(books: Store, sale: Sale) -> None:
    async with books.reading() as connection:
        found = (await connection.execute(select(events).order_by(events.c.seq))).mappings()
        rows = [dict(row) for row in found]
    assert {row["kind"] for row in rows} >= {"adopted", "started", "lot_opened", "bid", "awarded"}
    previous = ledger.GENESIS
    for row in rows:
        said = json.loads(row["data"])
        assert (said["v"], said["rule"]) == (1, row["kind"] not in NOT_RULES)
        assert ledger.chained(previous, row) == row["hash"]
        other = json.dumps({**said, "rule": not said["rule"]}, separators=(",", ":"))
        assert ledger.chained(previous, {**row, "data": other}) != row["hash"]
        previous = row["hash"]


def test_which_kinds_are_rules_is_known() -> None:
    assert {kind for kind, event in KINDS.items() if not event.rule} == NOT_RULES


def test_a_bid_is_written_as_every_other_event() -> None:
    class AnyFact(BidPlaced):  # not the very class, so that it goes the usual way
        pass

    assert ledger.encoded(BidPlaced(1500, 7)) == ledger.encoded(AnyFact(1500, 7))
    comment = Commented('{"v":9},}', 3)
    assert json.loads(ledger.encoded(comment))["comment"] == '{"v":9},}'
    assert ledger.encoded(comment).startswith('{"v":1,"rule":false,')


@pytest.mark.parametrize(
    ("kind", "data", "understood"),
    [
        ("reserve_set", {"v": 1, "rule": True, "amount": 900}, False),
        ("reserve_set", {"v": 1, "amount": 900}, False),  # it does not say that it is none
        ("bid", {"v": 2, "rule": True, "sealed": "…"}, False),
        # members of choices that this program does not know
        (
            "role_set",
            {"v": 1, "rule": True, "target_id": 9, "role": "cashier", "before": None},
            False,
        ),
        (
            "role_set",
            {"v": 1, "rule": True, "target_id": 9, "role": None, "before": "cashier"},
            False,
        ),
        ("house_rules_set", {"v": 1, "rule": True, **INVITED}, False),
        (
            "clock_paused",
            {"v": 1, "rule": True, "clock_ms": 1, "ends_ms": 2, "reason": "rain"},
            False,
        ),
        ("lots_added", {"v": 1, "rule": True, "lots": [{"state": "shown"}]}, False),
        (
            "lot_withdrawn",
            {"v": 1, "rule": True, "lot_id": 1, "lot_number": 1, "before": "shown"},
            False,
        ),
        (
            "winning_paid",
            {"v": 1, "rule": False, "winning_id": 1, "paid": True, "by": "bank"},
            True,
        ),
        ("picture_shown", {"v": 1, "rule": False, "id": 3}, True),
        ("comment", {"v": 2, "rule": False, "hash": "…"}, True),
    ],
)
async def test_behind_a_rule_that_is_not_known_nothing_is_decided(
    books: Store, sale: Sale, kind: str, data: dict[str, object], understood: bool
) -> None:
    seq = await newer.writes(books, kind, data, auction_id=sale.auction.id)
    state = await state_of(books, sale)
    assert (state.seq, state.understood) == (seq, understood)
    assert await last_fact(books, sale) == Unknown(kind, not understood, data)

    for event, user in (
        (PlaceBid(auction_id=sale.auction.id, amount=10_000), sale.dina),
        (StartAuction(auction_id=sale.auction.id), sale.amina),
    ):
        decision = decide(state, Command(event, user.id), HouseRules())
        refused = isinstance(decision, Refusal) and decision.code is Code.UNAVAILABLE
        assert refused is not understood


async def test_what_is_known_does_not_hide_what_is_not(books: Store, sale: Sale) -> None:
    await newer.writes(books, "bid", {"v": 2, "rule": True}, auction_id=sale.auction.id)
    last = {"v": 1, "rule": True, "amount": 900, "bid_id": 99}
    await newer.writes(books, "bid", last, auction_id=sale.auction.id)
    state = await state_of(books, sale)
    assert state.high is not None
    assert (state.high.amount, state.understood) == (900, False)


async def test_fields_that_are_not_known_are_left_out(books: Store, sale: Sale) -> None:
    before = await state_of(books, sale)
    assert before.lot is not None
    high = StandingBid(7, sale.bilal.id, 260, datetime(2026, 1, 2, tzinfo=UTC))
    more = {"insured": 12}
    adopted = {
        "v": 1,
        "rule": True,
        "owner_id": sale.amina.id,
        "live": True,
        "canceled": False,
        "ended": False,
        "lot": before.lot.data() | more,
        "high": high.data() | more,
        **more,
    }
    await newer.writes(books, "adopted", adopted, auction_id=sale.auction.id)
    state = await state_of(books, sale)
    assert replace(state, seq=before.seq, at=before.at) == replace(before, high=high)

    bid = {"v": 1, "rule": True, "amount": 900, "bid_id": 99, **more}
    await newer.writes(books, "bid", bid, auction_id=sale.auction.id)
    assert await last_fact(books, sale) == BidPlaced(900, 99)


async def test_history_tells_of_it_and_verify_leaves_the_tables_to_who_knows_them(
    books: Store, sale: Sale
) -> None:
    data = {"v": 1, "rule": True, "lot": "none of ours"}
    seq = await newer.writes(books, "tally_kept", data, auction_id=sale.auction.id)
    entry = [entry async for entry in audit.history(books, sale.auction.id)][-1]
    assert (entry.seq, entry.kind, entry.data, entry.known) == (seq, "tally_kept", data, False)
    assert entry.what == "did what only a newer version of Baraka knows: tally_kept"

    verdict = await audit.verify(books, sale.auction.id)
    assert (verdict.ok, verdict.entries, verdict.unknownEntries) == (True, seq, 1)


async def test_entries_of_the_first_release_lead_to_the_same(books: Store, sale: Sale) -> None:
    """Theirs say nothing of what they are; they may stand before ours in one ledger."""
    state = await state_of(books, sale)
    assert state.high is not None
    old = {"amount": state.high.amount + 1, "bid_id": 99}
    await newer.writes(books, "bid", old, auction_id=sale.auction.id)
    assert await last_fact(books, sale) == BidPlaced(**old)
    await take(books, sale.auction.id, [bid(sale, sale.dina, 5_000), change_lot(sale, "Pin", 1)])
    state = await state_of(books, sale)
    assert (state.lot and state.lot.product, state.high, state.understood) == ("Pin", None, True)


async def test_a_role_that_a_newer_program_may_have_taken_away_opens_nothing(
    books: Store, sale: Sale
) -> None:
    given = {"v": 1, "rule": True, "target_id": 9, "role": "clerk", "before": None}
    await newer.writes(books, "role_set", given, auction_id=sale.auction.id)
    assert await role_in(books, sale.auction, 9) == Role(Who.CLERK)
    await newer.writes(books, "picture_shown", {"v": 1, "rule": False}, auction_id=sale.auction.id)
    assert await role_in(books, sale.auction, 9) == Role(Who.CLERK)
    await newer.writes(books, "roles_cleared", {"v": 1, "rule": True}, auction_id=sale.auction.id)
    assert await role_in(books, sale.auction, 9) is None
    assert await role_in(books, sale.auction, sale.amina.id) == Role(Who.OWNER, True)


async def test_a_summary_says_that_a_newer_program_may_know_more(books: Store, sale: Sale) -> None:
    before = await sale_summary(books, sale.auction.id)
    shown = {"v": 1, "rule": False, "id": 3}
    await newer.writes(books, "picture_shown", shown, auction_id=sale.auction.id)
    after = await sale_summary(books, sale.auction.id)
    assert (after.understood, after.lots, after.totals) == (True, before.lots, before.totals)
    await newer.writes(books, "premium_set", {"v": 1, "rule": True}, auction_id=sale.auction.id)
    assert not (await sale_summary(books, sale.auction.id)).understood
