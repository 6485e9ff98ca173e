"""`baraka auction register`: lists the bidders of an auction, registers one, or takes that back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from baraka_cli.database import ask_store
from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    fail,
    print_json,
    print_table,
    say,
    shown,
    wrong_usage,
)

if TYPE_CHECKING:
    from baraka_server.store.catalog import Bidder
    from baraka_server.store.store import Store

AuctionId = Annotated[int, typer.Argument(metavar="ID", help="The auction.", show_default=False)]


def register(
    auction_id: AuctionId,
    user_id: Annotated[
        int | None,
        typer.Argument(
            metavar="USER", help="The user; without one bidders are listed.", show_default=False
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The highest single bid of this user; none by itself.",
            show_default=False,
        ),
    ] = None,
    no: Annotated[bool, typer.Option("--no", help="Take the registration back.")] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Register a user to bid in an auction, up to a limit or without one; or list its bidders.

    A registered user has a paddle. Whether others may bid too is said by `baraka auction rules`.
    """
    if user_id is None:
        if no or limit is not None:
            wrong_usage("Say which USER is meant.")
        _list(database_url, auction_id, as_json=as_json)
        return
    if no and limit is not None:
        wrong_usage("--no and --limit: a limit is for a user who is registered.")
    said = {"auctionId": auction_id, "userId": user_id, "approved": not no}
    _register(database_url, said if limit is None else said | {"limit": limit})
    if no:
        say(f"User {user_id} is not registered in auction {auction_id}.")
    else:
        up_to = "" if limit is None else f", up to {limit}"
        say(f"User {user_id} is registered to bid in auction {auction_id}{up_to}.")


def _register(database_url: str | None, payload: dict[str, Any]) -> None:
    from baraka_server.contract.refusals import Refusal
    from baraka_server.contract.registration import RegisterBidder
    from baraka_server.contract.vocabulary import parse
    from baraka_server.live import desk

    event = parse(RegisterBidder.wire_name, [payload])
    if isinstance(event, Refusal):
        fail(event.message)
    outcome = ask_store(database_url, lambda store: desk.carry_out(store, event))
    if isinstance(outcome, Refusal):
        fail(outcome.message)


def _list(database_url: str | None, auction_id: int, *, as_json: bool) -> None:
    from baraka_server.store import catalog

    async def find(store: Store) -> list[Bidder]:
        return await catalog.bidders_of(store, await catalog.auction_by_id(store, auction_id))

    found = ask_store(database_url, find)
    if as_json:
        print_json(
            [
                {
                    "paddle": one.paddle,
                    "userId": one.user_id,
                    "name": one.name,
                    "registered": one.registered,
                    "limit": one.limit,
                }
                for one in found
            ]
        )
    elif found:
        print_table(
            ("Paddle", "User", "Name", "Registered", shown().column("Limit")),
            [(one.paddle, one.user_id, one.name, one.registered, one.limit) for one in found],
        )
    else:
        say("Nobody has bid in this auction, and nobody is registered.")
