"""The run list on the server (D35), as hosts see and change it from their consoles."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from baraka_cli import importing
from baraka_cli.client.access import Access
from baraka_cli.client.http import HttpApi, Unreachable
from baraka_cli.client.replies import Reply
from baraka_cli.console import taking_over
from baraka_cli.console.log import Log
from baraka_cli.console.lot_form import LotForm, StepsDialog
from baraka_cli.console.lots_dialog import LotsDialog
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.server_lots import ServerLots
from baraka_cli.console.taking_over import TooLong, parts, taken_over
from baraka_cli.importing import new_lot
from baraka_cli.run_list import Fate, ListedLot, RunList
from baraka_server.contract.client_events import JoinAuction, PlaceBid
from baraka_server.contract.lots import (
    AddLots,
    EditLot,
    MoveLot,
    NewLot,
    OpenLot,
    RunListLot,
    RunListReport,
)
from baraka_server.contract.server_events import LotAwarded, LotChanged
from tests.support.clients.keyboard import GOLD, PEARLS, SILVER, Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

BILAL = 2


class Program:
    """A program of the owner's without a socket, as `baraka lots` is one."""

    def __init__(self, url: str) -> None:
        self._api = HttpApi(url, Access(token(SECRET, 1)))

    async def lots(self) -> list[RunListLot]:
        report = await self._api.lots(1)
        assert report is not None
        return report.lots

    async def does(self, event: Any) -> Reply:
        reply = await self._api.command(event)
        assert reply.ok, reply
        return reply

    async def adds(self, *products: str) -> None:
        lots = tuple(NewLot.model_construct(**priced(product)) for product in products)
        await self.does(AddLots(auction_id=1, lots=lots))

    async def told(self) -> list[tuple[int, str, str]]:
        return [(lot.number, lot.product, lot.state.value) for lot in await self.lots()]


def priced(product: str) -> dict[str, Any]:
    return {"product": product, "minimum_price": 100, "start_price": 120, "market_price": 300}


@pytest.fixture
def program(baraka: Baraka) -> Program:
    return Program(baraka.url)


async def on_air(host: Keyboard) -> None:
    await host.confirms("s")
    await host.until(lambda: host.sale_screen.connection.joined, "the console to be in the room")
    await host.reads_in_the_log("✓ Start")


async def phone(baraka: Baraka, phones: PythonPhones) -> Phone:
    opened = await phones.open(baraka.url, BILAL, auth={"token": token(SECRET, BILAL)})
    await opened.emits(JoinAuction(auction_id=1))
    return opened


async def writes(host: Keyboard, **values: str) -> None:
    """Fill in the form that is on the screen."""
    await host.until(lambda: isinstance(host.app.screen, LotForm), "the form")
    for name, text in values.items():
        host.app.screen.query_one(f"#{name}", Input).value = text


async def in_the_list(host: Keyboard) -> None:
    await host.until(lambda: isinstance(host.app.screen, LotsDialog), "the list")


