"""A database that a newer program has upgraded: an older one serves beside it, and changes nothing (D53, D55)."""

from importlib.metadata import version
from pathlib import Path

import pytest

from baraka_server.store.backup import check
from baraka_server.store.migrate import (
    OutOfDate,
    current,
    downgrade,
    losses,
    require_fit,
    upgrade,
)
from tests.support.checks.schema import HEAD, REVISIONS, definitions, query
from tests.support.servers.databases import only_sqlite
from tests.support.servers.newer import upgrades


async def test_beside_a_newer_database_that_only_added_it_serves_and_changes_nothing(
    database_url: str,
) -> None:
    await upgrades(database_url, ("baraka_0998", "baraka_0010"), ("baraka_0999", "baraka_0010"))

    status = await require_fit(database_url)
    assert (status.current, status.up_to_date, status.remedy) == ("baraka_0999", False, None)
    assert "Baraka 9.1.0" in (status.beside_newer or "")
    before = await definitions(database_url)
    for refused in (upgrade, downgrade, losses):
        with pytest.raises(
            OutOfDate, match=r"Nothing was changed: only Baraka 9.1.0, or a newer one"
        ):
            await refused(database_url)
    assert await definitions(database_url) == before
    assert (await current(database_url)).current == "baraka_0999"


@pytest.mark.parametrize(
    "notes",
    [
        [("baraka_0999", "baraka_0999")],
        [("baraka_0998", "baraka_0998"), ("baraka_0999", "baraka_0010")],  # one step was too far
        [("baraka_0998", "baraka_0010"), ("baraka_0999", "baraka_0998")],
    ],
)
@only_sqlite
async def test_beside_one_that_asks_for_more_it_does_not_serve(
    database_url: str, notes: list[tuple[str, str]]
) -> None:
    await upgrades(database_url, *notes)
    for refused in (require_fit, upgrade):
        with pytest.raises(OutOfDate, match=r"at revision baraka_0999.* Update baraka"):
            await refused(database_url)


@only_sqlite
async def test_what_another_program_calls_its_notes_is_not_believed(database_url: str) -> None:
    await upgrades(database_url, ("baraka_0999", "baraka_0010"))
    await query(database_url, "ALTER TABLE baraka_revisions RENAME COLUMN program TO author")
    with pytest.raises(OutOfDate, match="Update baraka"):
        await require_fit(database_url)
    await query(database_url, "DROP TABLE baraka_revisions")
    with pytest.raises(OutOfDate, match="Update baraka"):
        await require_fit(database_url)


async def test_an_upgrade_notes_each_revision_and_a_downgrade_forgets_it(database_url: str) -> None:
    await upgrade(database_url)
    noted = "SELECT revision, serves_since FROM baraka_revisions ORDER BY revision"
    assert [row[0] for row in await query(database_url, noted)] == list(REVISIONS[9:])
    assert (await query(database_url, noted))[0] == ("baraka_0010", "baraka_0010")
    assert (await query(database_url, "SELECT program FROM baraka_revisions"))[0] == (
        version("baraka"),
    )

    await query(database_url, f"UPDATE baraka_version SET version_num = '{REVISIONS[8]}'")
    await upgrade(database_url)  # as one that was cut short behind its note
    assert (await query(database_url, noted))[-1][0] == HEAD

    await downgrade(database_url, REVISIONS[8])
    assert (await current(database_url)).current == REVISIONS[8]


async def test_the_ledgers_in_a_copy_of_a_newer_database_are_checked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newer.db'}"
    await upgrades(url, ("baraka_0999", "baraka_0010"))
    assert (await check(tmp_path / "newer.db")).revision == "baraka_0999"
