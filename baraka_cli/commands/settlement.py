"""`baraka winnings summary` and `export`: the end of a sale on the screen, and in files to settle it by (D39)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from baraka_cli.commands.server_flags import URL, ask_server
from baraka_cli.database import LONG_READ_SECONDS_MAX, ask_store
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    fail,
    print_json,
    print_table,
    say,
    shown,
    stdout,
    wrong_usage,
)

if TYPE_CHECKING:
    from baraka_cli.client.http import HttpApi
    from baraka_server.contract.settlement import Head, SaleChange, SaleSummary

Auction = Annotated[int, typer.Argument(metavar="AUCTION", help="The auction.")]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="Ask this server, as --user or --token; without it the database is read, as its operator.",
        show_default=False,
    ),
]
User = Annotated[
    int | None,
    typer.Option("--user", min=1, help="Ask the server as this user; needs BARAKA_JWT_SECRET."),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        help="Ask the server with this access token of the owner, or of a clerk; else BARAKA_TOKEN.",
        show_default=False,
    ),
]


def summary(
    auction: Auction,
    as_json: AsJson = False,
    url: Url = None,
    user: User = None,
    token: Token = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Show what became of every lot, what each buyer owes, and what was changed behind the hammer."""
    found = _ask(auction, None, url, user, token, database_url)
    if as_json:
        print_json(found)
        return
    _print_lots(found)
    _print_buyers(found)
    _print_changes(found)
    say(f"{_told(found)} Head {found.head}.")