async def test_a_run_list_is_prepared_before_the_sale_and_sold_by(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, program: Program
) -> None:
    async with seated(baraka.url, tmp_path, lots=(), size=(120, 40)) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.until(lambda: host.sale_screen.clerk.lots.are_there, "the server's answer")
        await host.presses("f", "plus")
        await writes(host, product="Ring", minimum_price="100", start_price="120", market_price="x")
        await host.presses("ctrl+y")
        await host.sees("⚠ Market price 'x' ")
        await writes(host, market_price="300", increments="25", reserve="500")
        await host.presses("ctrl+y")
        await in_the_list(host)
        await host.sees("will be refused to award a lot below it", "reserve 500", "steps 25")
        await program.adds("Vase", "Rug", "Chain")
        await host.sees("1 Ring", "2 Vase", "3 Rug", "4 Chain")

        await host.presses("end", "shift+up", "shift+up")
        await host.sees("Ctrl+Y moves Lot 4, Chain before Lot 2, Vase")
        assert [lot[0] for lot in await program.told()] == [1, 2, 3, 4], "it is only shown there"
        await host.confirms("shift+down")
        await host.reads_in_the_log("✓ Move Lot 4, Chain before Lot 3, Rug")
        assert [lot[0] for lot in await program.told()] == [1, 2, 4, 3]

        await host.confirms("w")
        await host.reads_in_the_log("✓ Withdraw Lot 4, Chain")
        await host.sees("✗ 4 Chain")
        await host.confirms("o")
        await host.reads_in_the_log("✓ Offer Lot 4, Chain again")
        assert await program.told() == [
            *((1, "Ring", "waiting"), (2, "Vase", "waiting")),
            *((3, "Rug", "waiting"), (4, "Chain", "waiting")),
        ]
        await host.presses("escape")

        await on_air(host)
        await host.confirms("n")
        await host.reads_in_the_log("✓ Put up Lot 1, Ring")
        await host.sees("Lot 1, Ring", "▶ 1 Ring")
        bilal = await phone(baraka, phones)
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=200)))["ok"]
        await host.sees("+25")  # the lot's own step
        await host.presses("p")
        await host.sees("leads with 200. Pass Lot 1, Ring and sell it")
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=225)))["ok"]
        await host.until(lambda: host.sale_screen.book.high.amount == 225, "the higher bid")
        await host.presses("ctrl+y")
        await host.sees("leads with 225. Pass Lot 1, Ring and sell it")
        await host.presses("ctrl+y")
        assert (await bilal.hears(LotAwarded))["passed"] is True
        await host.reads_in_the_log("✓ Lot 1, Ring: passed")
        await host.sees("– 1 Ring  passed")

        await host.presses("u", "end")  # one from the middle of the list
        await host.presses("u", "ctrl+y")
        assert (await bilal.hears(LotChanged))["lotNumber"] == 4
        await host.presses("f", "e")
        await writes(host, minimum_price="150", description="A gold chain")
        await host.presses("ctrl+y")
        assert (await bilal.hears(LotChanged))["minBidPrice"] == 150
        await host.reads_in_the_log("✓ Change Lot 4, Chain")
        await in_the_list(host)
        await host.presses("escape")
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=150)))["ok"]
        await host.sees("Bilal A.")
        await host.presses("a")
        await host.sees("Lot 4, Chain", "Bilal A. wins")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Award Lot 4, Chain to 1 Bilal A. for 150")
        await host.sees("✓ 4 Chain  150 1 Bilal A.")
        sold = {lot.number: lot for lot in await program.lots()}
        assert (sold[4].state.value, sold[4].description) == ("sold", "A gold chain")

        await host.presses("f", "s")
        await host.until(lambda: isinstance(host.app.screen, StepsDialog), "the question")
        await host.types("ten")
        await host.presses("ctrl+y")
        await host.sees("⚠ 'ten' ")
        host.app.screen.query_one("#steps", Input).value = "0:10 200:50"
        await host.presses("ctrl+y")
        await host.sees("Apps that know no steps raise by the start price")
        await host.presses("ctrl+y")
        await in_the_list(host)
        await host.presses("escape")

        await host.presses("n")  # and what the next one takes off the block
        await host.presses("ctrl+y")
        await host.sees("▶ 2 Vase")
        assert (await bilal.hears(LotChanged))["bidPrice"] == 120
        assert (await bilal.hears(LotChanged))["bidPrice"] == 10, "by which older apps step"
        await host.reads_in_the_log("✓ Start price of Lot 2, Vase: 10")
        await host.presses("n")
        await host.sees("Lot 2, Vase has no bids and passes. Put up Lot 3, Rug?")
        await host.presses("ctrl+y")
        await host.sees("▶ 3 Rug", "– 2 Vase  passed")
        await host.reads_in_the_log("✓ Start price of Lot 3, Rug: 10")
        await host.presses("e")
        await host.sees("End the auction?")
        await host.types("end")
        await host.presses("ctrl+y")
        await host.sees("1 sold, 3 passed, total 150")
        await host.presses("ctrl+s")
        await host.sees("Saved as")
        assert 'Bilal A.","\'+' in (saved := (tmp_path / "sale-1.csv").read_text())
        assert saved.splitlines()[0].endswith('"lot"')
        assert saved.splitlines()[1].endswith(",4")


