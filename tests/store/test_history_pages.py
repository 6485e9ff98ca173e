"""Pages of a ledger: their cost, and their words for an auction that other programs change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import event, insert

from baraka_server.contract.client_events import StartAuction
from baraka_server.domain.decision import Command
from baraka_server.domain.events import Adopted, Started
from baraka_server.domain.state import State, apply, next_entry
from baraka_server.store import audit, ledger
from baraka_server.store.engine import open_engine
from baraka_server.store.pages import Span
from baraka_server.store.store import Store
from baraka_server.store.tables import events
from tests.support.servers.sales import Sale, open_store, run_sale, take

NOW = datetime(2027, 1, 31, tzinfo=UTC)


async def test_a_page_behind_a_change_of_another_program_says_what_the_whole_says(
    books: Store, sale: Sale
) -> None:
    this, again = sale.auction.id, Started()
    changed = Adopted(sale.bilal.id, True, False, False, None, None)  # by another program
    off_air = replace(changed, live=False)
    events = [again, again, changed, again, off_air, again, again, changed, off_air, again]
    state = State()
    async with books.writing() as connection:
        async for entry in ledger.all_entries(connection, this):
            state = apply(state, entry)
        for event in events:
            entry = next_entry(state, event, None, NOW)
            await ledger.append(connection, this, ledger.GENESIS, [entry])
            state = apply(state, entry)
    whole = [entry async for entry in audit.history(books, this)]
    said = [entry.what for entry in whole]
    assert said.count("went live") == 3
    assert sum("owned by" in what for what in said) == 2
    for limit in (1, 2):
        for after in range(len(whole)):
            page = await audit.history_page(books, this, Span(limit, after=after))
            assert page.rows == whole[after : after + limit]


async def test_a_page_costs_the_same_behind_a_long_ledger(tmp_path) -> None:
    steps = 0

    def counts() -> None:
        nonlocal steps
        steps += 1

    url = f"sqlite+aiosqlite:///{tmp_path / 'baraka.db'}"
    engine = open_engine(url)

    @event.listens_for(engine.sync_engine, "connect")
    def _count_steps(connection, _record):
        connection.run_async(lambda driver: driver.set_progress_handler(counts, 10))

    async with open_store(url, engine) as books:
        sale = await run_sale(books)
        this, again = (
            sale.auction.id,
            Command(StartAuction(auction_id=sale.auction.id), sale.amina.id),
        )

        async def cost_of_the_last_page() -> int:
            nonlocal steps
            await take(books, this, [again])
            page = await audit.history_page(books, this, Span(1, before=2**31 - 1))
            assert page.rows[0].what == "announced again that the auction is live"
            before = steps
            await audit.history_page(books, this, Span(1, before=2**31 - 1))
            return steps - before

        short = await cost_of_the_last_page()
        seq = [entry.seq async for entry in audit.history(books, this)][-1]
        rows = [
            {"auction_id": this, "seq": number, "round": 1, "kind": "bid", "user_id": sale.bilal.id}
            | {
                "data": '{"amount": 1, "bid_id": 1}',
                "hash": "0" * 64,
                "at": datetime(2027, 1, 31, tzinfo=UTC),
            }
            for number in range(seq + 1, seq + 5_001)
        ]
        async with books.writing() as connection:
            await connection.execute(insert(events), rows)
        assert 0 < await cost_of_the_last_page() <= 1.5 * short
