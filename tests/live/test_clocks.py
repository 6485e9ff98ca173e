"""A server whose clock was wrong: what the ledger says afterwards, and that nothing breaks on it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.domain.state import State, apply
from baraka_server.live import transaction
from baraka_server.live.audience import Viewer
from baraka_server.live.encoded import encode
from baraka_server.store import audit, ledger
from tests.support.checks.proof import the_ledger
from tests.support.clients.hall import Hall, open_house

YEAR = timedelta(days=365)


class SteppedClock(datetime):
    ahead = timedelta(0)

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.ahead


@pytest.mark.parametrize("step", [YEAR, -YEAR])
async def test_a_clock_that_steps_hides_the_present_only_where_a_list_would_lose_its_order(
    store, monkeypatch, caplog, step
):
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(transaction, "datetime", SteppedClock)
    amina, bilal = Viewer("amina", 1), Viewer("bilal", 2)
    house = open_house(store, Hall())

    async def happens(viewer, event):
        answer = await house.submit(viewer, event)
        assert isinstance(answer, dict), answer
        return (await the_ledger(store))[-1].at

    def lot(product):
        return ChangeLot(
            auction_id=1, product=product, minimum_price=1, start_price=1, market_price=1
        )

    def is_now(moment, ahead=timedelta(0)):
        return abs(moment - datetime.now(UTC) - ahead) < timedelta(hours=1)

    later = max(step, timedelta(0))  # what a list that was begun meanwhile has to keep
    try:
        await happens(amina, StartAuction(auction_id=1))
        await house.submit(bilal, JoinAuction(auction_id=1))
        await happens(amina, lot("Ring"))
        monkeypatch.setattr(SteppedClock, "ahead", step)
        assert is_now(await happens(bilal, PlaceBid(auction_id=1, amount=1)), step)
        assert is_now(await happens(bilal, PostComment(auction_id=1, comment="one")), step)
        monkeypatch.setattr(SteppedClock, "ahead", timedelta(0))
        assert is_now(await happens(bilal, PlaceBid(auction_id=1, amount=2)), later)
        assert is_now(await happens(bilal, PostComment(auction_id=1, comment="two")), later)
        assert is_now(await happens(amina, lot("Pearl")))
        assert is_now(await happens(bilal, PlaceBid(auction_id=1, amount=3)))
        assert is_now(await happens(bilal, PlaceBid(auction_id=1, amount=4)))
        assert is_now(await happens(bilal, PostComment(auction_id=1, comment="three")), later)

        asked = JoinAuction(auction_id=1, last_seq=1)
        state = json.loads(encode(await house.submit(Viewer("dina", 3), asked)))
        assert state["missedComplete"]
        assert [one["bid"] for one in state["auctionBids"]] == [4, 3]
        assert [one["comment"] for one in state["auctionComments"]] == ["one", "two", "three"]

        await happens(amina, AwardLot(auction_id=1, product="Pearl"))
        assert is_now(await happens(bilal, PostComment(auction_id=1, comment="four")))
    finally:
        await house.close()
    assert (await audit.verify(store, 1)).ok
    entries = [entry async for entry in audit.history(store, 1)]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    folded = State()
    for entry in await the_ledger(store):
        folded = apply(folded, entry)
    async with store.reading() as connection:
        assert await ledger.read_state(connection, 1) == folded
    said = [entry for entry in caplog.records if entry.name.endswith("clocks")]
    assert len(said) == (step > timedelta(0))
    assert all(364 * 86_400 < entry.ahead_seconds < 366 * 86_400 for entry in said)
