"""`baraka user`: makes and lists users, and blocks them everywhere."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from baraka_cli.database import ask_store
from baraka_cli.terminal import AsJson, DatabaseUrl, print_json, print_table, say, stdout

app = typer.Typer(help="Create and find users, and block them everywhere.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="The name that everybody sees.", show_default=False)],
    number: Annotated[str, typer.Option(help="The phone number.", show_default=False)],
    kind: Annotated[
        Literal["Normal", "Expert"], typer.Option("--type", help="The kind of user.")
    ] = "Normal",
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a user and print the id."""
    from baraka_server.contract.records import UserType
    from baraka_server.store import catalog

    user = ask_store(
        database_url,
        lambda store: catalog.create_user(store, name=name, number=number, kind=UserType(kind)),
    )
    if as_json:
        print_json(user)
    else:
        stdout.print(user.id)


UserId = Annotated[int, typer.Argument(metavar="ID", help="The user.", show_default=False)]


@app.command()
def block(user_id: UserId, database_url: DatabaseUrl = None) -> None:
    """Block a user everywhere: every server closes the connections and takes no new ones.

    Bids that stand stay: who is to lose them is blocked in the auction.
    """
    from baraka_server.store import accounts, catalog
    from baraka_server.store.store import Store

    async def do(store: Store) -> bool:
        await catalog.user_by_id(store, user_id)
        return await accounts.block(store, user_id)

    if not ask_store(database_url, do):
        say("It was so already.")
    say(f"User {user_id} is blocked everywhere.")


@app.command()
def unblock(user_id: UserId, database_url: DatabaseUrl = None) -> None:
    """Let a user who was blocked everywhere connect again."""
    from baraka_server.store import accounts

    if not ask_store(database_url, lambda store: accounts.unblock(store, user_id)):
        say("It was so already.")
    say(f"User {user_id} may connect.")


@app.command("list")
def list_(
    search: Annotated[
        str | None, typer.Option(help="Only those with this in the name or the number.")
    ] = None,
    blocked: Annotated[
        bool, typer.Option("--blocked", help="Only those who are blocked everywhere.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """List users with their whole numbers."""
    from baraka_server.store import catalog
    from baraka_server.store.pages import Span

    page = ask_store(
        database_url,
        lambda store: catalog.list_users(store, search=search, blocked=blocked, span=Span(limit)),
    )
    shown = page.rows
    if as_json:
        print_json(shown)
    elif shown:
        print_table(
            ("Id", "Name", "Type", "Number", "Since"),
            [(user.id, user.name, user.type, user.number, user.createdAt) for user in shown],
        )
    else:
        say("No user found." if search or blocked else "There are no users yet.")
    if page.resume is not None:
        say(f"There are more than these {limit}: see --limit and --search.")
