"""Makes the summary of a sale from the server's; where it has none, from its winnings, else from what was heard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from baraka_cli.client.access import Access
from baraka_cli.client.http import HttpApi, NoSuchAuction, Refused, TurnedAway, Unreachable
from baraka_cli.console import summary
from baraka_cli.console.clerk import UNREADABLE
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.summary_screen import Lots
from baraka_cli.run_list import OPEN, Fate, RunList
from baraka_server.contract.settlement import SaleSummary

T = TypeVar("T")


async def closed(
    book: SaleBook, run_list: RunList, api: HttpApi, weights: Mapping[str, str], access: Access
) -> tuple[summary.Summary, Lots]:
    told, winnings, why = None, None, ""
    try:
        told = await _summary(book.auction_id, api, access)
        if told is None:
            winnings = await _with_token(lambda: api.winnings(book.auction_id), access)
    except TurnedAway as error:
        why = f"The winnings could not be read: {error}. Esc, then k: another token"
    except (Unreachable, NoSuchAuction) as error:
        why = f"The winnings could not be read: {error}. Try again"
    found = summary.of_server(told) if told else _heard(book, run_list, winnings, weights, why)
    found = replace(found, checkpoint=await _checkpoint(book.auction_id, api))
    return found, _lots(book, run_list, found)


def _heard(
    book: SaleBook,
    run_list: RunList,
    winnings: list[Mapping[str, Any]] | None,
    weights: Mapping[str, str],
    why: str,
) -> summary.Summary:
    numbers = {lot.winning_id: lot.number for lot in run_list.lots if lot.winning_id is not None}
    try:
        return summary.summarise(book.hammers, winnings, weights, why, numbers)
    except UNREADABLE as error:
        why = f"The winnings could not be read ({type(error).__name__})"
        return summary.summarise(book.hammers, None, weights, why)


def _lots(book: SaleBook, run_list: RunList, found: summary.Summary) -> Lots:
    """The lots that were not sold. Of a run list that only this console has, no server knows what waits."""
    still_open = sum(lot.fate in OPEN for lot in run_list.lots)
    if found.told is not None:
        totals = found.told.totals
        is_own = run_list.served is None and run_list.lots
        return Lots(totals.passed, still_open if is_own else totals.open, totals.withdrawn)
    passed = sum(lot.fate is Fate.PASSED for lot in run_list.lots)
    all_known = bool(run_list.lots) or book.first_seq is None
    return Lots(max(passed, found.passed), still_open, all_known=all_known)


async def _checkpoint(auction_id: int, api: HttpApi) -> str:
    """Empty where the server makes none, or not now: the sale is over all the same."""
    try:
        return await api.checkpoint(auction_id) or ""
    except (TurnedAway, Unreachable, NoSuchAuction):
        return ""


async def _summary(auction_id: int, api: HttpApi, access: Access) -> SaleSummary | None:
    """None where the server has none, or not for us."""
    try:
        return await _with_token(lambda: api.summary(auction_id), access)
    except Refused:
        return None


async def _with_token(ask: Callable[[], Awaitable[T]], access: Access) -> T:
    """The answer; with another token where this one was refused and another one can be made."""
    try:
        return await ask()
    except TurnedAway:
        if not access.renew():
            raise
        return await ask()
