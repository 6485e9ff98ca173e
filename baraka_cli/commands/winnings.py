"""`baraka winnings`: lists the winners of an auction and how to reach them."""

from __future__ import annotations

from typing import Annotated

import typer

from baraka_cli.database import ask_store
from baraka_cli.terminal import AsJson, DatabaseUrl, print_json, print_table, say

app = typer.Typer(help="See who won what, and how to reach them.", no_args_is_help=True)


@app.callback()
def winnings() -> None:
    """See who won what, and how to reach them."""


@app.command("list")
def list_(
    auction: Annotated[
        int | None, typer.Option(metavar="ID", help="Only what was awarded in this auction.")
    ] = None,
    user: Annotated[
        int | None, typer.Option(metavar="ID", help="Only what this user has won.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, newest first.")] = 100,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """List awarded lots with the winners' whole phone numbers, newest first."""
    from baraka_server.contract.names import numbered
    from baraka_server.contract.reports import WinningWithUser
    from baraka_server.store import catalog
    from baraka_server.store.pages import Page, Span
    from baraka_server.store.store import Store

    async def find(store: Store) -> Page[WinningWithUser]:
        if auction is not None:
            await catalog.auction_by_id(store, auction)
        if user is not None:
            await catalog.user_by_id(store, user)
        return await catalog.list_winnings(
            store, auction_id=auction, user_id=user, span=Span(limit)
        )

    page = ask_store(database_url, find)
    shown = page.rows
    if as_json:
        print_json(shown)
    elif shown:
        print_table(
            ("Auction", "Product", "Price", "Winner", "Number", "Sold", "Awarded"),
            [
                (
                    won.auction_id,
                    f"{won.product} ({won.weight})" if won.weight else won.product,
                    won.price,
                    numbered(won.paddle, won.user.name),
                    won.user.number,
                    won.sold,
                    won.createdAt,
                )
                for won in shown
            ],
        )
    else:
        say("Nothing was won yet.")
    if page.resume is not None:
        say(f"There are more than these {limit}: see --limit.")
