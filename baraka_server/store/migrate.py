"""Database revisions: upgrade, downgrade, and the check of the revision at the server's start.

The revisions themselves are in migrations/: beside the packages in a checkout, beside this module
in an installed wheel.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, func, inspect, select, table, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchTableError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baraka_server.store import first_release, revisions
from baraka_server.store.address import UnusableUrl, database_file, database_url, missing_file
from baraka_server.store.answering import while_it_answers
from baraka_server.store.engine import WRITES, open_engine
from baraka_server.store.errors import (
    Contention,
    StoreError,
    Trouble,
    Unavailable,
    code_of,
    translated,
)
from baraka_server.store.first_release import VERSION_TABLE
from baraka_server.store.new_file import no_empty_file
from baraka_server.store.revision_status import Status

# MariaDB warns that it ignores the name of a key of the version table: nobody can change that.
logging.getLogger("asyncmy").addFilter(
    lambda entry: f"{VERSION_TABLE}_pkc" not in entry.getMessage()
)

Report = Callable[[str], None]
"""Takes one line of progress, to be shown."""

OTHER_UPGRADE_SECONDS_MAX = 60
"""How long an upgrade waits for another one of the same database."""

TABLE_LOCK_SECONDS_MAX = 30
"""How long a change waits for transactions on its table, while all others wait behind it."""

LOOK_SECONDS_MAX = 10
"""How long reading the revision may take."""

LOOKS_MAX = 3
"""How often the revision is read where an upgrade changes tables meanwhile."""

_CHANGED_CODES = {1146, 1412}
"""MySQL and MariaDB: a table is gone that was there before, or was altered since the first statement."""


class MigrationFailed(StoreError):
    """The database could not be changed or read; the text is for the operator."""


class UnknownRevision(MigrationFailed):
    """The revision that was named does not exist."""


class OutOfDate(StoreError):
    """The database and the program are of different versions; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A table that a downgrade drops, and the rows that it has now."""

    table: str
    rows: int


async def upgrade(url: str, revision: str = "head", *, report: Report | None = None) -> None:
    """Bring the database at `url` up to `revision`; another upgrade of it is waited for.

    Raises `MigrationFailed`, `UnknownRevision`, `OutOfDate` (the database is newer than the
    program), `Unavailable` or `UnusableUrl`. On SQLite a failure leaves everything as it was; on
    MySQL and MariaDB the revisions that succeeded stay, and the next upgrade goes on behind them.
    A database of the first release is moved to the names of today first, which is refused while
    others have it open (D53).
    """

    def act(connection: Connection, tell: Report) -> None:
        if reason := first_release.unclaimed(connection):
            raise CommandError(reason)
        first_release.move(connection, tell)
        if connection.dialect.name != "sqlite":
            connection.commit()  # alembic begins a transaction of its own for each revision
        command.upgrade(_config_on(connection, tell), revision)

    with no_empty_file(url):
        await _change(url, act, report)


async def downgrade(url: str, revision: str = "-1", *, report: Report | None = None) -> None:
    """Take the database back to `revision` (`base` for none). Raises what `upgrade` raises.

    What it costs is in `losses`. The documented tables stay, whatever the revision.
    """

    def act(connection: Connection, tell: Report) -> None:
        command.downgrade(_config_on(connection, tell), revision)
        if not _revisions_on(connection):
            connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))

    await _change(url, act, report, moves=False)


async def current(url: str) -> Status:
    """The revision of the database at `url`. A SQLite file that is not there is not created."""
    async with _opened(url) as engine:
        return await _status(engine)


async def require_fit(database: str | AsyncEngine) -> Status:
    """The revision; raises `OutOfDate` unless this program may serve with the tables that there are.

    They are its own, or those of a newer program that only added to them.
    """
    if isinstance(database, AsyncEngine):
        with _told_plainly(database.url):
            status = await _status(database)
    else:
        status = await current(database)
    if status.remedy is not None:
        raise OutOfDate(status.remedy)
    return status


async def losses(url: str, revision: str = "-1") -> list[Loss]:
    """The tables that a downgrade to `revision` drops. Raises `UnknownRevision` and as `current` does."""
    async with _opened(url) as engine:
        status = await _status(engine)
        if status.current is None:
            return []
        _refuse_unfit(status, moves=False)
        with _revision_errors():
            steps = ScriptDirectory.from_config(_config()).iterate_revisions(
                status.current, revision, select_for_downgrade=True
            )
            names = [name for step in steps for name in step.module.loses]
        async with engine.connect() as connection:
            return [
                Loss(name, await _count(connection, name))
                for name in names
                if await connection.run_sync(_has_table, name)
            ]


async def _change(
    url: str,
    act: Callable[[Connection, Report], None],
    report: Report | None,
    *,
    moves: bool = True,
) -> None:
    tell = report or (lambda _line: None)
    async with _opened(url) as engine:
        with _revision_errors():
            async with _alone(engine, moves=moves) as connection:
                await connection.run_sync(act, tell)


def _config_on(connection: Connection, tell: Report) -> Config:
    return _config(
        connection=connection,
        version_table=VERSION_TABLE,
        report=tell,
        on_version_apply=(_note, _announce(tell)),
    )


def _note(*, ctx: Any, step: Any, **_rest: Any) -> None:
    script = step.up_revision
    revisions.note(ctx.connection, script.revision, script.module, up=step.is_upgrade)


def _announce(tell: Report) -> Callable[..., None]:
    def announce(*, step: Any, **_rest: Any) -> None:
        sign = "" if step.is_upgrade else "undone: "
        tell(f"{sign}{step.up_revision_id} {step.up_revision.doc}")

    return announce


@asynccontextmanager
async def _alone(engine: AsyncEngine, *, moves: bool) -> AsyncIterator[AsyncConnection]:
    """A connection for changes, while nobody else changes tables through here.

    Where a database of the first release is moved, nobody else has it open at all.
    """
    if engine.dialect.name == "sqlite":
        # One transaction for everything, with the write lock from its first moment.
        begun = engine.execution_options(**WRITES).begin()
        if moves and (await _status(engine)).first_release:
            begun = first_release.alone_in_file(engine)
        async with begun as connection:
            _refuse_unfit(await connection.run_sync(_status_on), moves=moves)
            yield connection
        return
    async with engine.connect() as connection:
        await connection.execute(text(f"SET lock_wait_timeout = {TABLE_LOCK_SECONDS_MAX}"))
        lock = func.get_lock(lock_name(engine.url), OTHER_UPGRADE_SECONDS_MAX)
        if await connection.scalar(select(lock)) != 1:
            raise MigrationFailed("Another upgrade of the database is running. Try again later.")
        # Not sooner: the upgrade that was waited for may have been a newer program's.
        status = await connection.run_sync(_status_on)
        _refuse_unfit(status, moves=moves)
        if status.first_release:
            await first_release.wait_until_alone(connection)
        await connection.commit()  # alembic begins a transaction of its own for each revision
        yield connection
    # The lock belongs to the connection and ends with it, when the engine is disposed of.


def lock_name(url: URL) -> str:
    # Locks are the server's, not a database's, and names have 64 characters at most.
    return "baraka:" + hashlib.sha256((url.database or "").lower().encode()).hexdigest()[:32]


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[AsyncEngine]:
    _require_a_place(url)
    engine = open_engine(url, patient=True)
    try:
        with _told_plainly(engine.url):
            async with while_it_answers(engine.url):
                yield engine
    finally:
        await engine.dispose()


def _require_a_place(text: str) -> None:
    missing_file(text)  # raises where there is no folder for it
    url = database_url(text)
    if url.get_backend_name() != "sqlite" and not url.database:
        raise UnusableUrl("the database URL names no database; example: mysql://user@host/baraka")


async def _status(engine: AsyncEngine) -> Status:
    """The status as it is seen without the lock of upgrades.

    An upgrade may rename tables between two steps of a look. That look fails, or finds a revision that
    is not known in that place, and another look begins behind the change.
    """
    if _is_missing_file(engine.url):
        return Status(None, _head(ScriptDirectory.from_config(_config())), known=True)
    async with asyncio.timeout(LOOK_SECONDS_MAX):
        for _ in range(LOOKS_MAX - 1):
            try:
                status = await _look(engine)
            except NoSuchTableError:
                continue
            except DBAPIError as error:
                if code_of(error) not in _CHANGED_CODES:
                    raise
            else:
                if status.known:
                    return status
        return await _look(engine)


async def _look(engine: AsyncEngine) -> Status:
    async with engine.connect() as connection:
        return await connection.run_sync(_status_on)


def _status_on(connection: Connection) -> Status:
    script = ScriptDirectory.from_config(_config())
    if old := first_release.revision_in(connection):
        return Status(old, _head(script), known=True, first_release=True)
    found = _revisions_on(connection)
    known = {step.revision for step in script.walk_revisions()}
    made_by = None if known.issuperset(found) else revisions.made_by(connection, found, known)
    return Status(
        ", ".join(found) or None, _head(script), known=known.issuperset(found), made_by=made_by
    )


def _revisions_on(connection: Connection) -> tuple[str, ...]:
    options = {"version_table": VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_heads()


def _head(script: ScriptDirectory) -> str:
    head = script.get_current_head()
    if head is None:
        raise MigrationFailed("Baraka is not installed completely: it has no revisions.")
    return head


def _refuse_unfit(status: Status, *, moves: bool) -> None:
    if not status.known:
        raise OutOfDate(status.not_ours_to_change)
    if status.first_release and not moves:
        raise OutOfDate(status.remedy)


def _is_missing_file(url: URL) -> bool:
    # To connect would create it.
    file = database_file(url)
    return file is not None and not file.exists()


async def _count(connection: AsyncConnection, name: str) -> int:
    return await connection.scalar(select(func.count()).select_from(table(name))) or 0


def _has_table(connection: Connection, name: str) -> bool:
    return inspect(connection).has_table(name)


def _config(**attributes: Any) -> Config:
    config = Config(attributes=attributes)
    # What the option parser underneath would take for a reference to another option.
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revisions() -> str:
    script = ScriptDirectory.from_config(_config())
    return ", ".join(sorted(step.revision for step in script.walk_revisions()))


def _scripts() -> Path:
    here = Path(__file__).resolve().parent
    in_wheel = here / "migrations"
    return in_wheel if in_wheel.is_dir() else here.parents[1] / "migrations"


@contextmanager
def _revision_errors() -> Iterator[None]:
    """Turn errors of alembic and of the revisions into ours."""
    try:
        yield
    except (CommandError, RevisionError) as error:
        if isinstance(error, RevisionError) or isinstance(error.__cause__, RevisionError):
            raise UnknownRevision(f"{error}. There are: base, {_revisions()}, head.") from error
        raise MigrationFailed(str(error)) from error


@contextmanager
def _told_plainly(url: URL) -> Iterator[None]:
    """Turn errors of the database into texts for the operator, none of which has a password."""
    try:
        with translated():
            yield
    except (Contention, NoSuchTableError) as error:
        raise MigrationFailed(
            f"Another program keeps the database busy: stop it, or try again ({error})"
        ) from error
    except Unavailable as error:
        refused = error.__cause__
        if isinstance(refused, DBAPIError) and error.trouble in _REFUSALS:
            raise MigrationFailed(_plain(refused, url)) from error
        raise
    except DBAPIError as error:
        raise MigrationFailed(_plain(error, url)) from error


_REFUSALS = {Trouble.NOT_ALLOWED, Trouble.SCHEMA}
"""The kinds of trouble that are answers of a working server: rights, password, database, tables."""


def _plain(error: DBAPIError, url: URL) -> str:
    cause = error.orig
    match code_of(error):
        case 1049:
            return (
                f"The server has no database '{url.database}'. Create it with: "
                f"CREATE DATABASE `{url.database}` CHARACTER SET utf8mb4"
            )
        case 1045 | 1698:
            where = url.host or "this machine's socket file"
            user = url.username or url.query.get("user")
            return (
                f"The server at {where} does not let user '{user}' in with this password"
                f"{'' if 'ssl_ca' in url.query else ', or not without TLS (ssl_ca)'}."
            )
        case 1044 | 1142:
            return f"User '{url.username}' is not allowed to do this in '{url.database}': {cause}"
        case _:
            return f"The database refused: {cause}"
