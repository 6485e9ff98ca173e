"""A ledger that was written anew behind a signed checkpoint is found."""

import re

import pytest
from sqlalchemy import select

from baraka_server.contract.client_events import (
    BroadcasterLeave,
)
from baraka_server.contract.reports import Verdict
from baraka_server.store import audit, checkpoint
from baraka_server.store.errors import NotThere
from baraka_server.store.store import Store
from baraka_server.store.tables import comments, events
from tests.support.servers.alterations import ENTRIES, LONG_AGO, alter, newest
from tests.support.servers.sales import (
    Sale,
    by_host,
    change_lot,
    prepare_sale,
    take,
    write_anew,
)

SIGNER = checkpoint.Signer.of("a secret of the house, with more than 32 bytes")


async def checked(store: Store, sale: Sale, *texts: str) -> Verdict:
    verdict = await audit.verify(store, sale.auction.id)
    kept = [one for text in texts for one in checkpoint.found_in(text)]
    assert kept
    return await checkpoint.with_checkpoints(store, SIGNER, verdict, kept)


async def test_a_checkpoint_holds_as_long_as_the_ledger_only_grows(
    books: Store, sale: Sale
) -> None:
    this = sale.auction.id
    texts = []
    for product in ("Lamp", "Chair"):
        texts.append((await checkpoint.take(books, SIGNER, this)).text)
        await take(books, this, [change_lot(sale, product, 5)])
    texts.append((await checkpoint.take(books, SIGNER, this)).text)
    verdict = await checked(books, sale, "\n".join(f"on the wall: {text}." for text in texts))
    assert verdict.ok
    assert verdict.brokenCheckpoints == []


async def test_a_ledger_that_was_written_anew_behind_a_checkpoint_is_named(
    books: Store, sale: Sale
) -> None:
    this = sale.auction.id
    before = (await checkpoint.take(books, SIGNER, this)).text
    # Another text of a comment, in the ledger and in its row: all by itself it would be believed.
    async with books.reading() as connection:
        row = (
            (
                await connection.execute(
                    select(events).where(events.c.kind == "comment").order_by(events.c.seq.desc())
                )
            )
            .mappings()
            .first()
        )
    assert row
    forged = row["data"].replace("Lovely", "Ugly")
    await write_anew(books, this, {row["seq"]: {"data": forged}})
    last = await newest(books, comments)
    await alter(books, comments, comments.c.id == last["id"], comment="Ugly")
    assert (await audit.verify(books, this)).ok
    verdict = await checked(books, sale, before)
    assert not verdict.ok
    assert [one.seq for one in verdict.brokenCheckpoints] == [ENTRIES]
    assert "written anew" in verdict.brokenCheckpoints[0].reason
    again = (await checkpoint.take(books, SIGNER, this)).text
    assert (await checked(books, sale, again)).ok


async def test_a_ledger_that_is_shorter_than_its_checkpoint_is_named(
    books: Store, sale: Sale
) -> None:
    await take(books, sale.auction.id, [by_host(sale, BroadcasterLeave(auction_id=1))])
    before = (await checkpoint.take(books, SIGNER, sale.auction.id)).text
    await write_anew(books, sale.auction.id, {}, keep=ENTRIES)
    assert (await audit.verify(books, sale.auction.id)).ok, "nothing else can tell"
    verdict = await checked(books, sale, before)
    assert [one.reason for one in verdict.brokenCheckpoints] == [
        f"the ledger had {ENTRIES + 1} entries then, and has {ENTRIES} now"
    ]


async def test_a_checkpoint_that_we_did_not_sign_is_named(books: Store, sale: Sale) -> None:
    this = sale.auction.id
    good = (await checkpoint.take(books, SIGNER, this)).text
    other = checkpoint.Signer.of("a secret of somebody else, just as long as ours")
    for text in (
        (await checkpoint.take(books, other, this)).text,
        good.replace(f"seq={ENTRIES}", f"seq={ENTRIES - 1}"),
        re.sub("time=....", "time=2019", good),
    ):
        (broken,) = (await checked(books, sale, text)).brokenCheckpoints
        assert "not signed with this secret" in broken.reason


def test_a_damaged_checkpoint_is_no_checkpoint_and_says_so() -> None:
    good = SIGNER.signed(1, 2, "0" * 64, LONG_AGO).text
    assert list(checkpoint.found_in("nothing here")) == []
    for text in (
        good[:-1],
        good + "0",
        good.replace("seq=2", "seq=x"),
        good.replace(" time", "time"),
    ):
        with pytest.raises(ValueError, match="baraka-checkpoint"):
            list(checkpoint.found_in(text))


async def test_an_auction_without_a_ledger_has_nothing_to_sign(books: Store) -> None:
    sale = await prepare_sale(books)
    with pytest.raises(NotThere):
        await checkpoint.take(books, SIGNER, sale.auction.id)
