"""`baraka auction`: makes auctions, lists them, prints their ledger, and verifies it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from baraka_cli.commands import register, rules, staff
from baraka_cli.commands.verify import checkpoint, verify
from baraka_cli.database import LONG_READ_SECONDS_MAX, ask_store
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    cell,
    fail,
    print_json,
    print_table,
    say,
    shown,
    stdout,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from baraka_server.contract.records import Auction, User
    from baraka_server.contract.reports import HistoryEntry
    from baraka_server.store.pages import Page
    from baraka_server.store.snapshot import Snapshot
    from baraka_server.store.store import Store

app = typer.Typer(
    help="Prepare auctions, look at them, and prove what happened.", no_args_is_help=True
)

AuctionId = Annotated[int, typer.Argument(metavar="ID", help="The auction.", show_default=False)]

BIDS_SHOWN = 10
WHO_CHARS_MAX = 20


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is not a time; write it like 2027-01-31T18:00 (UTC) or "
            "2027-01-31T18:00+05:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command()
def create(
    title: Annotated[str, typer.Option(help="The title of the sale.", show_default=False)],
    owner: Annotated[
        int, typer.Option(metavar="ID", help="The user who will host it.", show_default=False)
    ],
    description: Annotated[str, typer.Option(help="More about it.", show_default=False)] = "",
    image_url: Annotated[
        str, typer.Option(metavar="URL", help="The cover image.", show_default=False)
    ] = "",
    category: Annotated[
        str | None, typer.Option(help="Name or id of a category.", show_default="the first")
    ] = None,
    starts: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment,
            metavar="TIME",
            help="When it is to begin, like 2027-01-31T18:00+05:00; UTC where no zone is given.",
            show_default=False,
        ),
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment,
            metavar="TIME",
            help="Its expiry date.",
            show_default="30 days after the start",
        ),
    ] = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create an auction and print its id.

    It goes live when its owner starts it.
    """
    from baraka_server.store import catalog

    record = ask_store(
        database_url,
        lambda store: catalog.create_auction(
            store,
            owner_id=owner,
            title=title,
            description=description,
            image_url=image_url,
            category=category,
            starts=starts,
            expires=expires,
        ),
    )
    if as_json:
        print_json(record)
    else:
        stdout.print(record.id)


