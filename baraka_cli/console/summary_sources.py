"""Makes the summary of a sale from the server's winnings, else from what was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from baraka_cli.client.access import Access
from baraka_cli.client.http import HttpApi, NoSuchAuction, TurnedAway, Unreachable
from baraka_cli.console import summary
from baraka_cli.console.clerk import UNREADABLE
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.screens import Lots
from baraka_cli.run_list import OPEN, Fate, RunList

AWARDED = "awarded"
PAGES_MAX = 20
"""Pages of the history in which lots that passed are looked for."""


async def closed(
    book: SaleBook, run_list: RunList, api: HttpApi, weights: Mapping[str, str], access: Access
) -> tuple[summary.Summary, Lots]:
    winnings, why = None, ""
    try:
        winnings = await _winnings(book.auction_id, api, access)
    except TurnedAway as error:
        why = f"The winnings could not be read: {error}. Esc, then k: another token"
    except (Unreachable, NoSuchAuction) as error:
        why = f"The winnings could not be read: {error}. Try again"
    try:
        numbers = {
            lot.winning_id: lot.number for lot in run_list.lots if lot.winning_id is not None
        }
        found = summary.summarise(book.hammers, winnings, weights, why, numbers)
    except UNREADABLE as error:
        why = f"The winnings could not be read ({type(error).__name__})"
        found = summary.summarise(book.hammers, None, weights, why)
    found = replace(found, checkpoint=await _checkpoint(book.auction_id, api))
    passed = sum(lot.fate is Fate.PASSED for lot in run_list.lots)
    all_known = True
    if not run_list.lots:
        before, all_known = await _passed_before(book, api)
        passed = found.passed + before
    still_open = sum(lot.fate in OPEN for lot in run_list.lots)
    return found, Lots(max(passed, found.passed), still_open, all_known)


async def _checkpoint(auction_id: int, api: HttpApi) -> str:
    """Empty where the server makes none, or not now: the sale is over all the same."""
    try:
        return await api.checkpoint(auction_id) or ""
    except (TurnedAway, Unreachable, NoSuchAuction):
        return ""


async def _winnings(
    auction_id: int, api: HttpApi, access: Access
) -> list[Mapping[str, Any]] | None:
    try:
        return await api.winnings(auction_id)
    except TurnedAway:
        if not access.renew():
            raise
        return await api.winnings(auction_id)


async def _passed_before(book: SaleBook, api: HttpApi) -> tuple[int, bool]:
    """Number of lots awarded to nobody before the console listened; whether that is all."""
    passed = pages = 0
    if book.first_seq is None:
        return 0, True
    try:
        async for page in api.history(book.auction_id, book.first_seq + 1, rows=1000):
            passed += sum(
                one["kind"] == AWARDED and one["data"].get("high") is None for one in page
            )
            pages += 1
            if pages == PAGES_MAX:
                return passed, False
    except (Unreachable, TurnedAway, NoSuchAuction, *UNREADABLE):
        return passed, False
    return passed, True
