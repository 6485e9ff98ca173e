"""Ended auctions are archived and removed; an archive verifies by itself (D56)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from baraka_server.contract.client_events import ClientEvent, EndAuction
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.decision import Command, Found
from baraka_server.store import prune as pruning
from baraka_server.store.archive import Archive
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, comments, events, texts, users, winnings
from tests.cli.conftest import Desk
from tests.support.clients.command_line import Answer
from tests.support.servers.baraka import BARAKA, SECRET, environment
from tests.support.servers.sales import by_host, open_store, prepare_sale, take
from tests.support.servers.stores import START

WORDS = "A vase, chipped"
NOW = ("--days", 0)


def described(auction_id: int, owner_id: int) -> Command:
    """The owner puts a lot with a description on the run list."""
    lot = {"product": "Vase", "minBidPrice": 10, "bidPrice": 20, "actualPrice": 30}
    said = {"auctionId": auction_id, "lots": [lot | {"description": WORDS}]}
    found = Found(salt=b"of these tests")
    event = parse("addLots", [said])
    assert isinstance(event, ClientEvent)
    return Command(event, owner_id, found=found)


@pytest.fixture
def over(desk: Desk) -> Desk:
    """Auction 1 is over and paid; auction 2 waits, with a run list."""

    async def work() -> None:
        async with open_store(desk.url) as store:
            ends = by_host(desk.sale, EndAuction(auction_id=1))
            await take(store, 1, [described(1, desk.sale.amina.id), ends])
            other = await prepare_sale(store)
            await take(store, 2, [described(2, other.amina.id)])
            async with store.writing() as connection:
                await connection.execute(update(winnings).values(sold=True))

    asyncio.run(work())
    return desk


def pruned(desk: Desk, folder: Path, *words: object) -> Answer:
    return desk.ask("db", "prune", folder, *words, BARAKA_JWT_SECRET=SECRET)


def verified(desk: Desk, *words: object) -> Answer:
    return desk.ask("auction", "verify", *words, BARAKA_JWT_SECRET=SECRET)


def counts(desk: Desk) -> dict[str, int]:
    """The rows of auction 1, by table."""

    async def work() -> dict[str, int]:
        async with open_store(desk.url) as store, store.reading() as connection:
            found = {}
            for table in (events, texts, bids, comments, winnings, auctions):
                mine = (table.c.id if table is auctions else table.c.auction_id) == 1
                query = select(func.count()).select_from(table).where(mine)
                found[table.name] = (await connection.execute(query)).scalar_one()
            return found

    return asyncio.run(work())


def test_an_ended_auction_is_archived_and_removed_whole(over: Desk, tmp_path: Path) -> None:
    before = counts(over)
    dry = pruned(over, tmp_path, *NOW, "--dry-run")
    assert (dry.code, list(tmp_path.glob("*archive"))) == (0, [])
    assert "Auction 1: Evening sale" in dry.err
    assert "Auction 2" not in dry.err
    assert "--yes" in pruned(over, tmp_path, *NOW).err
    assert counts(over) == before
    assert "nothing to prune" in pruned(over, tmp_path, "--before", "2020-01-01", "--yes").err

    done = pruned(over, tmp_path, *NOW, "--yes", "--json")
    assert done.code == 0, done.err
    (one,) = json.loads(done.out)
    assert one["pruned"]
    file = Path(one["archive"])
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob("*archive")) == [file]
    assert not list(tmp_path.glob(".*part"))
    gone = dict.fromkeys(before, 0)
    assert counts(over) == gone | {"winnings": before["winnings"], "Auction": 1}

    good = verified(over, 1, "--archive", file)
    assert (good.code, good.err) == (0, "")
    assert "ok" in good.out
    assert verified(over).code == 0, "the auction that waits is as it was"
    assert "pruned (--archive FILE" in verified(over, 1).out
    assert "pruned" in over.ask("auction", "history", 1).err
    assert "Dina" in over.ask("winnings", "list").out
    assert "nothing to prune" in pruned(over, tmp_path, *NOW, "--yes").err
    assert verified(over, 2, "--archive", file).code == 2


def resealed(text: str) -> str:
    """The archive with a last line that fits its lines: whoever alters it can make that."""
    *lines, last = text.splitlines(keepends=True)
    end = json.loads(last)
    end["sha256"] = hashlib.sha256("".join(lines).encode()).hexdigest()
    return "".join(lines) + json.dumps(end) + "\n"


def test_an_archive_that_was_altered_is_found(over: Desk, tmp_path: Path) -> None:
    (one,) = json.loads(pruned(over, tmp_path, *NOW, "--yes", "--json").out)
    file = Path(one["archive"])
    whole = file.read_text(encoding="utf-8")
    assert resealed(whole).splitlines()[:-1] == whole.splitlines()[:-1]

    def told(text: str) -> str:
        file.write_text(text, encoding="utf-8")
        done = verified(over, "--archive", file)
        assert done.code == 1
        return done.out + done.err

    for was, becomes, said in (
        (r"\"amount\":1200", r"\"amount\":1300", "of the ledger was altered"),
        (f'"text":"{WORDS}"', '"text":"A vase, whole"', "baraka_texts"),
        ('"price":1200', '"price":12', "winnings row 1 does not agree"),
    ):
        assert was in whole
        altered = whole.replace(was, becomes)
        assert "do not fit" in told(altered)
        assert said in told(resealed(altered))
    assert "not a whole archive" in told("".join(whole.splitlines(keepends=True)[:-1]))
    assert "not an archive" in told(resealed(whole.replace("baraka_archive", "other")))
    assert verified(over, "--archive", tmp_path / "none").code == 2
    file.write_text(resealed(whole), encoding="utf-8")
    assert verified(over, "--archive", file).code == 0


def test_an_archive_of_another_secret_does_not_hold(over: Desk, tmp_path: Path) -> None:
    (one,) = json.loads(pruned(over, tmp_path, *NOW, "--yes", "--json").out)
    words = ("auction", "verify", "--archive", one["archive"])
    forged = over.ask(*words, BARAKA_JWT_SECRET="x" + SECRET)
    assert forged.code == 1
    assert "not signed with this secret" in forged.out


def test_what_is_not_paid_or_was_altered_stays(over: Desk, tmp_path: Path) -> None:
    async def alter(**values: Any) -> None:
        async with open_store(over.url) as store, store.writing() as connection:
            await connection.execute(update(winnings).values(**values))

    asyncio.run(alter(sold=False))
    before = counts(over)
    owed = pruned(over, tmp_path, *NOW, "--yes")
    assert owed.code == 1
    assert "not paid" in owed.err
    asyncio.run(alter(price=7))
    wrong = pruned(over, tmp_path, *NOW, "--yes", "--unpaid")
    assert wrong.code == 1
    assert "baraka auction verify 1" in wrong.err
    assert counts(over) == before
    assert not list(tmp_path.glob("*archive"))


def test_a_prune_that_breaks_off_leaves_the_auction_whole(
    over: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, removes = counts(over), pruning.remove_rows

    async def breaks(connection: Any, table: Any, key: Any, auction_id: int) -> None:
        await removes(connection, table, key, auction_id)
        if table is bids:
            raise RuntimeError("the machine went down")

    monkeypatch.setattr(pruning, "remove_rows", breaks)
    with pytest.raises(RuntimeError):
        pruned(over, tmp_path, *NOW, "--yes")
    monkeypatch.undo()
    assert counts(over) == before
    assert verified(over).code == 0
    assert pruned(over, tmp_path, *NOW, "--yes").code == 0


def test_a_prune_that_is_killed_goes_on_the_next_time(over: Desk, tmp_path: Path) -> None:
    before = counts(over)
    program = subprocess.Popen(
        [BARAKA, "db", "prune", str(tmp_path), "--days", "0", "--yes"],
        env=environment(BARAKA_DATABASE_URL=over.url, BARAKA_JWT_SECRET=SECRET),
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    while not list(tmp_path.glob("*archive")) and program.poll() is None:
        pass
    program.kill()
    program.wait()
    (file,) = tmp_path.glob("*archive")
    now = counts(over)
    assert now in (before, dict.fromkeys(before, 0) | {"winnings": 1, "Auction": 1})
    assert verified(over).code == 0
    assert pruned(over, tmp_path, *NOW, "--yes").code == 0
    assert counts(over)["baraka_events"] == 0
    assert verified(over, 1, "--archive", file).code == 0


async def test_a_live_auction_and_one_that_changed_are_not_removed(store: Store) -> None:
    await take(store, 1, [START])
    if not store.has_own_time:  # SQLite, which has one writer
        with pytest.raises(pruning.NotPruned, match="hold up"):
            await pruning.remove(store, Archive(2, 2, "0" * 64, "", {"baraka_events": 9_999}))
    with pytest.raises(pruning.NotPruned, match="not over"):
        await pruning.remove(store, Archive(1, 2, "0" * 64, "", {}))
    async with store.writing() as connection:
        await connection.execute(update(auctions).values(isLive=False, isCanceled=True))
    with pytest.raises(pruning.NotPruned, match="changed since"):
        await pruning.remove(store, Archive(1, 2, "0" * 64, "", {}))
    async with store.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(users))).scalar_one()
        assert (
            await connection.execute(select(func.count()).select_from(events))
        ).scalar_one() == 2
