"""`baraka winnings`: lists who won what, settles a sale, and notes what became of a winning behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from baraka_cli.commands.settlement import export, summary
from baraka_cli.database import ask_store
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    fail,
    print_json,
    print_table,
    say,
    wrong_usage,
)
from baraka_cli.terminal import shown as as_shown

if TYPE_CHECKING:
    from baraka_server.contract.winnings import WinningCommand

app = typer.Typer(help="See who won what, and settle a sale.", no_args_is_help=True)

WinningId = Annotated[
    int,
    typer.Argument(
        metavar="ID", min=1, help="The winning, as `winnings list` and `winnings summary` have it."
    ),
]


@app.callback()
def winnings() -> None:
    """See who won what, and settle a sale."""


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
            (
                "ID",
                "Sale",
                "Product",
                as_shown().column("Price"),
                "Winner",
                "Number",
                "Sold",
                "Awarded",
            ),
            [
                (
                    won.id,
                    won.auction_id,
                    f"{won.product} ({won.weight})" if won.weight else won.product,
                    won.price,
                    numbered(won.paddle, won.winner),
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


app.command()(summary)
app.command()(export)

Because = Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands in the history.")]


@app.command()
def paid(
    winning: WinningId,
    undo: Annotated[bool, typer.Option("--no", help="It is not paid after all.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Note that a winning was paid: from then on nobody opens its lot again, or changes it."""
    from baraka_server.contract.winnings import PayWinning

    _carry_out(
        database_url,
        winning,
        lambda auction_id: PayWinning(auction_id=auction_id, winning_id=winning, paid=not undo),
    )


@app.command()
def correct(
    winning: WinningId,
    price: Annotated[int, typer.Option(min=1, max=2**31 - 1, help="What it costs.")],
    because: Because,
    database_url: DatabaseUrl = None,
) -> None:
    """Change the price of a winning that is not paid; the history keeps both."""
    from baraka_server.contract.winnings import CorrectWinning

    _carry_out(
        database_url,
        winning,
        lambda auction_id: CorrectWinning(
            auction_id=auction_id, winning_id=winning, price=price, reason=because
        ),
    )


@app.command()
def reassign(
    winning: WinningId,
    to: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="PADDLE", help="The paddle of who gets it.", show_default=False
        ),
    ] = None,
    nobody: Annotated[
        bool,
        typer.Option(
            "--nobody", help="Nobody gets it: the winning is deleted, and its lot is passed."
        ),
    ] = False,
    price: Annotated[
        int | None,
        typer.Option(
            min=1, max=2**31 - 1, help="What it costs; without it, the highest own bid on that lot."
        ),
    ] = None,
    because: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why; it stands in the history.")
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a winning that is not paid to another bidder, or to nobody; the history keeps both."""
    from baraka_server.contract.winnings import ReassignWinning

    if nobody == (to is not None):
        wrong_usage("Say who gets it: either --to PADDLE, or --nobody.")
    if nobody and price is not None:
        wrong_usage("--nobody and --price: nobody pays a price.")
    _carry_out(
        database_url,
        winning,
        lambda auction_id: ReassignWinning(
            auction_id=auction_id, winning_id=winning, paddle=to, price=price, reason=because
        ),
        to_nobody=nobody,
    )


def _carry_out(
    database_url: str | None,
    winning_id: int,
    command: Callable[[int], WinningCommand],
    *,
    to_nobody: bool = False,
) -> None:
    """Do what `command` makes for the winning's auction, and say what the winning is now."""
    from baraka_server.contract.names import numbered
    from baraka_server.contract.refusals import Refusal
    from baraka_server.contract.reports import WinningWithUser
    from baraka_server.live.batch import Outcome
    from baraka_server.live.desk import carry_out
    from baraka_server.store import catalog
    from baraka_server.store.errors import NotThere
    from baraka_server.store.store import Store

    async def do(store: Store) -> tuple[Outcome, WinningWithUser | None]:
        try:
            before = await catalog.winning_by_id(store, winning_id)
        except NotThere:
            if to_nobody and await catalog.went_to_nobody(store, winning_id):
                return {"changed": False}, None
            raise
        outcome = await carry_out(store, _valid(lambda: command(before.auction_id or 0)))
        gone = to_nobody and not isinstance(outcome, Refusal)
        return outcome, None if gone else await catalog.winning_by_id(store, winning_id)

    outcome, won = ask_store(database_url, do)
    if isinstance(outcome, Refusal):
        fail(_explained(outcome.message, outcome.code, winning_id))
    if outcome.get("changed") is False:
        say("It was so already.")
    if won is None:
        say(f"Winning {winning_id} went to nobody: it is deleted, and its lot is passed.")
        return
    state = "paid" if won.sold else "not paid"
    winner = numbered(won.paddle, won.winner)
    say(f"Winning {won.id}: {won.product} to {winner} for {won.price}, {state}.")


def _valid(make: Callable[[], WinningCommand]) -> WinningCommand:
    from pydantic import ValidationError

    from baraka_server.store.errors import Unfit

    try:
        return make()
    except ValidationError as error:
        problem = error.errors()[0]
        raise Unfit(f"{FLAGS[str(problem['loc'][0])]} {problem['msg']}") from None


FLAGS = {"reason": "--because", "price": "--price", "paddle": "--to"}
"""The flags of the fields that a command may refuse."""


def _explained(message: str, code: str, winning_id: int) -> str:
    from baraka_server.contract.refusals import Code

    paid = f"Nothing was changed. If that is wrong: baraka winnings paid {winning_id} --no"
    more = {
        Code.WINNING_PAID.value: paid,
        Code.NOT_STANDING.value: "This bidder has no bid on that lot: say for how much, with --price.",
    }.get(code)
    return f"{message}. {more}" if more else f"{message}."
