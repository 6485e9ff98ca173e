"""`baraka auction verify` and `checkpoint`: verify ledgers, and sign where they end (D26, D56)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baraka_cli.database import LONG_READ_SECONDS_MAX, ask_store
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    fail,
    load_settings,
    print_json,
    run,
    say,
    stdout,
    wrong_usage,
)
from baraka_server.contract.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baraka_server.contract.reports import Checkpoint, Verdict
    from baraka_server.store.checkpoint import Kept, Signer
    from baraka_server.store.store import Store


def checkpoint(
    auction_id: Annotated[
        int | None, typer.Argument(metavar="ID", help="The auction; all of them without it.")
    ] = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Print a signed line that says where a ledger ends, to be kept outside the database.

    Whoever can write the database can write a ledger anew; `baraka auction verify --checkpoint` says
    then that it was another one. It is signed with a key made of BARAKA_JWT_SECRET.
    """
    from baraka_server.store import audit
    from baraka_server.store import checkpoint as checkpoints
    from baraka_server.store.errors import NotThere

    key = signer()

    async def sign(store: Store) -> list[Checkpoint]:
        there = await audit.audited_ids(store)
        if auction_id is not None:
            if auction_id not in there:
                raise NotThere(f"There is no auction {auction_id}.")
            return [await checkpoints.take(store, key, auction_id)]
        ends = await store.ends(there)
        return [await checkpoints.take(store, key, each) for each in sorted(ends)]

    made = ask_store(database_url, sign, timeout_seconds=LONG_READ_SECONDS_MAX)
    if as_json:
        print_json(made if auction_id is None else made[0])
    else:
        for one in made:
            stdout.print(one.text, soft_wrap=True)
    if not made:
        say("There are no ledgers yet.")


