"""A user is erased: words, name and number go, and every ledger holds (D56)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, update

from baraka_server.contract.client_events import AwardLot
from baraka_server.domain.decision import Command
from baraka_server.store import accounts, audit, catalog, codes, erasure, sessions
from baraka_server.store.address import database_file
from baraka_server.store.address import database_url as parsed
from baraka_server.store.codes import CodeLimits, NewCode, Origin
from baraka_server.store.sessions import SessionLimits
from baraka_server.store.tables import lots, metadata, texts
from tests.store.test_lots import command, lot
from tests.support.servers.sales import bid, change_lot, prepare_sale, take
from tests.support.servers.stores import START

WORDS = "Chipped by my aunt Zahra, ring +966-55"
NOW = datetime(2027, 1, 1, tzinfo=UTC)


async def run_and_sign_in(books):
    """Amina describes a lot; Bilal wins one. Both are signed in, and a code is under way to Amina."""
    sale = await prepare_sale(books)
    amina = Command(AwardLot(auction_id=1, product="Ring", weight=None), sale.amina.id)
    for commands in (
        [command("addLots", lots=[lot("Vase", description=WORDS), lot("Rug", description="Red")])],
        [
            Command(START.event, sale.amina.id),
            change_lot(sale, "Ring", 5),
            bid(sale, sale.bilal, 9),
        ],
        [amina, command("endAuction")],
    ):
        await take(books, 1, commands)
    for user in (sale.amina, sale.bilal):
        await sessions.begin_for(books, user.id, SessionLimits(), NOW)
    code = NewCode(sale.amina.number, "0" * 64, "1" * 64)
    await codes.ask(books, code, Origin("2" * 64, "+92", "192.0.2.1"), CodeLimits(), NOW)
    return sale


async def everything(store):
    """All values of all rows, as text."""
    async with store.reading() as connection:
        return {
            table.name: [tuple(row) for row in await connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


async def test_nothing_of_an_erased_user_is_left_and_the_ledger_holds(books, database_url):
    sale = await run_and_sign_in(books)
    amina, before = sale.amina, await everything(books)
    traces = await erasure.traces_of(books, amina.id)
    assert (traces.texts, len(traces.of_lots), traces.sessions) == (2, 2, 1)
    assert not traces.in_the_way
    await erasure.erase(books, traces, amina.number)

    after = await everything(books)
    told = str(after)
    for gone in (amina.name, amina.number, WORDS, *(row[2] for row in before["baraka_texts"])):
        assert gone in str(before)
        assert gone not in told
    assert [row[1] for row in after["baraka_sessions"]] == [sale.bilal.id]
    assert len(after["baraka_refresh_tokens"]) == 1
    assert after["baraka_events"] == before["baraka_events"]
    assert after["winnings"] == before["winnings"]
    user = await catalog.user_by_id(books, amina.id)
    assert (user.name, user.number) == ("Erased user 1", "erased-1")
    verdict = await audit.verify(books, 1)
    assert verdict.ok
    assert verdict.erasedTexts == 2
    history = [entry async for entry in audit.history(books, 1)]
    assert {entry.who for entry in history if entry.userId == amina.id} == {"Erased user 1"}
    assert await accounts.read_blocked(books) == {amina.id}

    file = database_file(parsed(database_url))
    if file is not None:  # what SQLite deletes stays in its file, unless it is told otherwise
        kept = b"".join(Path(f"{file}{end}").read_bytes() for end in ("", "-wal"))
        assert b"Zahra" not in kept
        assert amina.number.encode() not in kept

    again = await erasure.traces_of(books, amina.id)
    assert (again.erased, again.texts, again.of_lots, again.sessions) == (True, 0, [], 0)
    await erasure.erase(books, again, None)
    assert await erasure.erased_among(books, {amina.id, sale.bilal.id}) == {amina.id}


async def test_words_of_others_stay_and_an_altered_text_is_no_erased_one(books):
    sale = await run_and_sign_in(books)
    await erasure.erase(books, await erasure.traces_of(books, sale.bilal.id), None)
    async with books.reading() as connection:
        words = select(lots.c.description).where(lots.c.description.is_not(None))
        assert {WORDS, "Red"} == set((await connection.execute(words)).scalars())
        assert (await connection.execute(select(func.count()).select_from(texts))).scalar() == 2
    assert (await audit.verify(books, 1)).erasedTexts == 0
    async with books.writing() as connection:
        await connection.execute(update(texts).where(texts.c.text == "Red").values(text="Blue"))
    verdict = await audit.verify(books, 1)
    assert not verdict.ok
    assert "baraka_texts" in {one.table for one in verdict.disagreements}
