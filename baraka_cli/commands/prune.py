"""`baraka db prune`: archives ended auctions, and removes them from the database (D56)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from baraka_cli.database import LONG_READ_SECONDS_MAX, chosen, open_store
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    ask,
    fail,
    print_json,
    run,
    say,
    wrong_usage,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baraka_server.store.archive import Archive
    from baraka_server.store.checkpoint import Signer
    from baraka_server.store.prune import Prunable
    from baraka_server.store.store import Store

ENDING = ".baraka-archive"


def prune(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="Where the archives are written.", show_default=False
        ),
    ],
    days: Annotated[
        int | None,
        typer.Option(min=0, help="Auctions in which nothing happened for so long.", metavar="N"),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="Auctions in which nothing happened since."
        ),
    ] = None,
    unpaid: Annotated[
        bool, typer.Option("--unpaid", help="Also auctions of which something is not paid yet.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which auctions, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them without asking.")] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Move auctions that are over into archives: one file each, which proves itself.

    An auction is verified, written into a file of FOLDER with a signed checkpoint, the file is read and
    verified like the auction itself, and only then its ledger, texts, lots, paddles, bids and comments are
    removed, all at once or not at all. Auctions and winnings stay listed. It may be stopped at any time and
    run again, also beside a live sale.

    `baraka auction verify --archive FILE` verifies an archive for ever. Keep FOLDER as safely as backups:
    people's words are in it.
    """
    from baraka_cli.commands.verify import signer

    if (days is None) == (before is None):
        wrong_usage("Give either --days N or --before DATE.")
    if not folder.is_dir():
        wrong_usage(f"FOLDER: there is no folder {folder}.")
    moment = datetime.now(UTC) - timedelta(days=days or 0)
    if before is not None:
        moment = min(before.replace(tzinfo=UTC), moment)
    database, key = chosen(database_url), signer()
    say(database.line)
    results = run(
        _prune(database_url, folder.absolute(), moment, key, unpaid, dry_run, yes),
        about=database.line,
    )
    if as_json:
        print_json(results)
    left = [one for one in results if one["left"]]
    for one in left:
        say(f"Auction {one['auctionId']} stays: {one['left']}")
    if left and not dry_run:
        fail(f"{len(left)} of {len(results)} auctions stay as they are.")


async def _prune(
    url: str | None,
    folder: Path,
    before: datetime,
    key: Signer,
    unpaid: bool,
    dry_run: bool,
    yes: bool,
) -> list[dict[str, Any]]:
    from baraka_server.store import prune as pruning

    async with open_store(url, timeout_seconds=LONG_READ_SECONDS_MAX) as store:
        found = await pruning.prunable(store, before)
        if not found:
            say("There is nothing to prune.")
            return []
        _show(found)
        if dry_run:
            say("Nothing was changed.")
        elif not yes:
            ask("Archive them and remove them here?", "--yes")
        results = []
        for one in found:
            refused = NOT_PAID if one.unpaid and not unpaid else None
            file, left = None, refused
            if not dry_run and refused is None:
                file, left = await _one(store, folder, key, one)
            results.append(
                {
                    "auctionId": one.auction_id,
                    "entries": one.entries,
                    "unpaid": one.unpaid,
                    "archive": file and str(file),
                    "pruned": file is not None and left is None,
                    "left": left,
                }
            )
        return results


NOT_PAID = "something of it is not paid yet; see baraka winnings list, or give --unpaid"


async def _one(
    store: Store, folder: Path, key: Signer, one: Prunable
) -> tuple[Path | None, str | None]:
    """Archive and remove an auction; returns its file, and the reason why it stays."""
    from baraka_server.store import audit
    from baraka_server.store import prune as pruning
    from baraka_server.store.archive import BadArchive
    from baraka_server.store.backup import BackupFailed

    verdict = await audit.verify(store, one.auction_id)
    if not verdict.ok:
        return None, f"it does not verify: baraka auction verify {one.auction_id}"
    if verdict.unknownEntries:
        return None, "a newer version of Baraka wrote some of it, which alone can prune it"
    try:
        file, archive = await _write(store, folder, key, one.auction_id)
    except (BadArchive, BackupFailed) as error:
        return None, str(error)
    except OSError as error:
        return None, f"its archive cannot be written: {error.strerror or error}"
    try:
        await pruning.remove(store, archive)
    except pruning.NotPruned as error:
        return file, str(error)
    say(f"Auction {one.auction_id} is in {file}")
    return file, None


async def _write(store: Store, folder: Path, key: Signer, auction_id: int) -> tuple[Path, Archive]:
    """Write the archive, verify what is on the disk, and give it its name."""
    from baraka_server.store import archive as archives
    from baraka_server.store import backup, ledger

    with backup.unfinished(folder / f"auction-{auction_id}{ENDING}") as draft:
        written = await archives.write(store, key, auction_id, draft)
        read, verdict = await archives.verify(draft, key)
        if not verdict.ok or read != written:
            raise archives.BadArchive("what was written is not what was to be written")
        head = f"{written.seq}-{ledger.ledger_id(written.hash)}"
        file = folder / f"auction-{auction_id}-{head}{ENDING}"
        backup.finish(draft, file)
    return file, written


def _show(found: Sequence[Prunable]) -> None:
    for one in found:
        owed = f", {one.unpaid} not paid" if one.unpaid else ""
        last = one.last_at.strftime("%Y-%m-%d")
        say(
            f"Auction {one.auction_id}: {one.title}; {one.entries:,} entries, the last of {last}{owed}."
        )
