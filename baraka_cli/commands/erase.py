"""`baraka user erase`: takes a user's words, name and number out of the database (D56)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from baraka_cli.database import LONG_READ_SECONDS_MAX, ask_store, chosen
from baraka_cli.plural import plural
from baraka_cli.terminal import AsJson, DatabaseUrl, ask, fail, print_json, say

if TYPE_CHECKING:
    from baraka_server.settings import Settings
    from baraka_server.store.erasure import Traces
    from baraka_server.store.store import Store


def erase(
    user_id: Annotated[int, typer.Argument(metavar="ID", help="The user.", show_default=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, and change nothing.")
    ] = False,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway", help="Also while the user is in a live auction, or has not paid a winning."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Erase a person: name, telephone number, descriptions and labels, and what signing in left.

    The ledgers stay whole, and `baraka auction verify` counts what was erased. Bids, paddle numbers and
    winnings stay, of "Erased user ID", and so do comments, until `baraka db prune` takes their auctions.
    The user can never connect again. It cannot be brought back, but for backups, which have it still.
    """
    from baraka_server.store import erasure

    database = chosen(database_url)
    say(database.line)
    traces = _ask(database_url, lambda store: erasure.traces_of(store, user_id))
    for line in _lines(traces):
        say(line)
    if traces.in_the_way and not anyway:
        if as_json:
            print_json(_as_json(traces, done=False))
        fail(f"User {user_id} was not erased. Settle that first, or give --anyway.")
    if dry_run:
        say("Nothing was changed.")
    else:
        if not yes:
            ask("It cannot be brought back. Go on?", "--yes")

        async def do(store: Store) -> None:
            e164 = await _e164(store, user_id, database.settings)
            await erasure.erase(store, traces, e164)

        _ask(database_url, do)
        say(f"User {user_id} is erased. Servers that run close the connections within seconds.")
        say("Backups, archives and exports that were made before still have it.")
    if as_json:
        print_json(_as_json(traces, done=not dry_run))


def _ask(database_url: str | None, question: Any) -> Any:
    return ask_store(database_url, question, timeout_seconds=LONG_READ_SECONDS_MAX)


async def _e164(store: Store, user_id: int, settings: Settings) -> str | None:
    """The number as one-time codes have it; None where it is not one."""
    from baraka_server.store import catalog
    from baraka_server.wire.phone_numbers import NotANumber, read_number

    user = await catalog.user_by_id(store, user_id)
    try:
        return read_number(user.number, settings.phone_region or None, of_demo_data=True).e164
    except NotANumber:
        return None


def _lines(traces: Traces) -> list[str]:
    """What there is of the user, and what is in the way."""
    user = f"User {traces.user_id}"
    lines = [f"{user} was erased before."] if traces.erased else []
    what = [
        plural(traces.texts, "text or label", "texts and labels"),
        plural(len(traces.of_lots), "description of a lot", "descriptions of lots"),
        plural(traces.sessions, "session"),
        plural(traces.requests, "kept answer"),
    ]
    lines.append(f"{user} has {', '.join(what)}, beside name and number.")
    if traces.comments:
        lines.append(
            f"{plural(traces.comments, 'comment')} of the user {_stay(traces.comments)} in the ledger "
            "until the auctions are pruned: baraka db prune"
        )
    if traces.columns_left:
        named = ", ".join(traces.columns_left)
        lines.append(
            f"The table users has columns of other programs, which stay as they are: {named}"
        )
    lines += [
        f"In the live auction {one.auction_id} the user {one.part}. {_REMEDIES[one.part]}"
        for one in traces.involved
    ]
    if traces.unpaid_winnings:
        named = ", ".join(map(str, traces.unpaid_winnings))
        lines.append(
            f"The user has not paid for: winning {named}. Note the payment (baraka winnings paid), or give it to "
            "another bidder (baraka winnings reassign)."
        )
    return lines


_REMEDIES = {
    "leads": "Wait for the award, or block the user in the auction, which takes the bids.",
    "has a maximum bid": "Wait for the award, or block the user in the auction.",
    "has a role": "Wait for its end, or name somebody else: baraka auction staff.",
}


def _stay(count: int) -> str:
    return "stays" if count == 1 else "stay"


def _as_json(traces: Traces, *, done: bool) -> dict[str, Any]:
    return {
        "userId": traces.user_id,
        "erased": done,
        "erasedBefore": traces.erased,
        "liveAuctions": [
            {"auctionId": one.auction_id, "because": one.part} for one in traces.involved
        ],
        "unpaidWinnings": list(traces.unpaid_winnings),
        "texts": traces.texts,
        "descriptions": len(traces.of_lots),
        "sessions": traces.sessions,
        "requests": traces.requests,
        "commentsInLedgers": traces.comments,
        "columnsLeft": list(traces.columns_left),
    }