def export(
    auction: Auction,
    format_: Annotated[
        Literal["lots", "buyers"],
        typer.Option(
            "--format",
            help="lots: CSV, one line a lot. buyers: a page to print, one sheet a buyer.",
        ),
    ] = "lots",
    since: Annotated[
        str | None,
        typer.Option(
            metavar="HEAD",
            help="What was changed since an export that names this head; buyers: only their sheets.",
            show_default=False,
        ),
    ] = None,
    paddle: Annotated[
        int | None, typer.Option(min=1, help="With buyers: only the sheet of this paddle.")
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="lots: without the marks that Excel needs. buyers: text, to send."
        ),
    ] = False,
    separator: Annotated[
        Literal["comma", "semicolon"],
        typer.Option(help="Between the cells of lots; Excel knows only its region's own."),
    ] = "comma",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this file, whole or not at all; without it to the output.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE when it is there and says something else.")
    ] = False,
    url: Url = None,
    user: User = None,
    token: Token = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export a sale to settle it by.

    The export names the head of the ledger that it was made at. Give that to --since later, and get
    what was reassigned, corrected, paid, reopened, sold or passed since then. As long as nothing
    happens, an export is the same file.
    """
    if paddle is not None and format_ != "buyers":
        wrong_usage("--paddle is for --format buyers.")
    if output is not None:
        _refuse(output)
    head = _head(since)
    found = _ask(auction, head, url, user, token, database_url)
    if format_ == "buyers":
        content = _sheets(found, paddle, plain=plain)
    else:
        content = _table(found, plain=plain, separator=separator)
    _write(content, output, force=force)
    if head is not None:
        count = len(found.changes)
        say(f"{count or 'No'} change{'' if count == 1 else 's'} since head {head}.")
    say(f"{_told(found)}\nWhat changes from here on: --since {found.head}")


def _sheets(found: SaleSummary, paddle: int | None, *, plain: bool) -> bytes:
    from baraka_cli.settlement_sheets import page, sheets_of, text

    if paddle is not None and not sheets_of(found, paddle):
        since = f" since head {found.since}" if found.since else ""
        fail(f"Paddle {paddle} has no sheet{since}: nothing was bought by it, or nothing changed.")
    return (text if plain else page)(found, paddle, shown())


def _table(found: SaleSummary, *, plain: bool, separator: str) -> bytes:
    from baraka_cli.csv_writing import CsvForm
    from baraka_cli.settlement_tables import changes_table, lots_table

    form = CsvForm(plain=plain, separator=";" if separator == "semicolon" else ",")
    return (lots_table if found.since is None else changes_table)(found, form)


def _head(text: str | None) -> Head | None:
    from baraka_server.contract.settlement import Head

    try:
        return None if text is None else Head.read(text)
    except ValueError as error:
        wrong_usage(f"--since: {error}")


def _refuse(output: Path) -> None:
    if not output.absolute().parent.is_dir():
        wrong_usage(f"--output: there is no folder {output.absolute().parent}.")
    if output.exists() and not output.is_file():
        wrong_usage(f"--output: {output} is a folder or a device, not a file.")


def _write(content: bytes, output: Path | None, *, force: bool) -> None:
    from baraka_cli.whole_file import write_whole

    if output is None:
        stdout.file.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        write_whole(output, content, replace=force)
    except FileExistsError:
        wrong_usage(
            f"--output: {output} is there already and says something else: --force replaces it."
        )
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror or error}")
    say(f"Written: {output}")


def _ask(
    auction: int,
    since: Head | None,
    url: str | None,
    user: int | None,
    token: str | None,
    database_url: str | None,
) -> SaleSummary:
    """The summary: from the server where one is named, else from the database."""
    if url is None and user is None and token is None:
        from baraka_server.store.settlement import sale_summary

        return ask_store(
            database_url,
            lambda store: sale_summary(store, auction, since),
            timeout_seconds=LONG_READ_SECONDS_MAX,
        )
    if database_url is not None:
        wrong_usage("--database-url reads the database, --url, --user and --token ask a server.")

    async def ask(api: HttpApi) -> SaleSummary | None:
        from baraka_cli.client.http import Refused

        try:
            return await api.summary(auction, since)
        except Refused as error:
            fail(f"{error}.")

    if user is None:
        token = token or os.environ.get("BARAKA_TOKEN")
    found = ask_server(url or os.environ.get("BARAKA_URL") or URL, user, token, ask)
    if found is None:
        fail("This server has no summaries: it is not Baraka, or an older one.")
    return found


# --- what is shown


def _told(found: SaleSummary) -> str:
    totals, money = found.totals, shown().amount
    lots = [
        f"{totals.sold} sold",
        f"{totals.passed} passed",
        f"{totals.withdrawn} withdrawn",
        f"{totals.open} not done",
    ]
    state = "" if found.over else " The sale is not over."
    newer = "" if found.understood else " A newer version wrote more than this one understands."
    return (
        f"{found.title}: {', '.join(lots)}; turnover {money(f'{totals.turnover:,}')}, "
        f"paid {money(f'{totals.paid:,}')}, due {money(f'{totals.due:,}')}.{state}{newer}"
    )


def _print_lots(found: SaleSummary) -> None:
    money = shown().column
    from baraka_server.contract.names import numbered

    if found.lots:
        print_table(
            (
                "Lot",
                "Product",
                "State",
                money("Price"),
                money("Reached"),
                "Winner",
                "Paid",
                "Winning",
            ),
            [
                (
                    lot.lot,
                    f"{lot.product} ({lot.weight})" if lot.weight else lot.product,
                    lot.state.value,
                    lot.price,
                    lot.reached,
                    lot.winner and numbered(lot.paddle, lot.winner),
                    lot.paid,
                    lot.winningId,
                )
                for lot in found.lots
            ],
        )


def _print_buyers(found: SaleSummary) -> None:
    money = shown().column
    if found.buyers:
        stdout.print()
        print_table(
            ("Paddle", "Buyer", "Number", "Lots", money("Total"), money("Paid"), money("Due")),
            [
                (one.paddle, one.name, one.number, one.lots, one.total, one.paid, one.due)
                for one in found.buyers
            ],
        )


def _print_changes(found: SaleSummary) -> None:
    if found.changes:
        stdout.print()
        print_table(
            ("Entry", "At", "Changed behind the hammer"),
            [(one.seq, one.at, _changed(one)) for one in found.changes],
        )


def _changed(change: SaleChange) -> str:
    """Such as "Lot 4, Chain: corrected, 1 Bilal for 55, before that 1 Bilal for 60 (agreed)"."""
    lot = change.product if change.lot is None else f"Lot {change.lot}, {change.product}"
    now = _sale(change.paddle, change.winner, change.price)
    before = _sale(change.paddleBefore, change.winnerBefore, change.priceBefore)
    why = f" ({change.reason})" if change.reason else ""
    return f"{lot}: {change.change.value}, {now}, before that {before}{why}"


def _sale(paddle: int | None, name: str | None, price: int | None) -> str:
    from baraka_server.contract.names import numbered

    return "nobody" if name is None else f"{numbered(paddle, name)} for {price or 0:,}"
