"""`baraka db`: upgrades, checks, copies and seeds the database."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from baraka_cli.commands import backup, prune
from baraka_cli.plural import plural
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    ask,
    fail,
    print_json,
    run,
    say,
    stderr,
    stdout,
    wrong_usage,
)

if TYPE_CHECKING:
    from baraka_cli.database import Database

T = TypeVar("T")

ROWS_MAX = 1_000_000

# A revision may be relative, as in "-1", and that is not an option.
RELATIVE = {"ignore_unknown_options": True}

app = typer.Typer(
    help="Bring the database up to date, look at it, copy it, fill it with demo data.",
    no_args_is_help=True,
)


@app.command(context_settings=RELATIVE)
def upgrade(
    revision: Annotated[
        str, typer.Argument(help="The target: a revision, +1 for the next one, or head.")
    ] = "head",
    create: Annotated[
        bool,
        typer.Option(
            "--create", help="Create the SQLite file without asking, where there is none."
        ),
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create the tables, or bring them up to date.

    A database of the existing system is adopted as it stands: its tables and rows stay as they
    are, and Baraka's own tables are added. It can be run again at any time.

    A SQLite file that is not there may be a sign that this is the wrong folder: in production
    somebody is asked before a new one is made.
    """
    from baraka_server.settings import Mode
    from baraka_server.store import migrate
    from baraka_server.store.address import missing_file

    database = _shown(database_url)
    url = database.url
    if missing_file(url) and not create and database.settings.mode is Mode.PRODUCTION:
        ask("Make a new, empty database there?", "--create")

    async def work() -> None:
        before = await migrate.current(url)
        try:
            await migrate.upgrade(url, revision, report=lambda line: say(f"  {line}"))
        except migrate.MigrationFailed:
            await _tell_of_oddities(url)
            raise
        after = await migrate.current(url)
        changed = after.current != before.current
        if after.up_to_date:
            say(f"{'Now' if changed else 'Already'} up to date, at revision {after.current}.")
        else:
            say(f"{'Now' if changed else 'Still'} at revision {after.current or 'base'}.")
        await _tell_of_oddities(url)

    _run(work())


@app.command(context_settings=RELATIVE)
def downgrade(
    revision: Annotated[
        str, typer.Argument(help="The target: a revision, -1 for one step back, or base for all.")
    ] = "-1",
    yes: Annotated[bool, typer.Option("--yes", help="Drop the data without asking.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Take revisions back, and lose the tables that they brought.

    The six documented tables (users, auctions, bids, …) and their rows stay in any case.
    """
    from baraka_server.store import migrate

    url = _shown(database_url).url

    async def look() -> list[migrate.Loss]:
        if (await migrate.current(url)).current is None:
            fail("There is nothing to take back: Baraka has brought nothing to this database.")
        return await migrate.losses(url, revision)

    async def work() -> None:
        await migrate.downgrade(url, revision, report=lambda line: say(f"  {line}"))
        say(f"Now at revision {(await migrate.current(url)).current or 'base'}.")

    for loss in _run(look()):
        say(f"This drops the table {loss.table} with its {plural(loss.rows, 'row')}.")
    if not yes:
        ask("It cannot be brought back. Go on?", "--yes")
    _run(work())


@app.command()
def current(database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show which revision the database has, and whether this program may serve with it.

    That is the newest, or one of a newer program that only added to the tables. Otherwise it exits 1, and
    says what to do.
    """
    from baraka_cli.database import chosen
    from baraka_server.store import migrate

    database = chosen(database_url)
    status = _run(migrate.current(database.url), about=database.line)
    if as_json:
        print_json(
            {
                "current": status.current,
                "head": status.head,
                "upToDate": status.up_to_date,
                "serves": status.remedy is None,
                "madeBy": status.made_by,
            }
        )
    else:
        stdout.print(status.current or "none")
    if status.remedy is not None:
        fail(f"{status.remedy}\n{database.line}")
    if not as_json:
        say(f"{status.beside_newer}." if status.beside_newer else "This is the newest.")


app.command("backup")(backup.backup)
app.command("prune")(prune.prune)


@app.command()
def seed(
    users: Annotated[
        int, typer.Option(min=0, max=ROWS_MAX, help="Users 1 to N.", metavar="N")
    ] = 100,
    auctions: Annotated[
        int,
        typer.Option(
            min=0, max=ROWS_MAX, help="Auctions 1 to N, not started; user 1 owns them.", metavar="N"
        ),
    ] = 3,
    database_url: DatabaseUrl = None,
) -> None:
    """Add demo data. What is there is never touched: only rows whose number is free are added."""
    from baraka_server.store import migrate
    from baraka_server.store import seed as seeding

    url = _shown(database_url).url

    async def work() -> seeding.Seeded:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        await migrate.require_fit(url)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
        )
        bars = Progress(*columns, console=stderr, transient=True)
        # Where it cannot draw it would print an empty line, even when disabled.
        with bars if stderr.is_interactive else nullcontext():
            tasks = {
                "users": bars.add_task("users", total=users),
                "Auction": bars.add_task("auctions", total=auctions),
            }
            return await seeding.seed(
                url,
                users=users,
                auctions=auctions,
                progress=lambda table, rows: bars.update(tasks[table], completed=rows),
            )

    added = _run(work())
    say(
        f"Added {plural(added.users, 'user')}, {plural(added.auctions, 'auction')} and "
        f"{plural(added.categories, 'category', 'categories')}."
    )


def _shown(flag: str | None) -> Database:
    """The database, after it was shown to whoever is about to change it."""
    from baraka_cli.database import chosen

    database = chosen(flag)
    say(database.line)
    return database


async def _tell_of_oddities(url: str) -> None:
    """Print how the tables and rows of an existing system differ from the documented ones (D52)."""
    from baraka_cli.adoption import after_upgrade
    from baraka_server.store.adoption import look_at_adopted
    from baraka_server.store.errors import StoreError

    try:
        for line in after_upgrade(await look_at_adopted(url)):
            say(line)
    except StoreError as error:
        say(f"The rows were not looked at: {error}. Run: baraka doctor")


def _run(coroutine: Coroutine[Any, Any, T], *, about: str | None = None) -> T:
    async def asked() -> T:
        from baraka_server.store.migrate import UnknownRevision

        try:
            return await coroutine
        except UnknownRevision as error:
            wrong_usage(str(error))

    return run(asked(), about=about)
