"""Verification of a ledger and its tables, and the history of a sale in words (D26)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.names import numbered
from baraka_server.contract.records import User
from baraka_server.contract.reports import AlteredEntry, Disagreement, HistoryEntry, Verdict
from baraka_server.domain import acts, replay
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Adopted, LedgerEntry, Unknown
from baraka_server.domain.maxima_proved import MaximaProof
from baraka_server.domain.narrate import LOOKS_BACK, TELLS_PHASE, in_words
from baraka_server.domain.paddles import Paddles
from baraka_server.domain.state import State, apply
from baraka_server.store import ledger
from baraka_server.store.errors import Damaged, NotThere
from baraka_server.store.expected import Expected, Objection, Rows
from baraka_server.store.lots import lots_that_differ
from baraka_server.store.maxima import known, maxima_objections
from baraka_server.store.paddles import paddle_objections, read_paddles
from baraka_server.store.pages import Page, Span
from baraka_server.store.rows import is_id, read_auction, read_users
from baraka_server.store.slices import in_slices
from baraka_server.store.store import Store, users_in
from baraka_server.store.tables import auctions, events, lots, maxima, paddles, texts, winnings
from baraka_server.store.texts import unread_texts

DISAGREEMENTS_MAX = 100
"""How many rows a verdict names at most."""
ANOTHER_TEXT = "it is not the text that entry {} of the ledger has the hash of"


async def verify(store: Store, auction_id: int) -> Verdict:
    """Verify that an auction's ledger is what was written, and that the tables follow from it.

    First the chain of hashes, which finds entries that were altered, lost or added between others.
    Then the rules, which find what no server accepted although whoever wrote it made the chain anew.
    Maximum bids are proved by the amounts beside the ledger, and by the ledger alone once it opened them.
    Then the fold of the ledger against the tables, which finds rows that were altered, and entries
    that were cut off the end: the rows that they wrote are still in the tables. Nothing can show that
    a last entry is gone which wrote no row: a repeated start, a broadcaster who left. Rows that are
    older than the ledger are taken as it found them. Rows that other programs wrote or deleted since
    are listed separately where they cannot have been ours and decide nothing (D52): a comment that no
    entry wrote, a bid below the one that leads, rows of a user who was deleted. Behind entries that a
    newer program wrote the tables are not compared (D55): the verdict counts those entries. Words that
    were erased are counted too (D56); the ledger has their hashes, and holds without them.

    Raises `NotThere` when there is neither such an auction nor a ledger of it.
    """
    if not is_id(auction_id):
        raise _unknown(auction_id)
    async with store.reading() as connection:  # ledger and tables of one moment
        chain = await ledger.verify(connection, auction_id)
        if isinstance(chain, ledger.Broken):
            return _altered(auction_id, chain.seq, chain.reason)
        expected, proof = Expected(), MaximaProof(auction_id, await known(connection, auction_id))
        unread: dict[str, int] = {}
        try:
            async for entry in ledger.all_entries(connection, auction_id):
                reason = (
                    replay.objection(expected.state, entry)
                    or acts.objection(expected.acts, entry)
                    or proof.objection(expected.state, expected.acts, entry)
                )
                if reason:
                    return _altered(auction_id, entry.seq, reason)
                expected.take(entry)
                for text in entry.event.texts:
                    if text.text is None:
                        unread.setdefault(text.hash, entry.seq)
        except ledger.UNREADABLE:  # and yet the hashes fit: whoever wrote it knew how to make them
            return _altered(auction_id, expected.state.seq + 1, "it does not say what can happen")
        if proof.owed:
            return _altered(auction_id, expected.state.seq + 1, proof.owed)
        disagreements, outside = await _disagreements(connection, auction_id, expected)
        erased, altered = await unread_texts(connection, auction_id, unread)
        disagreements += [
            Disagreement(table=texts.name, rowId=seq, reason=ANOTHER_TEXT.format(seq))
            for seq in altered
        ]
    return Verdict(
        auctionId=auction_id,
        ok=not disagreements,
        entries=chain,
        unknownEntries=expected.unknown,
        alteredEntry=None,
        disagreements=disagreements[:DISAGREEMENTS_MAX],
        changedOutside=outside[:DISAGREEMENTS_MAX],
        erasedTexts=erased,
    )


def _altered(auction_id: int, seq: int, reason: str) -> Verdict:
    return Verdict(
        auctionId=auction_id,
        ok=False,
        entries=seq - 1,
        unknownEntries=0,
        alteredEntry=AlteredEntry(seq=seq, reason=reason),
        disagreements=[],
    )


async def _disagreements(
    connection: AsyncConnection, auction_id: int, expected: Expected
) -> tuple[list[Disagreement], list[Disagreement]]:
    """The rows that are not what the ledger says, and those that only other programs wrote."""
    record = await read_auction(connection, auction_id, lock=False)
    if record is None and expected.state.seq == 0:
        raise _unknown(auction_id)
    if record is None:
        return [Disagreement(table=auctions.name, rowId=auction_id, reason="it is gone")], []
    if expected.state.seq == 0 or expected.unknown:
        # Nothing has happened that a ledger would keep, or what only a newer program knows.
        return [], []
    found = [
        Disagreement(table=auctions.name, rowId=auction_id, reason=reason)
        for reason in expected.objections(record)
    ]
    outside: list[Disagreement] = []
    for rows in (expected.bids, expected.comments, expected.winnings):
        objections = await _objections(connection, auction_id, rows)
        for row_id, objection in sorted(objections.items()):
            told = Disagreement(table=rows.table.name, rowId=row_id, reason=objection.reason)
            (outside if objection.outside else found).append(told)
    for number, reason in await paddle_objections(connection, auction_id, expected.paddles):
        found.append(Disagreement(table=paddles.name, rowId=number, reason=reason))
    for seq, reason in await maxima_objections(connection, auction_id, expected.maxima):
        found.append(Disagreement(table=maxima.name, rowId=seq, reason=reason))
    differ = await lots_that_differ(connection, auction_id, expected.state.run_list)
    found += [
        Disagreement(table=lots.name, rowId=lot_id, reason=reason)
        for lot_id, reason in differ.items()
    ]
    return found, outside


async def _objections(
    connection: AsyncConnection, auction_id: int, rows: Rows
) -> dict[int, Objection]:
    table = rows.table
    query = select(table).where(table.c.auction_id == auction_id)
    there = {row["id"]: dict(row) for row in (await connection.execute(query)).mappings()}
    lost = [row_id for row_id in rows.written if row_id not in there]
    for start in range(0, len(lost), ledger.ROWS_PER_READ):  # in another auction, maybe
        query = select(table).where(table.c.id.in_(lost[start : start + ledger.ROWS_PER_READ]))
        there |= {row["id"]: dict(row) for row in (await connection.execute(query)).mappings()}
    objections = {
        row_id: objection
        for row_id, row in there.items()
        if (objection := rows.objection(row, auction_id))
    }
    gone = [row_id for row_id in lost if row_id not in there and rows.written[row_id].required]
    whose = {rows.written[row_id].values["user_id"] for row_id in gone} - {None}
    left = await read_users(connection, whose)
    for row_id in gone:
        written = rows.written[row_id]
        user_id = written.values["user_id"]
        if user_id in left or table is winnings:
            reason = f"it is gone; entry {written.seq} of the ledger wrote it"
            objections[row_id] = Objection(reason)
        else:
            reason = f"it went with user {user_id}, who was deleted; entry {written.seq} has it"
            objections[row_id] = Objection(reason, outside=True)
    return objections


async def history(store: Store, auction_id: int) -> AsyncIterator[HistoryEntry]:
    """The auction's ledger in order and in words, with what was cleared from the tables since.

    Raises `NotThere` when there is neither such an auction nor a ledger of it, `Damaged` where an
    entry cannot be read.
    """
    if not is_id(auction_id):
        raise _unknown(auction_id)
    state = State()
    async with store.reading() as connection:
        given = await read_paddles(connection, auction_id)
    while True:
        with _readable(auction_id, state.seq):
            found, users = await store.entries_after(auction_id, state.seq, ledger.ROWS_PER_READ)
        if not found:
            break
        entries, state = _in_words(state, found, _People(users, given))
        for entry in entries:
            yield entry
    if state.seq == 0:
        async with store.reading() as connection:
            if await read_auction(connection, auction_id, lock=False) is None:
                raise _unknown(auction_id)


async def history_page(store: Store, auction_id: int, span: Span) -> Page[HistoryEntry]:
    """A page of `history`, in the same words; with `before` alone, the last entries before it.

    Empty where there is no ledger. Raises `Damaged` where an entry cannot be read.
    """
    backwards = span.before is not None and span.after is None
    async with store.reading() as connection:
        with _readable(auction_id, span.after or 0):
            page = await ledger.read_page(connection, auction_id, span, newest_first=backwards)
            found = page.rows[::-1] if backwards else page.rows
            state = await _before(connection, auction_id, found)
        users = await read_users(connection, users_in(found))
        people = _People(users, await read_paddles(connection, auction_id))

    def told(some: Sequence[LedgerEntry]) -> list[HistoryEntry]:
        nonlocal state
        entries, state = _in_words(state, some, people)
        return entries

    return Page(await in_slices(told, found), page.resume)


async def _before(
    connection: AsyncConnection, auction_id: int, found: Sequence[LedgerEntry]
) -> State:
    """The part of the state before a page on which the words of its entries depend.

    A page costs what its rows cost: the ledger before it is not folded. Nearly every entry implies
    whether the auction was live. The owner is only in entries for a change by another program, and is
    read where the page has one.
    """
    kinds = {type(entry.event) for entry in found if entry.seq > 1}
    state = State()
    if kinds & LOOKS_BACK:
        last = await ledger.read_last(connection, auction_id, *TELLS_PHASE, before=found[0].seq)
        if last is not None:
            state = apply(State(seq=last.seq - 1, live=True), last)
    if Adopted in kinds:
        row = await ledger.read_last(connection, auction_id, Adopted, before=found[0].seq)
        if row is not None and isinstance(row.event, Adopted):
            state = replace(state, owner_id=row.event.owner_id)
    return state


@contextmanager
def _readable(auction_id: int, seq: int) -> Iterator[None]:
    try:
        yield
    except ledger.UNREADABLE as error:
        raise Damaged(
            f"The ledger of auction {auction_id} cannot be read behind entry {seq}."
        ) from error


@dataclass(frozen=True, slots=True)
class _People:
    """The people whom entries name, and the paddles of the auction."""

    users: Mapping[int, User]
    paddles: Paddles

    def name(self, user_id: int) -> str:
        user = self.users.get(user_id)
        return user.name if user else f"user {user_id}"

    def called(self, user_id: int) -> str:
        """The name with the paddle before it: two bidders of one name are two (D36)."""
        return numbered(self.paddles.of(user_id), self.name(user_id))


def _in_words(
    state: State, found: Sequence[LedgerEntry], people: _People
) -> tuple[list[HistoryEntry], State]:
    """The entries of the events that follow `state`, and the state behind them."""
    entries = []
    for entry in found:
        user_id = entry.user_id if entry.event.tells_user else None
        # Where an entry is missing, that is for `verify` to say: the others are still read.
        state = replace(state, seq=entry.seq - 1)
        entries.append(
            HistoryEntry(
                seq=entry.seq,
                round=entry.round,
                at=entry.at,
                kind=entry.kind,
                userId=user_id,
                who=None if user_id is None else people.name(user_id),
                paddle=_label_of(entry) or people.paddles.of(user_id),
                what=in_words(state, entry, people.called),
                data=entry.event.data(),
                known=not isinstance(entry.event, Unknown),
            )
        )
        state = apply(state, entry)
    return entries, state


def _label_of(entry: LedgerEntry) -> int | None:
    """The paddle of the label of the floor that bid (D40); None for others."""
    return entry.event.label_paddle if isinstance(entry.event, BidPlaced) else None


def _unknown(auction_id: int) -> NotThere:
    return NotThere(f"There is no auction {auction_id}.")


async def audited_ids(store: Store) -> list[int]:
    """The ids of all auctions, and of those whose ledger outlived them."""
    query = select(auctions.c.id).union(select(events.c.auction_id))
    async with store.reading() as connection:
        return sorted((await connection.execute(query)).scalars())
