"""`baraka db backup`: writes a copy of the database that a sale can be restored from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baraka_cli.terminal import DatabaseUrl, fail, run, say, stderr, stdout, wrong_usage

if TYPE_CHECKING:
    from baraka_server.store.backup import Checked

UNVERIFIED = ".unverified"
"""Ending of the name of a copy that does not agree with itself: it replaces no good one."""


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of the copy.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE when it is there, once the copy is whole.")
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Copy the database into FILE, also while a server works on it.

    A SQLite database is copied as it is at one moment, and the copy is checked: the file, and the
    ledger of every auction. Of MySQL and MariaDB a dump is made with mariadb-dump or mysqldump; where
    neither is there, the command for a machine that has it is printed, and the exit code is 1.

    Only you may read FILE. How to bring it back: docs/backup.md.
    """
    from baraka_cli.database import chosen
    from baraka_server.store import dump
    from baraka_server.store.address import database_file
    from baraka_server.store.address import database_url as parsed

    database, target = chosen(database_url), file.absolute()
    url = parsed(database.url)
    source = database_file(url)
    say(database.line)
    if str(file) == "-":
        wrong_usage("FILE: a copy is written to a file, not to the output: give it a name.")
    _refuse(target, source, force=force)
    if url.get_backend_name() != "sqlite":
        program = dump.program()
        if program is None:
            stdout.print(dump.command(database.url, target), soft_wrap=True)
            fail(
                "Nothing was written: neither mariadb-dump nor mysqldump is on this machine. Run the "
                "line above where one of them is; mysqldump takes the same options."
            )
        run(_dump(database.url, program, target))
    elif source is None:
        wrong_usage("A database in memory has nothing to copy.")
    elif not source.exists():
        fail("There is no database to copy.")
    else:
        run(_copy(source, target))


def _refuse(target: Path, source: Path | None, *, force: bool) -> None:
    if not target.parent.is_dir():
        wrong_usage(f"FILE: there is no folder {target.parent}.")
    if target.is_dir():
        wrong_usage(f"FILE: {target} is a folder.")
    if target.exists() and not target.is_file():
        wrong_usage(f"FILE: {target} is a device or a pipe, which a copy would replace.")
    if source is not None and target.resolve() == source.resolve():
        wrong_usage("FILE: that is the database itself.")
    if source is not None and target.resolve() in _beside(source.resolve()):
        wrong_usage(f"FILE: {target} belongs to the database, which would be lost with it.")
    if target.exists() and not force:
        wrong_usage(f"FILE: {target} is there already; --force replaces it.")


def _beside(database: Path) -> set[Path]:
    """The files that SQLite and our servers keep beside a database, by its name."""
    from baraka_server.store.backup import SIDECARS
    from baraka_server.store.serving import SUFFIX

    return {database.with_name(database.name + end) for end in (*SIDECARS, SUFFIX)}


async def _copy(source: Path, target: Path) -> None:
    from baraka_server.store import backup as copies

    with copies.unfinished(target) as draft:
        with _progress() as show:
            await copies.copy_file(source, draft, show)
        checked = await copies.check(draft)
        copies.make_single_file(draft)
        if checked.disagreeing:
            target = target.with_name(target.name + UNVERIFIED)
        copies.finish(draft, target)
    say(f"Copied: {target} ({_size(target)}).")
    _tell(checked)


def _tell(checked: Checked) -> None:
    if checked.revision is None:
        say("The file is whole. Its ledgers were not checked: it is of another version of Baraka.")
    elif checked.disagreeing:
        named = ", ".join(map(str, checked.disagreeing))
        fail(
            "The file is whole, but not every ledger in it verifies, so it was given another name. "
            f"Verify the database itself: baraka auction verify ID, with ID {named}."
        )
    elif not checked.auctions:
        say("Checked: the file is whole. There are no auctions in it yet.")
    else:
        one = checked.auctions == 1
        whose = (
            "ledger of 1 auction holds" if one else f"ledgers of {checked.auctions} auctions hold"
        )
        say(f"Checked: the file is whole, and the {whose}.")


async def _dump(url: str, program: str, target: Path) -> None:
    from baraka_server.store import backup as copies
    from baraka_server.store import dump

    with copies.unfinished(target) as draft:
        with _progress() as show:
            await dump.dump(url, program, draft, lambda done: show(done, 0))
        copies.finish(draft, target)
    say(f"Dumped: {target} ({_size(target)}), with {program}.")
    say("To check it, restore it into a spare database: docs/backup.md.")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing elsewhere, where it could not be drawn over."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    if not stderr.is_interactive:
        yield lambda _done, _total: None
        return
    columns = (TextColumn("copying", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, console=stderr, transient=True) as bars:
        task = bars.add_task("copying", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total or None)


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1_000_000:,.1f} MB"
