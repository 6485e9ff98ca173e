"""A database of the existing system is taken over as it stands (D27)."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from baraka_cli.main import app
from baraka_server.contract.client_events import PlaceBid
from baraka_server.contract.records import Auction, Category, Winning
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.auction_record import adopted
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Decision, HouseRules
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import State, apply, next_entry
from baraka_server.store import ledger
from baraka_server.store.engine import open_engine
from baraka_server.store.locked import LockedAuction
from baraka_server.store.migrate import MigrationFailed, downgrade, require_fit, upgrade
from baraka_server.store.store import Store
from tests.support.checks import schema
from tests.support.checks.schema import contents, definitions, query, table_names
from tests.support.servers.existing import existing_database
from tests.support.servers.mariadb import MariaDB

PRISMA = Path(__file__).with_name("prisma")
DOCUMENTED = {"users", "Auction", "Auction_bids", "Auction_comments", "winnings", "categories"}
THEIRS = DOCUMENTED | {"_prisma_migrations"}
OURS = schema.OURS | {"baraka_version"}

LIVE_AUCTION, AMINA, NORA, LAYLA = 2, 1, 2, 3
LAST_BID = StandingBid(15, LAYLA, 1350, datetime(2026, 3, 14, 19, 22, 5, 417000, UTC))


@pytest.fixture
def existing_url(mariadb: MariaDB) -> Iterator[str]:
    with existing_database(mariadb) as url:
        yield url


def baraka_db_upgrade(url: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["db", "upgrade", "--database-url", url])
    return done.exit_code, done.stderr


@pytest.mark.mariadb
async def test_adoption_keeps_every_definition_and_every_row(existing_url: str) -> None:
    shapes, rows = await definitions(existing_url), await contents(existing_url, THEIRS)
    assert set(shapes) == THEIRS
    assert sum(map(len, rows.values())) == 28

    code, said = await asyncio.to_thread(baraka_db_upgrade, existing_url)

    assert code == 0, said
    for name in DOCUMENTED:
        assert f"{name}: adopted as it stands" in said
    assert "created" not in said
    after = await definitions(existing_url)
    assert {name: after[name] for name in THEIRS} == shapes
    assert await contents(existing_url, THEIRS) == rows
    assert await table_names(existing_url) == THEIRS | OURS


@pytest.mark.mariadb
async def test_down_to_nothing_and_up_again_keeps_every_row(existing_url: str) -> None:
    shapes, rows = await definitions(existing_url), await contents(existing_url, THEIRS)
    await upgrade(existing_url)

    await downgrade(existing_url, "base")
    assert await definitions(existing_url) == shapes
    assert await contents(existing_url, THEIRS) == rows

    await upgrade(existing_url)
    assert await contents(existing_url, THEIRS) == rows
    await require_fit(existing_url)


@pytest.mark.mariadb
async def test_a_sale_that_is_under_way_goes_on_where_it_was(existing_url: str) -> None:
    await upgrade(existing_url)
    engine = open_engine(existing_url)
    store = Store(engine, timeout_seconds=10)
    try:
        before = await store.snapshot(LIVE_AUCTION)
        assert before is not None
        assert [bid.bid for bid in before.bids] == [1350, 1350, 1200, 1100, 1050]
        assert before.seq == 0

        refused, _ = await _bid(store, NORA, 1350)
        assert isinstance(refused, Refusal)
        assert refused.code is Code.BID_TOO_LOW

        accepted, events = await _bid(store, NORA, 1400)
        assert accepted == BidPlaced(1400, paddle=1)
        opening, bid = events
        assert opening.event == adopted(before.auction, LAST_BID)
        assert (bid.seq, bid.round, bid.user_id) == (2, 1, NORA)

        after = await store.snapshot(LIVE_AUCTION)
        assert after is not None
        assert after.bids[1:] == before.bids
        assert (after.bids[0].id, after.bids[0].bid, after.bids[0].user.id) == (17, 1400, NORA)
        assert after.comments == before.comments
        assert after.auction == before.auction
        async with store.reading() as connection:
            assert await ledger.read_entries(connection, LIVE_AUCTION) == events
            assert await ledger.verify(connection, LIVE_AUCTION) == 2
    finally:
        await store.close()


async def _bid(store: Store, user_id: int, amount: int) -> tuple[Decision, list[LedgerEntry]]:
    """Decide a bid on the locked auction, and write it with the ledger's opening if it is one."""
    command = Command(PlaceBid(auction_id=LIVE_AUCTION, amount=amount), user_id)

    async def work(auction: LockedAuction | None) -> tuple[Decision, list[LedgerEntry]]:
        assert auction is not None
        now = datetime.now(UTC)
        opening = next_entry(
            State(), adopted(auction.record, await auction.highest_bid()), None, now
        )
        state = apply(State(), opening)
        decision = decide(state, command, HouseRules())
        if isinstance(decision, Refusal):
            return decision, []
        entry = next_entry(state, decision, user_id, now)
        return decision, await auction.write([opening, entry])

    return await store.change(LIVE_AUCTION, work)


@pytest.mark.mariadb
async def test_what_the_existing_system_wrote_reads_as_the_documented_records(
    existing_url: str,
) -> None:
    for table, record in {"Auction": Auction, "categories": Category, "winnings": Winning}.items():
        columns = [name for (name, *_) in await query(existing_url, f"SHOW COLUMNS FROM `{table}`")]
        for row in (await contents(existing_url, {table}))[table]:
            record.model_validate(dict(zip(columns, row, strict=True)))


