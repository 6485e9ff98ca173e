"""Commands that prove that a ledger is what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from baraka_cli.database import LONG_READ_SECONDS_MAX, ask_store
from baraka_cli.terminal import AsJson, DatabaseUrl, fail, print_json, say, stdout
from baraka_server.contract.text import printable

if TYPE_CHECKING:
    from baraka_server.contract.reports import Verdict
    from baraka_server.store.store import Store


def verify(
    auction_id: Annotated[
        int | None, typer.Argument(metavar="ID", help="The auction; all of them without it.")
    ] = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Prove that a ledger is what was written, and that the tables say the same.

    Exits 1 when something was altered, and names the first altered entry, or the rows that do not
    agree with the ledger. Rows that other programs wrote or took away, and that say nothing against
    the ledger, are told as changed outside: for these alone it exits 0.
    """
    from baraka_server.store import audit

    async def judge(store: Store) -> list[Verdict]:
        ids = [auction_id] if auction_id is not None else await audit.audited_ids(store)
        return [await audit.verify(store, each) for each in ids]

    verdicts = ask_store(database_url, judge, timeout_seconds=LONG_READ_SECONDS_MAX)
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
        fail("The ledger is not to be trusted." if len(verdicts) == 1 else f"{broken} do not hold.")
    if any(verdict.changedOutside for verdict in verdicts):
        say("The ledger is to be trusted. Other programs wrote or took away the rows named above.")


def _verdict_lines(verdict: Verdict) -> list[str]:
    name = f"Auction {verdict.auctionId}"
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
        return [f"{name}: no ledger yet, so there is nothing to prove."]
    entries = f"{name}: ok, {verdict.entries} entries as they were written"
    if verdict.unknownEntries:
        return [
            f"{entries}; {verdict.unknownEntries} of them are of a newer version of Baraka, which "
            "alone can compare the tables."
        ]
    agree = "what it wrote is in the tables" if outside else "the tables agree"
    return [f"{entries}; {agree}.", *outside]
