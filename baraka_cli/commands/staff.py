"""`baraka auction staff`: who works in an auction beside its owner, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from baraka_cli.database import ask_store
from baraka_cli.terminal import AsJson, DatabaseUrl, fail, print_json, print_table, say, wrong_usage

if TYPE_CHECKING:
    from baraka_server.contract.records import User
    from baraka_server.domain.roles import Role
    from baraka_server.store.store import Store

app = typer.Typer(
    help="Name the clerks and moderators of an auction. Running servers know at once.",
    no_args_is_help=True,
)

AuctionId = Annotated[int, typer.Argument(metavar="ID", help="The auction.", show_default=False)]
UserId = Annotated[int, typer.Argument(metavar="USER", help="The user's id.", show_default=False)]


@app.command("list")
def list_(auction_id: AuctionId, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """List who works in an auction, its owner first."""
    from baraka_server.store import catalog

    async def find(store: Store) -> list[tuple[User | int, Role]]:
        return await catalog.staff_of(store, await catalog.auction_by_id(store, auction_id))

    rows = [
        (
            user if isinstance(user, int) else user.id,
            None if isinstance(user, int) else user.name,
            role,
        )
        for user, role in ask_store(database_url, find)
    ]
    if as_json:
        print_json(
            [
                {"userId": id_, "name": name, "role": role.who, "seesNumbers": role.sees_numbers}
                for id_, name, role in rows
            ]
        )
    elif rows:
        print_table(
            ("Id", "Name", "Role", "Sees numbers"),
            [(id_, name, role.who.value, role.sees_numbers) for id_, name, role in rows],
        )
    else:
        say("Nobody owns this auction, and nobody works in it.")


@app.command()
def add(
    auction_id: AuctionId,
    user_id: UserId,
    role: Annotated[
        Literal["clerk", "moderator"],
        typer.Option(
            help="A clerk runs the sale but cannot end or cancel it; a moderator keeps order in it."
        ),
    ] = "clerk",
    sees_numbers: Annotated[
        bool,
        typer.Option("--sees-numbers", help="Show a clerk the winners' whole telephone numbers."),
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a user a role in an auction, or another one."""
    if sees_numbers and role != "clerk":
        wrong_usage("--sees-numbers is for a clerk: a moderator sees no winnings.")
    _set_role(database_url, auction_id, user_id, role, sees_numbers=sees_numbers)
    say(f"User {user_id} is a {role} in auction {auction_id}.")


@app.command()
def remove(auction_id: AuctionId, user_id: UserId, database_url: DatabaseUrl = None) -> None:
    """Take a user's role in an auction away. It holds at once, on every server."""
    _set_role(database_url, auction_id, user_id, None)
    say(f"User {user_id} has no role in auction {auction_id}.")


def _set_role(
    database_url: str | None,
    auction_id: int,
    user_id: int,
    role: str | None,
    *,
    sees_numbers: bool = False,
) -> None:
    from baraka_server.contract.people import SetRole
    from baraka_server.contract.refusals import Refusal
    from baraka_server.contract.vocabulary import parse
    from baraka_server.live import desk

    payload = {
        "auctionId": auction_id,
        "userId": user_id,
        "role": role,
        "seesNumbers": sees_numbers,
    }
    event = parse(SetRole.wire_name, [payload])
    if isinstance(event, Refusal):
        fail(event.message)
    outcome = ask_store(database_url, lambda store: desk.carry_out(store, event))
    if isinstance(outcome, Refusal):
        fail(outcome.message)