@app.command("list")
def list_(
    live: Annotated[bool, typer.Option("--live", help="Only those that are live now.")] = False,
    owner: Annotated[
        int | None, typer.Option(metavar="ID", help="Only those of this user.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, newest first.")] = 100,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """List auctions, newest first."""
    from baraka_server.store import catalog
    from baraka_server.store.pages import Span

    async def find(store: Store) -> tuple[Page[Auction], dict[int, User]]:
        if owner is not None:
            await catalog.user_by_id(store, owner)
        page = await catalog.list_auctions(store, owner_id=owner, live_only=live, span=Span(limit))
        owners = {record.user_id for record in page if record.user_id is not None}
        return page, await catalog.users_by_id(store, owners)

    page, owners = ask_store(database_url, find)
    shown = page.rows
    if as_json:
        print_json(shown)
    elif shown:
        print_table(
            ("Id", "Title", "Owner", "State", "On the block", "Starts"),
            [
                (
                    record.id,
                    record.title,
                    _owner(record, owners),
                    _phase(record),
                    record.current_product,
                    record.startDate,
                )
                for record in shown
            ],
        )
    else:
        say("No auction is live." if live else "There are no auctions yet.")
    if page.resume is not None:
        say(f"There are more than these {limit}: see --limit.")


@app.command()
def show(auction_id: AuctionId, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """Show an auction with the bids and comments of its current round."""
    from baraka_server.contract.names import numbered
    from baraka_server.contract.records import AuctionWithLists
    from baraka_server.domain.paddles import NONE_GIVEN
    from baraka_server.store import catalog

    async def find(store: Store) -> tuple[Snapshot | None, dict[int, User]]:
        record = await catalog.auction_by_id(store, auction_id)
        named = {record.user_id, record.winning_user_id} - {None}
        people = await catalog.users_by_id(store, (user_id for user_id in named if user_id))
        return await store.snapshot(auction_id), people

    snapshot, people = ask_store(database_url, find)
    if snapshot is None:
        fail(f"There is no auction {auction_id}.")
    paddles = snapshot.state.paddles if snapshot.state else NONE_GIVEN
    if as_json:
        # Bidders' numbers as everybody sees them: only winners are to be called (D17).
        lists = {
            "Auction_bids": [
                {
                    **bid.model_dump(),
                    "user": bid.user.as_seen_by_others(),
                    "paddle": paddles.of(bid.user_id),
                }
                for bid in snapshot.bids
            ],
            "Auction_comments": [
                {**comment.model_dump(), "user": comment.user.as_seen_by_others()}
                for comment in snapshot.comments
            ],
        }
        print_json(AuctionWithLists.model_validate({**snapshot.auction.model_dump(), **lists}))
        return
    _print_facts(snapshot, people)
    if snapshot.bids:
        stdout.print()
        print_table(
            (shown().column("Bid"), "By", "At"),
            [
                (bid.bid, numbered(paddles.of(bid.user_id), bid.user.name), _second(bid.createdAt))
                for bid in snapshot.bids[:BIDS_SHOWN]
            ],
        )
    if len(snapshot.bids) > BIDS_SHOWN:
        say(f"These are the newest {BIDS_SHOWN} bids of {len(snapshot.bids)}.")


@app.command()
def history(
    auction_id: AuctionId, as_json: AsJson = False, database_url: DatabaseUrl = None
) -> None:
    """Tell the sale from its ledger: every bid, comment and award.

    Bids and comments are cleared when a lot is awarded; the ledger still has them.
    """
    from baraka_server.store import audit

    async def read(store: Store) -> list[HistoryEntry]:
        return [entry async for entry in audit.history(store, auction_id)]

    entries = ask_store(database_url, read, timeout_seconds=LONG_READ_SECONDS_MAX)
    if as_json:
        print_json(entries)
    elif entries:
        _print_history(entries)
    else:
        say("Nothing has happened in this auction yet, or its ledger was pruned (baraka db prune).")


app.command()(verify)
app.add_typer(staff.app, name="staff")
app.command("rules")(rules.rules)
app.command("register")(register.register)
app.command()(checkpoint)


def _owner(record: Auction, people: dict[int, User]) -> str | None:
    if record.user_id is None:
        return None
    owner = people.get(record.user_id)
    return f"{owner.name} ({owner.id})" if owner else str(record.user_id)


def _phase(record: Auction) -> str:
    if record.isCanceled:
        return "canceled"
    if record.isEnded:
        return "ended"
    if record.isLive:
        return "live"
    return "expired" if record.isExpired else "not started"


def _second(moment: datetime) -> str:
    return shown().local(moment).strftime("%Y-%m-%d %H:%M:%S")


def _print_facts(snapshot: Snapshot, people: dict[int, User]) -> None:
    record, house = snapshot.auction, shown()
    winner = people.get(record.winning_user_id or 0)
    facts = {
        "Auction": f"{record.id}",
        "Title": record.title,
        "Description": record.description or None,
        "Owner": _owner(record, people),
        "State": _phase(record),
        "Starts": record.startDate,
        "Expires": record.expiryDate,
        "Round": snapshot.round or None,
        "On the block": record.current_product,
        "Minimum bid": house.amount(str(record.minBidPrice)) if record.current_product else None,
        "Start price": house.amount(str(record.bidPrice)) if record.current_product else None,
        "Market price": house.amount(str(record.actualPrice)) if record.current_product else None,
        "Bids": len(snapshot.bids),
        "Comments": len(snapshot.comments),
        "Last winner": f"{winner.name} ({winner.id})" if winner else None,
        "Ledger": f"{snapshot.seq} entries",
    }
    grid = _grid()
    for name, value in facts.items():
        grid.add_row(cell(name, "dim"), cell(value, shown=house))
    stdout.print(grid)


def _grid() -> Table:
    from rich.table import Table

    return Table.grid(padding=(0, 2, 0, 0))


STYLES = {"adopted": "dim", "comment": "dim", "awarded": "bold green", "lot_opened": "bold"}


def _print_history(entries: Sequence[HistoryEntry]) -> None:
    """One block for each round; columns stand under each other through all of them."""
    from baraka_server.contract.names import numbered

    house = shown()
    days = {house.local(entry.at).date() for entry in entries}
    one_day = len(days) == 1  # a clock may have been wrong
    time_format = "%H:%M:%S" if one_day else "%Y-%m-%d %H:%M:%S"
    seq_width = len(str(entries[-1].seq))
    who = [cell(one.who and numbered(one.paddle, one.who)) for one in entries]
    who_width = min(WHO_CHARS_MAX, max(name.cell_len for name in who))
    round_ = None
    grid = _grid()

    def begin() -> Table:
        block = _grid()
        block.add_column(width=seq_width, justify="right", style="dim", no_wrap=True)
        block.add_column(width=len(entries[0].at.strftime(time_format)), no_wrap=True)
        block.add_column(width=who_width, no_wrap=True, overflow="ellipsis")
        block.add_column(overflow="fold")
        return block

    for entry, name in zip(entries, who, strict=True):
        if entry.round != round_:
            if round_ is not None:
                stdout.print(grid)
                stdout.print()
            round_, grid = entry.round, begin()
            stdout.print(cell(_heading(entry), "bold"))
        grid.add_row(
            cell(entry.seq),
            cell(house.local(entry.at).strftime(time_format)),
            name,
            cell(entry.what, STYLES.get(entry.kind, "")),
        )
    stdout.print(grid)
    amounts = f" Amounts are {house.currency}." if house.currency else ""
    say(f"Times are {house.zone_name}{f', {min(days)}' if one_day else ''}.{amounts}")


def _heading(entry: HistoryEntry) -> str:
    lot = entry.data.get("lot") if entry.known else None
    if entry.round == 0:
        return "Before the first lot"
    return f"Round {entry.round}: {lot['product']}" if lot else f"Round {entry.round}"
