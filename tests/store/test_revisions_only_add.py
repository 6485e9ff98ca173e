"""Revisions behind the published ones only add, and published ones stay what they are (D55)."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import create_engine, text

from baraka_server.store.migrate import upgrade
from tests.support.checks.additive import Schema, described, not_only_added, schema_of
from tests.support.checks.schema import REVISIONS, definitions
from tests.support.servers.databases import only_sqlite

PUBLISHED = tuple(f"baraka_{number:04}" for number in range(1, 10))
"""Revisions that are in databases of other people. A release adds its own here, and nobody takes one away."""
MADE = Path(__file__).with_name("published") / f"{PUBLISHED[-1]}.sql"
FOLDER = Path(__file__).parents[2] / "migrations" / "versions"


def revisions() -> list[ModuleType]:
    found = []
    for file in sorted(FOLDER.glob("*.py")):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.append(module)
    return found


def test_published_revisions_keep_their_numbers_and_new_ones_come_behind_them() -> None:
    made = revisions()
    numbers = [module.revision for module in made]
    assert tuple(numbers[: len(PUBLISHED)]) == PUBLISHED
    assert numbers == [f"baraka_{number:04}" for number in range(1, len(made) + 1)]
    assert [module.down_revision for module in made] == [None, *numbers[:-1]]


def test_each_new_revision_says_which_programs_may_serve_beside_it() -> None:
    made = revisions()
    known: set[str] = set()
    for module in made:
        known.add(module.revision)
        if module.revision not in PUBLISHED:
            assert module.serves_since in known - set(PUBLISHED), module.revision


@only_sqlite
async def test_published_revisions_make_what_they_made(database_url: str) -> None:
    await upgrade(database_url, PUBLISHED[-1])
    made = await definitions(database_url)
    assert "".join(f"{made[name]};\n" for name in sorted(made)) == MADE.read_text()


async def test_each_revision_behind_the_published_ones_only_adds(database_url: str) -> None:
    await upgrade(database_url, PUBLISHED[-1])
    before = await schema_of(database_url)
    for revision in REVISIONS[len(PUBLISHED) :]:
        await upgrade(database_url, revision)
        after = await schema_of(database_url)
        assert not_only_added(before, after) == [], revision
        before = after


MADE_BEFORE = """
CREATE TABLE baraka_events (seq INTEGER PRIMARY KEY, kind VARCHAR(32) NOT NULL, user_id INTEGER);
CREATE TABLE baraka_maxima (seq INTEGER PRIMARY KEY, amount INTEGER CHECK (amount > 0), user_id INTEGER);
CREATE INDEX by_amount ON baraka_maxima (amount);
"""
CHANGES = [
    (("kind VARCHAR(32) NOT NULL, ", ""), "baraka_events.kind is gone"),
    (("kind VARCHAR", "type VARCHAR"), "baraka_events.kind is gone"),
    (("TABLE baraka_events", "TABLE baraka_entries"), "baraka_events is gone"),
    (("VARCHAR(32)", "VARCHAR(16)"), "baraka_events.kind was ('VARCHAR(32)'"),
    (("user_id INTEGER", "user_id INTEGER NOT NULL"), "baraka_events.user_id was"),
    (("user_id", "channel INTEGER NOT NULL, user_id"), "channel has to be filled"),
    (("seq INTEGER PRIMARY KEY, kind", "seq INTEGER, kind"), "its key were"),
    (("CREATE INDEX", "CREATE UNIQUE INDEX"), "its uniques were"),
    (("CREATE INDEX by_amount ON baraka_maxima (amount);", ""), "no index ('amount',) any more"),
    (("amount > 0", "amount > 9"), "its checks were"),
    (("user_id INTEGER", "user_id INTEGER REFERENCES baraka_maxima"), "its references were"),
    (("CREATE INDEX", "CREATE TABLE premiums (id INTEGER); CREATE INDEX"), "has not our prefix"),
    (("user_id", "channel INTEGER NOT NULL DEFAULT 0, user_id"), None),
    (("user_id", "channel VARCHAR(16), user_id"), None),
    (("CREATE INDEX", "CREATE TABLE baraka_premiums (id INTEGER); CREATE INDEX"), None),
    (("CREATE INDEX", "CREATE INDEX by_user ON baraka_maxima (user_id); CREATE INDEX"), None),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_what_older_servers_would_notice_is_seen(change: tuple[str, str], said: str | None) -> None:
    found = not_only_added(schema_by(MADE_BEFORE), schema_by(MADE_BEFORE.replace(*change, 1)))
    assert bool(found) is (said is not None), found
    assert (said or "") in "\n".join(found)


def schema_by(statements: str) -> Schema:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        for statement in filter(str.strip, statements.split(";")):
            connection.execute(text(statement))
        return described(connection)