def verify(
    auction_id: Annotated[
        int | None, typer.Argument(metavar="ID", help="The auction; all of them without it.")
    ] = None,
    checkpoints: Annotated[
        list[str] | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE|TEXT",
            help="What `baraka auction checkpoint` printed, or a file that has it; may be repeated.",
            show_default=False,
        ),
    ] = None,
    archives: Annotated[
        list[Path] | None,
        typer.Option(
            "--archive",
            metavar="FILE",
            help="Verify an auction in an archive of `baraka db prune` instead; may be repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Prove that a ledger is what was written, and that the tables say the same.

    Exits 1 when something was altered, and names the first altered entry, or the rows that do not
    agree with the ledger, or the checkpoints that were made of another one. Rows that other programs
    wrote or took away, and that say nothing against the ledger, are told as changed outside: for
    these alone it exits 0.
    """
    kept = _kept(checkpoints or [], auction_id)
    if archives:
        verdicts = run(_archived(archives, auction_id, kept))
    else:
        verdicts = ask_store(
            database_url,
            lambda store: _verdicts(store, auction_id, kept),
            timeout_seconds=LONG_READ_SECONDS_MAX,
        )
    if as_json:
        print_json(verdicts if auction_id is None else verdicts[0])
    else:
        for verdict in verdicts:
            for line in _verdict_lines(verdict):
                stdout.print(printable(line), soft_wrap=True)
    if not verdicts:
        say("There are no auctions yet.")
    broken = sum(not verdict.ok for verdict in verdicts)
    if broken:
        fail("The ledger cannot be trusted." if len(verdicts) == 1 else f"{broken} do not hold.")
    if kept:
        say(f"{_counted(len(kept))} what the ledger says.")
    if any(verdict.changedOutside for verdict in verdicts):
        say("The ledger can be trusted. Other programs wrote or took away the rows named above.")


async def _verdicts(store: Store, auction_id: int | None, kept: Sequence[Kept]) -> list[Verdict]:
    from baraka_server.store import audit
    from baraka_server.store import checkpoint as checkpoints

    there = await audit.audited_ids(store)
    of_kept = {one.auction_id for one in kept}
    ids = [auction_id] if auction_id is not None else sorted({*there, *of_kept})
    verdicts = []
    for each in ids:
        gone = each in of_kept and each not in there
        verdict = checkpoints.without_ledger(each) if gone else await audit.verify(store, each)
        if each in of_kept:
            verdict = await checkpoints.with_checkpoints(store, signer(), verdict, kept)
        verdicts.append(verdict)
    return verdicts


async def _archived(
    files: Sequence[Path], auction_id: int | None, kept: Sequence[Kept]
) -> list[Verdict]:
    from baraka_server.store import archive

    found = []
    for file in files:
        try:
            read, verdict = await archive.verify(file, signer(), kept)
        except OSError as error:
            wrong_usage(f"--archive: {file} cannot be read: {error.strerror or error}")
        if auction_id not in {None, read.auction_id}:
            wrong_usage(f"--archive: {file} is of auction {read.auction_id}")
        found.append(verdict)
    return found


def signer() -> Signer:
    """The key of checkpoints. Exits 2 where there is no secret to make it of."""
    from baraka_server.store.checkpoint import Signer

    secret = load_settings().jwt_secret
    if secret is None:
        wrong_usage("BARAKA_JWT_SECRET is not set: checkpoints are signed with a key made of it.")
    return Signer.of(secret.get_secret_value())


def _kept(given: Sequence[str], auction_id: int | None) -> list[Kept]:
    """The checkpoints in texts and files. Those of other auctions than the one asked for are left out."""
    from baraka_server.store.checkpoint import MARK, found_in

    kept: list[Kept] = []
    for each in given:
        try:
            text = each if each.lstrip().startswith(MARK) else _read(each)
            found = list(found_in(text))
        except ValueError as error:
            wrong_usage(f"--checkpoint: this is not a whole checkpoint: {error}")
        ours = [one for one in found if auction_id in {None, one.auction_id}]
        if not ours:
            of = "" if auction_id is None else f" of auction {auction_id}"
            wrong_usage(f"--checkpoint: there is no checkpoint{of} in {printable(each)}")
        kept += ours
    return list(dict.fromkeys(kept))


def _read(name: str) -> str:
    try:
        return Path(name).read_bytes().decode("utf-8", "replace")
    except OSError as error:
        wrong_usage(
            f"--checkpoint: {printable(name)} cannot be read ({error.strerror}), and it is not the "
            "line that baraka auction checkpoint prints"
        )


def _counted(count: int) -> str:
    return "The checkpoint is" if count == 1 else f"All {count} checkpoints are"


def _verdict_lines(verdict: Verdict) -> list[str]:
    name = f"Auction {verdict.auctionId}"
    anew = [
        f"{name}: the checkpoint of {one.time} does not hold: {one.reason}."
        for one in verdict.brokenCheckpoints
    ]
    if anew and verdict.alteredEntry is None and not verdict.disagreements:
        return anew  # what the ledger says of itself by now proves nothing
    return anew + _ledger_lines(name, verdict)


def _ledger_lines(name: str, verdict: Verdict) -> list[str]:
    if verdict.alteredEntry is not None:
        broken = verdict.alteredEntry
        return [f"{name}: entry {broken.seq} of the ledger was altered: {broken.reason}."]
    outside = [
        f"{name}: {row.table} row {row.rowId} was changed outside: {row.reason}."
        for row in verdict.changedOutside
    ]
    if verdict.disagreements:
        return [
            f"{name}: {row.table} row {row.rowId} does not agree: {row.reason}."
            for row in verdict.disagreements
        ] + outside
    if verdict.entries == 0:
        return [
            f"{name}: no ledger yet, so there is nothing to prove. Where its sale is over, it was pruned "
            "(--archive FILE proves it then) or removed."
        ]
    entries = f"{name}: ok, {verdict.entries} entries as they were written"
    if verdict.unknownEntries:
        return [
            f"{entries}; {verdict.unknownEntries} of them are of a newer version of Baraka, which "
            "alone can compare the tables."
        ]
    agree = "what it wrote is in the tables" if outside else "the tables agree"
    return [f"{entries}; {agree}{_erased(verdict.erasedTexts)}.", *outside]


def _erased(count: int) -> str:
    if not count:
        return ""
    return "; 1 text in it was erased" if count == 1 else f"; {count} texts in it were erased"