async def test_two_consoles_and_a_program_agree_on_the_run_list(
    baraka: Baraka, tmp_path: Path, program: Program
) -> None:
    """And what one changes under the other's fingers is shown, and not overwritten."""
    await program.adds("Ring", "Vase", "Rug")
    written, read, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def second() -> None:
        async with seated(baraka.url, tmp_path / "2", lots=(GOLD,), size=(120, 40)) as other:
            await other.sees("1 Ring", "2 Vase", "3 Rug")
            await other.reads_in_the_log("The run list on the server counts")
            await other.until(lambda: other.sale_screen.connection.joined, "the room")
            await written.wait()
            await other.sees("1 Gold ring  from 175")
            await other.presses("f", "w", "ctrl+y")
            await other.reads_in_the_log("✓ Withdraw Lot 1, Gold ring")
            read.set()
            await done.wait()
            await other.sees("▶ 2 Vase", "✗ 1 Gold ring")

    async with seated(baraka.url, tmp_path / "1", lots=(), size=(120, 40)) as host:
        await host.sees("NOT STARTED", "▲ online", "1 Ring")
        await on_air(host)
        watcher = asyncio.create_task(second())
        try:
            await host.presses("f", "e")
            await writes(host, minimum_price="175")
            (ring, vase, _) = await program.lots()
            await program.does(
                EditLot.model_validate(
                    {"auctionId": 1, "lotId": 1, "version": ring.version, "product": "Gold ring"}
                )
            )
            await host.sees("Changed by somebody else: Product: Ring → Gold ring")
            assert host.app.screen.query_one("#product", Input).value == "Gold ring"
            await host.presses("ctrl+y")
            await host.sees("Changed while you wrote. Press Ctrl+Y again.")
            await host.presses("ctrl+y")
            await host.reads_in_the_log("✓ Change Lot 1, Gold ring")
            now = (await program.lots())[0]
            assert (now.product, now.minimum_price) == ("Gold ring", 175)
            written.set()
            await asyncio.wait_for(read.wait(), 60)
            await in_the_list(host)
            await host.sees("✗ 1 Gold ring", "withdrawn")

            await program.does(MoveLot(auction_id=1, lot_id=3, before=vase.lot_id))
            await host.until(
                lambda: [lot.number for lot in host.sale_screen.run_list.lots] == [1, 3, 2],
                "the order",
            )
            await host.presses("end", "u", "ctrl+y")
            await host.reads_in_the_log("✓ Put up Lot 2, Vase")
            done.set()
            await asyncio.wait_for(watcher, 60)
        finally:
            watcher.cancel()


async def test_an_award_is_for_its_lot_and_not_for_the_next_one_of_that_name(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, program: Program
) -> None:
    """Somebody else puts the second ring up: while the award is held, and while it is asked about."""
    await program.adds("Ring", "Ring", "Ring")
    for lot_id, weight in ((1, "1g"), (2, "2g"), (3, "3g")):
        version = (await program.lots())[lot_id - 1].version
        await program.does(EditLot(auction_id=1, lot_id=lot_id, version=version, weight=weight))
    async with seated(baraka.url, tmp_path, lots=(), size=(120, 40), hold_seconds=600) as host:
        await host.sees("NOT STARTED", "▲ online", "1 Ring")
        await on_air(host)
        bilal = await phone(baraka, phones)
        await host.confirms("n")
        await host.sees("▶ 1 Ring")

        async def weight_asked() -> str:
            assert (await bilal.emits(PlaceBid(auction_id=1, amount=150)))["ok"]
            await host.sees("Bilal A.")
            await host.presses("a")
            await host.sees("Award this lot?")
            return host.app.screen.query_one("#weight", Input).value

        assert await weight_asked() == "1g"
        await host.presses("ctrl+y")
        await host.sees("Award Lot 1, Ring to 1 Bilal A. for 150 in")
        host.sale_screen.clerk.weigh("Ring", "as it was said of the first")
        bid_id = host.sale_screen.book.bids[0].id
        await program.does(OpenLot(auction_id=1, lot_id=2, with_bids=bid_id))
        await host.reads_in_the_log("✗ Award Lot 1, Ring to 1 Bilal A. for 150: not sent, it left")
        await host.reads_in_the_log("✓ Lot 1, Ring: passed")
        await host.sees("── Lot 1, Ring: passed", "▶ 2 Ring")

        assert await weight_asked() == "2g"
        bid_id = host.sale_screen.book.bids[0].id
        await program.does(OpenLot(auction_id=1, lot_id=3, with_bids=bid_id))
        await host.reads_in_the_log("✗ Award: Lot 2, Ring left the block while you were asked")
        assert [lot[2] for lot in await program.told()] == ["passed", "passed", "open"]


