"""`baraka user`: makes and lists users, blocks them everywhere, ends their sessions, and erases them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from baraka_cli.commands import erase
from baraka_cli.database import ask_store
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    fail,
    load_settings,
    print_json,
    print_table,
    say,
    stdout,
    wrong_usage,
)

if TYPE_CHECKING:
    from baraka_server.store.sessions import Session

app = typer.Typer(
    help="Create and find users, block them everywhere, end their sessions, and erase them.",
    no_args_is_help=True,
)


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

    Sessions end, and do not come back when the user is unblocked.
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
    from baraka_server.store import accounts, catalog, erasure
    from baraka_server.store.store import Store

    async def do(store: Store) -> bool | None:
        if await erasure.erased_among(store, {user_id}):
            return None
        if await accounts.unblock(store, user_id):
            return True
        await catalog.user_by_id(store, user_id)  # one who was deleted may be blocked still
        return False

    done = ask_store(database_url, do)
    if done is None:
        fail(f"User {user_id} was erased, and stays blocked: whoever comes again gets a new user.")
    if not done:
        say("It was so already.")
    say(f"User {user_id} may connect.")


app.command("erase")(erase.erase)


@app.command()
def sessions(user_id: UserId, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """List where a user is signed in by a code, and what ended of it in the last days."""
    from datetime import UTC, datetime

    from baraka_server.store import catalog
    from baraka_server.store.sessions import list_of
    from baraka_server.store.store import Store
    from baraka_server.wire.signing_in import session_limits

    limits = session_limits(load_settings(database_url=database_url))

    async def find(store: Store) -> list[Session]:
        await catalog.user_by_id(store, user_id)
        now = datetime.now(UTC)
        return [one.as_of(now, limits) for one in await list_of(store, user_id)]

    found = ask_store(database_url, find)
    if as_json:
        print_json([_as_json(one) for one in found])
    elif found:
        print_table(
            ("Session", "Since", "Last used", "Ended", "Because"),
            [(one.id[:8], one.begun_at, one.used_at, one.ended_at, one.reason) for one in found],
        )
    else:
        say(f"User {user_id} is not signed in.")


def _as_json(session: Session) -> dict[str, object]:
    from baraka_server.contract.fields import iso_time

    return {
        "id": session.id,
        "userId": session.user_id,
        "begunAt": iso_time(session.begun_at),
        "usedAt": iso_time(session.used_at),
        "endedAt": session.ended_at and iso_time(session.ended_at),
        "reason": session.reason,
    }


@app.command()
def revoke(
    user_id: UserId,
    session: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only the session whose id begins so.", show_default=False),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """End a user's sessions: who is signed in by a code has to ask for another one.

    Access tokens that were given out last until they expire, 15 minutes at most by default; `block` closes
    connections too.
    """
    from datetime import UTC, datetime

    from baraka_server.contract.fields import whole_milliseconds
    from baraka_server.store import catalog
    from baraka_server.store import sessions as stored
    from baraka_server.store.store import Store

    if session is not None and not session.strip():
        wrong_usage("--session needs the beginning of a session's id; without it all of them end.")

    async def do(store: Store) -> int:
        await catalog.user_by_id(store, user_id)
        now = whole_milliseconds(datetime.now(UTC))
        return await stored.revoke(store, user_id, session, now)

    ended = ask_store(database_url, do)
    if session is not None and not ended:
        fail(f"User {user_id} has no open session whose id begins with {session}.")
    say(f"{ended} {'session' if ended == 1 else 'sessions'} of user {user_id} ended.")


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
