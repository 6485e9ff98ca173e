"""`Takeover`: puts the console's own run list on a server that has none, with what became of its lots (D35)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baraka_cli.client.http import HttpApi, NoSuchAuction, TurnedAway, Unreachable
from baraka_cli.client.replies import Reply
from baraka_cli.console.log import EntryMark, Log
from baraka_cli.console.lot_commands import why_refused
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.server_lots import ServerLots
from baraka_cli.console.takeover_plan import TakeoverPlan
from baraka_cli.importing import new_lot, send, size_of, slices, twice
from baraka_cli.run_list import Fate, ListedLot, RunList
from baraka_server.contract.lots import LOTS_PER_COMMAND_MAX, AddLots, NewLot
from baraka_server.contract.names import compared

FIRST_BYTES_MAX = 90_000
"""Size of the first message: it has every lot that is done with, for only a new list takes those."""
TRIES = 3
PAUSE_SECONDS = 1


class TooLong(ValueError):
    """More is done with than one message takes."""


class Takeover:
    """`kept_in` is the file of a takeover that is under way, and of one that was broken off."""

    def __init__(
        self,
        book: SaleBook,
        run_list: RunList,
        log: Log,
        api: HttpApi,
        lots: ServerLots,
        kept_in: Path | None = None,
    ) -> None:
        self._book = book
        self._run_list = run_list
        self._log = log
        self._api = api
        self._lots = lots
        self._runs = False
        self._kept_in = kept_in
        self.broken_off = TakeoverPlan.kept(kept_in)
        """What is to be gone on with."""

    async def run(self) -> None:
        """Put the list there; what stops it is said in the log. It may be run again, and doubles nothing."""
        if self._runs or (self._lots.counts and self.broken_off is None):
            return
        self._runs = True
        try:
            plan = self.broken_off
            if plan is None or not (plan.there or await self._is_begun()):
                plan = await self._planned()
            if plan is not None:
                await self._send(plan)
        except (TurnedAway, Unreachable, NoSuchAuction) as error:
            self._say(f"{error}. Press f to go on: nothing comes twice", EntryMark.REFUSED)
        except OSError as error:
            self._say(f"it could not be kept: {error.strerror}", EntryMark.REFUSED)
        except TooLong as error:
            self._say(str(error), EntryMark.REFUSED)
        finally:
            self._runs = False
            self._lots.read()

    async def _is_begun(self) -> bool:
        """Whether a first message is there of which the answer was lost."""
        report = await self._api.lots(self._book.auction_id)
        return report is not None and report.lots_version > 0

    async def _planned(self) -> TakeoverPlan | None:
        """What is to be sent; where it cannot be, the log says why."""
        own = list(self._run_list.own)
        if numbers := twice([new_lot(lot) for lot in own]):
            said = ", ".join(map(str, numbers))
            self._say(f"more than one lot has the number {said}", EntryMark.REFUSED)
            return None
        winnings = await self._api.winnings(self._book.auction_id)
        if winnings is None and any(lot.fate is Fate.SOLD for lot in own):
            self._say(
                "who won what is told to the owner alone, who has to do this", EntryMark.REFUSED
            )
            return None
        on_block = self._book.lot.product if self._book.lot else None
        new, lost = taken_over(own, winnings or (), on_block)
        return TakeoverPlan(new, [lot.product for lot in lost], file=self._kept_in)

    async def _send(self, plan: TakeoverPlan) -> None:
        messages, there = list(parts(plan.lots)), 0
        plan.keep()
        self.broken_off = plan
        answers = send(self._ask, self._book.auction_id, plan.content, messages, version=0)
        async for answer in answers:
            if not answer.ok:
                self._give_up(plan, answer)
                return
            there += len(answer.data["lotNumbers"])
            plan.there = max(plan.there, there)
            plan.keep()
        self._forget(plan)
        lots = "1 lot is" if len(plan.lots) == 1 else f"{len(plan.lots)} lots are"
        self._say(f"{lots} there. The file of this console stays as it is", EntryMark.DONE)
        for lot in plan.lost:
            said = (
                "was sold by the own list, but the server has no winning of it: it counts as passed"
            )
            self._say(f"{isolated(lot)} {said}", EntryMark.REFUSED)

    def _give_up(self, plan: TakeoverPlan, answer: Reply) -> None:
        """What the server refused once it refuses always."""
        self._forget(plan)
        self._say(why_refused(answer), EntryMark.REFUSED)
        if plan.there:
            left = ", ".join(isolated(lot.product) for lot in plan.lots[plan.there :])
            said = f"{plan.there} of {len(plan.lots)} lots are there. Add the others by f and +: {left}"
            self._say(said, EntryMark.REFUSED)

    def _forget(self, plan: TakeoverPlan) -> None:
        self.broken_off = None
        plan.forget()

    async def _ask(self, event: AddLots) -> Reply:
        """Send it, and again where the answer was lost: its id keeps it from being done twice."""
        for _ in range(TRIES - 1):
            try:
                return await self._api.command(event)
            except Unreachable:
                await asyncio.sleep(PAUSE_SECONDS)
        return await self._api.command(event)

    def _say(self, what: str, mark: EntryMark) -> None:
        self._log.note(f"Run list to the server: {what}", mark)


def taken_over(
    own: Sequence[ListedLot], winnings: Sequence[Mapping[str, Any]], on_block: str | None
) -> tuple[list[NewLot], list[ListedLot]]:
    """The lots as they are sent, and those that are sold by the own list alone.

    Winnings are matched by name, and those of one name in their order: first with lots that were sold,
    then with those of which this console did not hear it. The first lot of the name of the product on the
    block that is not done with becomes the open one.
    """
    won = defaultdict[str, list[int]](list)
    for winning in sorted(winnings, key=lambda one: int(one["id"])):
        won[compared(str(winning["product"]))].append(int(winning["id"]))
    became: dict[int, int] = {}
    up = None if on_block is None else compared(on_block)
    on_block_place = next(
        (
            place
            for fate in (Fate.ON_BLOCK, Fate.TO_COME)
            for place, lot in enumerate(own)
            if lot.fate is fate and compared(lot.product) == up
        ),
        None,
    )
    for fate in (Fate.SOLD, Fate.ON_BLOCK, Fate.PASSED, Fate.TO_COME):
        for place, lot in enumerate(own):
            ids = won[compared(lot.product)]
            if lot.fate is fate and ids and place != on_block_place:
                became[place] = ids.pop(0)
    new, lost = [], []
    for place, lot in enumerate(own):
        made = new_lot(lot)
        if place in became:
            made = made.model_copy(update={"was": "sold", "winning_id": became[place]})
        elif lot.fate in {Fate.SOLD, Fate.PASSED, Fate.ON_BLOCK} and place != on_block_place:
            made = made.model_copy(update={"was": "passed"})
            lost += [lot] if lot.fate is Fate.SOLD else []
        new.append(made)
    return new, lost


def parts(lots: Sequence[NewLot]) -> Iterator[list[NewLot]]:
    """The lots in messages. The first has all that are done with; raises `TooLong` where it cannot."""
    whole = list(slices(lots))
    if len(whole) <= 1:
        yield from whole
        return
    done = max((place for place, lot in enumerate(lots, 1) if lot.was), default=0)
    first = list(lots[:done])
    if sum(map(size_of, first)) > FIRST_BYTES_MAX:
        first = [
            lot.model_copy(update={"description": None}) if lot.was == "sold" else lot
            for lot in first
        ]
    if sum(map(size_of, first)) > FIRST_BYTES_MAX or len(first) > LOTS_PER_COMMAND_MAX:
        raise TooLong(f"{len(first)} lots up to the last that is done with are too many at once")
    if first:
        yield first
    yield from slices(lots[done:])
