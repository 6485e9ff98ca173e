"""`baraka auction rules`: shows the rules of an auction, and sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from baraka_cli.database import ask_store
from baraka_cli.terminal import AsJson, DatabaseUrl, fail, print_json, print_table, wrong_usage

if TYPE_CHECKING:
    from baraka_server.contract.records import User
    from baraka_server.domain.sale_rules import SaleRules
    from baraka_server.store.store import Store

AuctionId = Annotated[int, typer.Argument(metavar="ID", help="The auction.", show_default=False)]


def rules(
    auction_id: AuctionId,
    registration: Annotated[
        Literal["open", "approval"] | None,
        typer.Option(
            help="Who may bid: everybody, or those whom the owner registered.", show_default=False
        ),
    ] = None,
    maxima: Annotated[
        bool | None,
        typer.Option(
            "--maxima/--no-maxima", help="Whether maximum bids are taken.", show_default=False
        ),
    ] = None,
    floor_user: Annotated[
        int | None,
        typer.Option(
            metavar="USER",
            help="The user in whose name bids from the room are placed.",
            show_default=False,
        ),
    ] = None,
    no_floor_user: Annotated[
        bool, typer.Option("--no-floor-user", help="Take no bids from the room any more.")
    ] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Show the rules of an auction; with options set them first. Running servers know at once."""
    if no_floor_user and floor_user is not None:
        wrong_usage("--floor-user and --no-floor-user say the opposite.")
    said: dict[str, Any] = {"registration": registration, "maxima": maxima}
    wanted = {name: value for name, value in said.items() if value is not None}
    if no_floor_user or floor_user is not None:
        wanted["floorUserId"] = floor_user
    if wanted:
        _set(database_url, {"auctionId": auction_id} | wanted)
    _show(database_url, auction_id, as_json=as_json)


def _set(database_url: str | None, payload: dict[str, Any]) -> None:
    from baraka_server.contract.house_rules import SetHouseRules
    from baraka_server.contract.refusals import Refusal
    from baraka_server.contract.vocabulary import parse
    from baraka_server.live import desk

    event = parse(SetHouseRules.wire_name, [payload])
    if isinstance(event, Refusal):
        fail(event.message)
    outcome = ask_store(database_url, lambda store: desk.carry_out(store, event))
    if isinstance(outcome, Refusal):
        fail(outcome.message)


def _show(database_url: str | None, auction_id: int, *, as_json: bool) -> None:
    from baraka_server.store import catalog

    async def find(store: Store) -> tuple[SaleRules, User | int | None]:
        return await catalog.rules_of(store, await catalog.auction_by_id(store, auction_id))

    found, floor = ask_store(database_url, find)
    if as_json:
        print_json(
            {
                "registration": found.registration,
                "maxima": found.maxima,
                "floorUserId": found.floor_user_id,
            }
        )
        return
    who = "those whom the owner registered" if found.by_approval else "everybody"
    rows = [
        ("Who may bid", who),
        ("Maximum bids", "taken" if found.maxima else "not taken"),
        ("Floor user", "none" if floor is None else _named(floor)),
    ]
    print_table(("Rule", f"Auction {auction_id}"), rows)


def _named(user: User | int) -> str:
    return f"user {user}, who is gone" if isinstance(user, int) else f"{user.id} {user.name}"