async def test_a_change_that_was_not_seen_is_refused_and_shown(
    baraka: Baraka, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server refuses what is not of the newest version; the form reads it again."""
    await program.adds("Ring")
    async with seated(baraka.url, tmp_path, lots=()) as host:
        await host.sees("NOT STARTED", "▲ online", "1 Ring")
        lots = host.sale_screen.clerk.lots
        await host.presses("f", "e")
        await writes(host, minimum_price="175")
        with monkeypatch.context() as deaf:
            deaf.setattr(lots, "take", lambda _report: None)
            version = (await program.lots())[0].version
            said = {"auctionId": 1, "lotId": 1, "version": version, "minBidPrice": 111}
            await program.does(EditLot.model_validate(said))
            await host.presses("ctrl+y")
            await host.sees("Somebody else changed it")
        await host.sees("Changed by somebody else: Minimum bid: 100 → 111")
        assert (await program.lots())[0].minimum_price == 111
        await host.presses("ctrl+y", "ctrl+y")
        await host.reads_in_the_log("✓ Change Lot 1, Ring")
        assert (await program.lots())[0].minimum_price == 175


async def test_the_own_run_list_is_taken_over_once_with_what_became_of_its_lots(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, program: Program, state_folder: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await on_air(host)
        bilal = await phone(baraka, phones)
        await host.confirms("n")
        await host.reads_in_the_log("✓ Put up Gold Ring")
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=900)))["ok"]
        await host.sees("Bilal A.")
        await host.confirms("a")
        await host.reads_in_the_log("sold to 1 Bilal A.")
        await host.confirms("n")
        await host.reads_in_the_log("✓ Put up Silver")
        (file,) = (state_folder / "baraka" / "console").glob("*.json")
        kept = file.read_bytes()

        await host.presses("f")
        await host.sees("The run list is only in this console. Put its 3 lots")
        assert await program.lots() == []
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Run list to the server: 3 lots are there")
        await host.sees("▶ 2 Silver Necklace – 925", "✓ 1 Gold Ring – 18K  900 1 Bilal A.")
        there = await program.told()
        assert there == [
            (1, "Gold Ring – 18K", "sold"),
            (2, "Silver Necklace – 925", "open"),
            (3, "Pearl Earrings", "waiting"),
        ]
        assert (await program.lots())[0].winning_id is not None
        host.sale_screen.clerk.lots.forget()  # as a console that has not heard of it yet
        await host.sale_screen.takeover.run()
        assert await program.told() == there, "the first outcome, and nothing twice"
        await host.until(lambda: host.sale_screen.clerk.lots.counts, "the server's list again")
        await host.confirms("p")
        await host.reads_in_the_log("✓ Lot 2, Silver Necklace – 925: passed")
        assert file.read_bytes() == kept, "it stays as a copy"
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("– 2 Silver Necklace – 925  passed")
        await host.presses("f")
        await in_the_list(host)
        await host.sees("Lots: 1 to come, 1 sold, 1 passed")
    assert file.read_bytes() == kept


async def test_a_takeover_that_was_broken_off_goes_on_from_the_next_console(
    baraka: Baraka, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind its second message, and behind what somebody else added meanwhile."""
    monkeypatch.setattr(importing, "SLICE_BYTES_MAX", 1)  # a message for each lot
    monkeypatch.setattr(taking_over, "PAUSE_SECONDS", 0)
    command, sent = HttpApi.command, list[Any]()

    async def breaks(self: HttpApi, event: Any) -> Reply:
        if len(sent) == 2:
            raise Unreachable("the server does not answer")
        sent.append(event)
        return await command(self, event)

    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.until(lambda: host.sale_screen.clerk.lots.are_there, "the server's answer")
        with monkeypatch.context() as line:
            line.setattr(HttpApi, "command", breaks)
            await host.presses("f")
            await host.sees("Put its 3 lots")
            await host.presses("ctrl+y")
            await host.reads_in_the_log("does not answer. Press f to go on: nothing comes twice")
        assert [lot[1] for lot in await program.told()] == [GOLD.product, SILVER.product]
    await program.adds("Vase")
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online", "3 Vase")
        await host.presses("f")
        await host.sees("2 of the 3 lots of this console's run list")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Run list to the server: 3 lots are there")
        products = [GOLD.product, SILVER.product, "Vase", PEARLS.product]
        assert [lot[1] for lot in await program.told()] == products
        await host.presses("f")
        await in_the_list(host)


async def test_a_takeover_that_the_server_refuses_in_its_middle_says_what_is_left(
    baraka: Baraka, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "SLICE_BYTES_MAX", 1)
    lots = (replace(GOLD, number=1), replace(SILVER, number=9), replace(PEARLS, number=3))
    async with seated(baraka.url, tmp_path, lots=lots) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.until(lambda: host.sale_screen.clerk.lots.are_there, "the server's answer")
        command = HttpApi.command

        async def beside(self: HttpApi, event: Any) -> Reply:
            answer = await command(self, event)
            if event.lots[0].number == 1:
                edit = EditLot(auction_id=1, lot_id=1, version=answer.data["seq"], number=9)
                await command(self, edit)
            return answer

        monkeypatch.setattr(HttpApi, "command", beside)
        await host.confirms("f")
        await host.reads_in_the_log("1 of 3 lots are there. Add the others by f and +: Silver")
        await host.until(lambda: host.sale_screen.clerk.lots.counts, "the server's list")
        await host.presses("f")
        await in_the_list(host)


def lot(product: str, fate: Fate = Fate.TO_COME, description: str = "") -> ListedLot:
    return ListedLot(product, 1, 1, 1, description=description, fate=fate)


def won(*products: str) -> list[dict[str, Any]]:
    return [{"id": number, "product": product} for number, product in enumerate(products, 1)]


@pytest.mark.parametrize(
    ("own", "winnings", "on_block", "became"),
    [
        ([lot("A"), lot("B", Fate.PASSED)], won(), None, ["", "passed"]),
        ([lot("A", Fate.SOLD), lot("A", Fate.SOLD)], won("A", "A "), None, [1, 2]),
        # sold while no console listened, under the name of one that was sold before
        ([lot("A", Fate.SOLD), lot("A")], won("A", "A"), None, [1, 2]),
        ([lot("A", Fate.PASSED), lot("A", Fate.SOLD)], won("A"), None, ["passed", 1]),
        ([lot("A", Fate.SOLD), lot("B", Fate.ON_BLOCK)], won("A"), "B", [1, ""]),
        ([lot("A", Fate.SOLD), lot("A", Fate.ON_BLOCK)], won("A"), "A", [1, ""]),
        ([lot("A", Fate.ON_BLOCK), lot("B")], won("A"), "B", [1, ""]),
        ([lot("A", Fate.ON_BLOCK)], won(), None, ["passed"]),
        ([lot("A", Fate.SOLD)], won("B"), None, ["lost"]),
    ],
)
def test_what_became_of_a_lot_is_matched_with_the_winnings_by_name_and_place(
    own: list[ListedLot], winnings: list[dict[str, Any]], on_block: str | None, became: list[Any]
) -> None:
    new, lost = taken_over(own, winnings, on_block)
    assert [
        one.winning_id or ("lost" if listed in lost else one.was or "")
        for one, listed in zip(new, own, strict=True)
    ] == became


def test_a_long_list_goes_in_messages_of_which_the_first_has_all_that_is_done_with() -> None:
    long = [lot(f"Lot {number}", description="d" * 1900) for number in range(60)]
    plain = [new_lot(one) for one in long]
    assert len(list(parts(plain))) > 2
    with_done = [*plain]
    with_done[40] = plain[40].model_copy(update={"was": "passed"})
    first, *rest = parts(with_done)
    assert len(first) == 41
    assert [one for part in (first, *rest) for one in part] == with_done
    sold = {"was": "sold", "winning_id": 1}
    first, *_ = parts([*(one.model_copy(update=sold) for one in plain[:59]), plain[59]])
    assert {one.description for one in first} == {None}, "they are not said of again"
    with pytest.raises(TooLong):
        list(parts([one.model_copy(update={"was": "passed"}) for one in plain]))


def test_a_lot_in_a_state_that_only_a_newer_server_knows_is_left_out() -> None:
    def told(lot_id: int, state: str) -> dict[str, Any]:
        prices = {"minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        place = {"lotId": lot_id, "lotNumber": lot_id, "position": lot_id, "version": lot_id}
        others = dict.fromkeys(("description", "weight", "imageUrl", "increments", "winningId"))
        return {"product": f"Ring {lot_id}", "state": state, "mood": 1, **prices, **place, **others}

    run_list = RunList([])
    lots = ServerLots(
        SaleBook(1),
        run_list,
        Log(),
        HttpApi("http://127.0.0.1:9", Access(token(SECRET, 1))),
        lambda work: work.close(),
    )
    listed = [told(1, "waiting"), told(2, "shown"), told(3, "waiting")]
    lots.take(RunListReport.model_validate({"lotsVersion": 3, "lots": listed}))
    assert [lot.product for lot in run_list.lots] == ["Ring 1", "Ring 3"]
    lots.hear("lotsChanged", {"lotsVersion": 4, "lots": [told(1, "shown"), told(2, "waiting")]})
    assert [lot.product for lot in run_list.lots] == ["Ring 2", "Ring 3"]