UNFIT = {
    "ALTER TABLE winnings DROP COLUMN weight": "winnings.weight: this column is missing",
    "ALTER TABLE Auction_comments MODIFY comment VARCHAR(50) NOT NULL": (
        "Auction_comments.comment: its type is VARCHAR(50), it must be VARCHAR(191)"
    ),
    "ALTER TABLE Auction_comments MODIFY comment TINYTEXT NOT NULL": (
        "Auction_comments.comment: its type is TINYTEXT, it must be VARCHAR(191)"
    ),
    "ALTER TABLE Auction_bids MODIFY bid SMALLINT NOT NULL": (
        "Auction_bids.bid: its type is SMALLINT(6), it must be INTEGER"
    ),
    "ALTER TABLE Auction_bids MODIFY bid DECIMAL(12, 2) NOT NULL": (
        "Auction_bids.bid: its type is DECIMAL(12, 2), it must be INTEGER"
    ),
    "ALTER TABLE Auction_bids MODIFY createdAt DATETIME NOT NULL": (
        "Auction_bids.createdAt: its type is DATETIME, it must be DATETIME(3)"
    ),
    "UPDATE users SET type = 'Normal'; ALTER TABLE users MODIFY type ENUM('Normal') NOT NULL": (
        "users.type: its type is ENUM('Normal'), it must be ENUM('Normal','Expert')"
    ),
    "ALTER TABLE Auction MODIFY product_description VARCHAR(191) NOT NULL DEFAULT ''": (
        "Auction.product_description: it must allow NULL"
    ),
    "ALTER TABLE winnings DROP FOREIGN KEY winnings_user_id_fkey, "
    "DROP FOREIGN KEY winnings_auction_id_fkey; ALTER TABLE winnings ENGINE = Aria": (
        "winnings: its engine Aria has no transactions, it must be InnoDB"
    ),
    "RENAME TABLE winnings TO Winnings": "rename it: RENAME TABLE `Winnings` TO `winnings`",
}


@pytest.mark.mariadb
@pytest.mark.parametrize(("change", "complaint"), UNFIT.items())
async def test_a_table_that_cannot_serve_is_refused_and_nothing_is_changed(
    existing_url: str, change: str, complaint: str
) -> None:
    await query(existing_url, "UPDATE Auction SET product_description = ''")
    for statement in change.split("; "):
        await query(existing_url, statement)
    shapes, names = await definitions(existing_url), await table_names(existing_url)

    with pytest.raises(MigrationFailed) as refused:
        await upgrade(existing_url)

    assert complaint in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1, "it complains of nothing else"
    assert await definitions(existing_url) == shapes
    assert await table_names(existing_url) == names


@pytest.mark.mariadb
def test_the_command_line_tells_everything_that_is_wrong_and_exits_1(
    existing_url: str, mariadb: MariaDB
) -> None:
    database = existing_url.rpartition("/")[2]
    mariadb.sql("ALTER TABLE winnings DROP COLUMN weight, DROP COLUMN sold", database)

    code, said = baraka_db_upgrade(existing_url)

    assert code == 1
    assert "winnings.weight: this column is missing" in said
    assert "winnings.sold: this column is missing" in said
    assert "Traceback" not in said


SERVING = [
    "ALTER TABLE categories MODIFY id INT NOT NULL",
    "ALTER TABLE Auction_bids MODIFY bid BIGINT NOT NULL",
    "ALTER TABLE Auction MODIFY description TEXT NOT NULL",
    "ALTER TABLE Auction_comments MODIFY comment VARCHAR(500) NOT NULL",
    "ALTER TABLE Auction MODIFY quantity INT NOT NULL",
    "ALTER TABLE Auction MODIFY isLive INT NOT NULL",
    "ALTER TABLE Auction MODIFY startDate DATETIME(6) NULL",
    "ALTER TABLE users MODIFY type VARCHAR(191) NOT NULL",
    "ALTER TABLE users ADD email VARCHAR(191) NOT NULL",
    # These are told after the upgrade (D52).
    "ALTER TABLE users MODIFY type ENUM('Normal', 'Expert', 'Admin') NOT NULL",
    "ALTER TABLE Auction_bids ADD currency CHAR(3) NOT NULL",
    "ALTER TABLE Auction_bids ADD currency CHAR(3) NOT NULL DEFAULT 'EUR', ADD note TEXT NULL",
    "CREATE UNIQUE INDEX users_number_key ON users (number)",
    "ALTER TABLE Auction_bids DROP FOREIGN KEY Auction_bids_user_id_fkey",
]


@pytest.mark.mariadb
@pytest.mark.parametrize("change", SERVING)
async def test_a_table_that_can_serve_is_adopted_as_it_is(existing_url: str, change: str) -> None:
    if "categories" in change:
        await query(existing_url, "ALTER TABLE users DROP FOREIGN KEY users_category_id_fkey")
        await query(existing_url, "ALTER TABLE Auction DROP FOREIGN KEY Auction_category_id_fkey")
    await query(existing_url, change)
    shapes, rows = await definitions(existing_url), await contents(existing_url, THEIRS)

    await upgrade(existing_url)

    after = await definitions(existing_url)
    assert {name: after[name] for name in THEIRS} == shapes
    assert await contents(existing_url, THEIRS) == rows


async def test_somebody_elses_table_of_the_same_name_is_refused(database_url: str) -> None:
    await query(database_url, "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(20))")
    shapes = await definitions(database_url)

    with pytest.raises(MigrationFailed) as refused:
        await upgrade(database_url)

    assert "users.number: this column is missing" in str(refused.value)
    assert "users.name: its type is VARCHAR(20), it must be VARCHAR(191)" in str(refused.value)
    assert await definitions(database_url) == shapes
    assert await table_names(database_url) == {"users"}
