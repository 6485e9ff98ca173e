"""Demo data: complete, the same every time, and never in the way of what is there."""

from pathlib import Path

import pytest

from baraka_server.contract.fields import TEXT_CHARS_MAX
from baraka_server.contract.records import User
from baraka_server.store import rows
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import Unavailable
from baraka_server.store.migrate import upgrade
from baraka_server.store.seed import ROWS_PER_BATCH, Seeded, seed
from tests.support.checks.schema import contents, query, quoted
from tests.support.servers.mariadb import MariaDB

PRISMA = Path(__file__).with_name("prisma")
TABLES = {"categories", "users", "Auction"}


async def all_users(url: str, last_id: int) -> dict[int, User]:
    engine = open_engine(url)
    async with engine.connect() as connection:
        found = await rows.read_users(connection, range(1, last_id + 1))
    await engine.dispose()
    return found


async def test_ids_run_from_1_and_user_1_owns_every_auction(database_url: str) -> None:
    await upgrade(database_url)

    assert await seed(database_url, users=30, auctions=4) == Seeded(6, 30, 4)

    users = await all_users(database_url, 30)
    assert set(users) == set(range(1, 31))
    auctions = await query(
        database_url,
        f"SELECT id, user_id, {quoted(database_url, 'isLive')} FROM "
        f"{quoted(database_url, 'Auction')} ORDER BY id",
    )
    assert auctions == [(number, 1, 0) for number in range(1, 5)]


async def test_people_differ_and_nobodys_real_number_is_among_them(database_url: str) -> None:
    await upgrade(database_url)
    await seed(database_url, users=1000, auctions=0)

    users = list((await all_users(database_url, 1000)).values())
    assert len({user.name for user in users}) == 1000
    assert len({user.number for user in users}) == 1000
    assert all(user.number.startswith("+999") for user in users)
    assert {user.type for user in users} == {"Normal", "Expert"}


async def test_seeding_again_adds_nothing(database_url: str) -> None:
    await upgrade(database_url)
    await seed(database_url, users=30, auctions=4)
    before = await contents(database_url, TABLES)

    assert await seed(database_url, users=30, auctions=4) == Seeded(0, 0, 0)
    assert await contents(database_url, TABLES) == before


async def test_seeding_more_adds_only_what_is_missing(database_url: str) -> None:
    await upgrade(database_url)
    await seed(database_url, users=10, auctions=2)
    await query(database_url, "UPDATE users SET name = 'Somebody else' WHERE id = 3")
    await query(database_url, "DELETE FROM users WHERE id = 7")
    before = await contents(database_url, TABLES)

    assert await seed(database_url, users=12, auctions=3) == Seeded(0, 3, 1)

    after = await contents(database_url, TABLES)
    for table in TABLES:
        assert [row for row in after[table] if row in before[table]] == before[table]
    assert [row[0] for row in after["users"]] == list(range(1, 13))


async def test_auctions_bring_the_user_who_owns_them(database_url: str) -> None:
    await upgrade(database_url)

    assert await seed(database_url, users=0, auctions=2) == Seeded(6, 1, 2)


async def test_two_databases_get_the_same_people_and_auctions(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("one", "other")]
    for url in urls:
        await upgrade(url)
        await seed(url, users=60, auctions=20)

    one, other = [
        (
            await query(url, "SELECT id, name, type, category_id, number FROM users ORDER BY id"),
            await query(url, "SELECT id, title, description, category_id FROM Auction ORDER BY id"),
        )
        for url in urls
    ]
    assert one == other
    for text in (value for table in one for row in table for value in row):
        assert not isinstance(text, str) or 0 < len(text) <= TEXT_CHARS_MAX


async def test_many_users_come_in_bounded_batches(database_url: str) -> None:
    await upgrade(database_url)
    steps: list[tuple[str, int]] = []

    added = await seed(
        database_url,
        users=10_000,
        auctions=3,
        progress=lambda table, rows: steps.append((table, rows)),
    )

    assert added.users == 10_000
    batches = range(ROWS_PER_BATCH, 10_001, ROWS_PER_BATCH)
    assert steps == [*(("users", end) for end in batches), ("Auction", 3)]
    assert await query(database_url, "SELECT count(*), max(id) FROM users") == [(10_000, 10_000)]


@pytest.mark.mariadb
async def test_a_database_that_is_in_use_keeps_its_rows_and_its_categories(
    mariadb: MariaDB,
) -> None:
    url = mariadb.create_database("seeded_in_use")
    for file in ("prisma7.sql", "rows.sql"):
        mariadb.sql((PRISMA / file).read_text(), "seeded_in_use")
    await upgrade(url)
    before = await contents(url, TABLES)

    assert await seed(url, users=8, auctions=6) == Seeded(0, 2, 2)  # 4 and 8; 4 and 6

    after = await contents(url, TABLES)
    assert after["categories"] == before["categories"]
    for table in TABLES:
        assert [row for row in after[table] if row in before[table]] == before[table]


@pytest.mark.mariadb
async def test_a_database_that_does_not_answer_is_told() -> None:
    with pytest.raises(Unavailable):
        await seed("mysql://root@127.0.0.1:1/nowhere", users=1, auctions=1)
