"""A sale by keyboard alone, and what the console answers when something is not possible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from baraka_cli.console.records import Phase
from baraka_cli.run_list import ListedLot
from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    EndAuction,
    JoinAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.maxima import SetMaximumBid
from baraka_server.contract.server_events import LotAwarded, LotChanged
from baraka_server.store.checkpoint import Signer, found_in
from tests.support.clients.keyboard import GOLD, Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

BILAL, DINA = 2, 3


async def on_air(host: Keyboard) -> None:
    await host.confirms("s")
    await host.sees("● LIVE")
    await host.until(lambda: host.sale_screen.connection.joined, "the console to be in the room")
    await host.reads_in_the_log("✓ Start")


async def with_gold_up(host: Keyboard) -> None:
    await on_air(host)
    await host.confirms("n")
    await host.sees("▶ Gold Ring – 18K")
    await host.reads_in_the_log("✓ Put up Gold Ring")


async def phone(baraka: Baraka, phones: PythonPhones, user_id: int) -> Phone:
    opened = await phones.open(baraka.url, user_id, auth={"token": token(SECRET, user_id)})
    await opened.emits(JoinAuction(auction_id=1))
    return opened


async def bids(who: Phone, amount: int) -> dict[str, Any]:
    answer = await who.emits(PlaceBid(auction_id=1, amount=amount))
    assert answer["ok"], answer
    return answer


async def test_a_whole_sale_by_keyboard_alone(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        bilal, dina = await phone(baraka, phones, BILAL), await phone(baraka, phones, DINA)
        await bids(bilal, 1000)
        await bids(dina, 1250)
        await host.sees("1,250", "+250", "2 bids in the last minute", "3 watching")

        await host.confirms("2")
        await host.sees("Any more bids?")
        await host.presses("a")
        await host.sees("Award this lot?", "Dina A. wins", "Gold Ring – 18K", "1,250", "5.2g")
        await host.presses("ctrl+y")
        won = await bilal.hears(LotAwarded)
        assert (won["winningUser"]["id"], won["winningBid"]["bid"]) == (DINA, 1250)
        await host.sees("✓ Gold Ring – 18K  1,250 2 Dina A.", "Nothing on the block")

        await host.confirms("n")
        await host.sees("▶ Silver Necklace – 925")
        await host.confirms("p")
        await host.sees("– Silver Necklace – 925  passed")
        await host.confirms("n")
        await host.sees("▶ Pearl Earrings")
        await bids(bilal, 500)
        await host.sees("▶ ", "Bilal A.")
        await host.presses("a")
        await host.sees("Bilal A. wins")
        await host.presses("enter")  # which is not an answer
        await host.presses("ctrl+y")
        await host.sees("✓ Pearl Earrings  500 1 Bilal A.")

        await host.presses("e")
        await host.sees("End the auction?")
        await host.presses("ctrl+y")
        await host.sees("⚠ First type: end")
        await host.types("end")
        await host.presses("ctrl+y")
        await host.sees("2 sold, 1 passed, total 1,750", "2  Dina A.      1  1,250")
        await host.sees("baraka-checkpoint 1 auction=1")
        await host.presses("ctrl+s")
        await host.sees("Saved as", "and the checkpoint in")
        (kept,) = found_in((tmp_path / "checkpoints.txt").read_text())
        assert (kept.auction_id, kept.is_signed_by(Signer.of(SECRET))) == (1, True)
        saved = (tmp_path / "sale-1.csv").read_text()
        assert '"Gold Ring – 18K","5.2g",1250,"2 Dina A.","\'+' in saved
        assert "•" not in saved, "the operator reaches winners by their whole number"


async def test_a_lot_is_put_up_by_a_form_that_names_what_is_wrong(
    tmp_path: Path, baraka: Baraka, phones: PythonPhones
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await on_air(host)
        viewer = await phone(baraka, phones, BILAL)
        await host.presses("u")
        await host.sees("Put up a lot", "Gold Ring – 18K", "800")
        for key in ("tab", "end", "x", "ctrl+y"):
            await host.presses(key)
        await host.sees("⚠ Minimum bid '800x' has ‘x’ beside the number")
        for key in ("backspace", ",", "5", "0", "ctrl+y"):
            await host.presses(key)
        await host.sees("⚠ Minimum bid '800,50' means 800.5")
        for key in ("backspace", "backspace", "backspace", "5", "ctrl+y"):
            await host.presses(key)
        assert (await viewer.hears(LotChanged))["minBidPrice"] == 8005
        await host.sees("min 8,005")


async def test_the_next_lot_of_one_name_is_another_lot(
    tmp_path: Path, baraka: Baraka, phones: PythonPhones
) -> None:
    # The last is spelt in the other way that Unicode has.
    names = ("Café", "Café ", "Cafe\u0301")
    lots = tuple(ListedLot(name, minimum=10, start=10, market=20) for name in names)
    async with seated(baraka.url, tmp_path, lots=lots) as host:
        await host.sees("NOT STARTED", "▲ online")
        await on_air(host)
        await host.confirms("n")
        await host.reads_in_the_log("✓ Put up Café")
        viewer = await phone(baraka, phones, BILAL)
        await host.presses("n")
        await host.sees("has no bids and passes")
        await host.presses("ctrl+y")
        assert (await viewer.hears(LotChanged))["round"] == 2
        await bids(viewer, 15)
        await host.sees("15")
        await host.presses("n")
        await host.reads_in_the_log("award this one first")
        await host.presses("u")
        await host.sees("Put up a lot")
        await host.presses("ctrl+y")
        await host.sees("Give it these prices?")
        await host.presses("ctrl+y")
        assert (await viewer.hears(LotChanged))["round"] == 2
        await host.confirms("a")
        await host.reads_in_the_log("sold to 1 Bilal")
        await host.confirms("n")
        assert (await viewer.hears(LotChanged))["round"] == 3


async def test_what_is_written_in_the_line_goes_to_the_room_and_its_letters_are_no_commands(
    tmp_path: Path, baraka: Baraka, phones: PythonPhones
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        viewer = await phone(baraka, phones, BILAL)
        await host.presses("c")
        await host.types("a sneaky ex?")
        await host.presses("enter")
        heard = await viewer.hears("newComment")
        assert heard["newComment"]["comment"] == "a sneaky ex?"
        await host.sees("Amina A.: a sneaky ex?", "✓")
        assert len(host.app.screen_stack) == 2, "no dialog was opened by a letter"
        await host.presses("question_mark")
        await host.sees("Award the lot to the highest bid.")


async def test_canceling_needs_the_title(baraka: Baraka, tmp_path: Path) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await on_air(host)
        title = host.sale_screen.book.title
        await host.presses("x")
        await host.sees("To cancel, type its title", title)
        await host.types("yes")
        await host.presses("ctrl+y")
        await host.sees("⚠ First type:")
        await host.presses("escape", "x")
        await host.types(title)
        await host.presses("enter")  # which is not an answer
        assert host.sale_screen.book.phase is Phase.LIVE
        await host.presses("ctrl+y")
        await host.sees("✗ CANCELED")


async def test_the_room_is_told_that_the_stream_is_off(
    tmp_path: Path, baraka: Baraka, phones: PythonPhones
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await on_air(host)
        viewer = await phone(baraka, phones, BILAL)
        await host.confirms("b")
        await viewer.hears("broadCasterLeft")
        await host.reads_in_the_log("✓ Off air")


async def test_buttons_do_what_their_keys_do(baraka: Baraka, tmp_path: Path) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.clicks("#do-start")
        await host.sees("Start the auction: everybody is told")
        await host.clicks("#ready Button")
        await host.sees("● LIVE")
        await host.clicks("#do-next_lot")
        await host.sees("Next: Gold Ring")
        await host.clicks("#ready Button")
        await host.sees("▶ Gold Ring – 18K")
        await host.clicks("#do-award")
        await host.reads_in_the_log("✗ Award: Nobody has bid: press p to pass the lot.")


async def test_the_palette_knows_every_action(baraka: Baraka, tmp_path: Path) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.presses("ctrl+p")
        await host.types("Start")
        await host.sees("everybody is told")
        await host.presses("enter", "ctrl+y")
        await host.sees("● LIVE")


async def test_what_is_not_possible_is_shown_in_brackets_and_says_why(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.sees("(n Next)", "(a Award)", "s Start", "(e End)")
        await host.presses("n", "a", "e", "c")
        for label in ("Next", "Award", "End", "Chat"):
            await host.reads_in_the_log(f"✗ {label}: The auction has not started: press s.")
        await on_air(host)
        await host.sees("(s Start)", "n Next", "(a Award)")
        await host.presses("s", "p")
        await host.reads_in_the_log("✗ Start: The auction is live already.")
        await host.reads_in_the_log("✗ Pass: There is nothing on the block.")
        tooltip = host.sale_screen.query_one("#do-award").tooltip
        assert str(tooltip) == "There is nothing on the block."


async def test_an_auction_that_another_device_ended_is_said_to_be_over(
    tmp_path: Path, baraka: Baraka, phones: PythonPhones
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        device = await phone(baraka, phones, 1)
        await device.emits(EndAuction(auction_id=1))
        await host.sees("■ ENDED", "– Gold Ring – 18K  passed")
        await host.presses("n", "s")
        await host.reads_in_the_log("✗ Next: The auction is ended.")
        await host.reads_in_the_log("✗ Start: The auction is ended.")
    async with seated(baraka.url, tmp_path) as again:
        await again.sees("■ ENDED", "– Gold Ring – 18K  passed")


async def test_what_the_server_refuses_is_explained(baraka: Baraka, tmp_path: Path) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await on_air(host)
        host.sale_screen.sale.send(
            "Award", AwardLot(auction_id=1, product="Gold", weight="", bid_id=0)
        )
        await host.reads_in_the_log(
            "✗ Award: Auction could not be ended. (there is nothing on the block)"
        )


async def test_bids_are_not_set_aside_by_a_slip_of_the_finger(
    tmp_path: Path, baraka: Baraka, phones: PythonPhones
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        dina = await phone(baraka, phones, DINA)
        await host.presses("n")
        await host.sees("has no bids and passes.")
        await bids(dina, 900)
        await host.sees_no_more("no bids yet")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("The sale went on while you were asked. Look again.")
        await host.sees("Dina A. leads with 900.")
        await host.presses("escape")
        assert host.sale_screen.book.lot is not None
        assert host.sale_screen.book.lot.product == GOLD.product
        await host.presses("n")
        await host.sees("Dina A. leads with 900.")
        await host.presses("ctrl+y")
        await host.sees("▶ Silver Necklace – 925", "– Gold Ring – 18K  passed")


async def test_automatic_bids_are_shown_as_such_and_taken_back_with_what_they_answered(
    tmp_path: Path, baraka: Baraka, phones: PythonPhones
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        bilal, dina = [await phone(baraka, phones, user_id) for user_id in (BILAL, DINA)]
        device = await phone(baraka, phones, 1)
        async with aiohttp.ClientSession(baraka.url) as http:
            headers = {"Authorization": f"Bearer {token(SECRET, 1)}"}
            path, rules = "/api/auctions/1/setHouseRules", {"maxima": True}
            async with http.post(path, json=rules, headers=headers) as answer:
                assert answer.status == 200
        await bids(dina, 900)
        assert (await bilal.emits(SetMaximumBid(auction_id=1, amount=98_765, round=1)))["ok"]
        await bids(dina, 950)
        await host.sees("951", "auto 2 Bilal A.")
        await host.presses("d")
        await host.sees("Take back the bid of 951 by 2 Bilal A.?", "the bid or the maximum bid")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("The bid of 951 by 2 Bilal A. was taken back")
        assert [bid.amount for bid in host.sale_screen.book.bids] == [901, 900]
        assert "98,765" not in host.screen
        assert "98765" not in host.screen + str(device.events)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_hostile_text_stays_text(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.pilot.resize_terminal(*size)
        await on_air(host)
        dina = await phone(baraka, phones, DINA)
        device = await phone(baraka, phones, 1)
        nasty = "[bold red]A[/] [/] [@click=app.quit]B[/]\x1b[31m\x1b]0;C\x07\n\u202edlog\u2028 {0} %s 💍"
        await device.emits(
            ChangeLot(auction_id=1, product=nasty, minimum_price=1, start_price=1, market_price=1)
        )
        await bids(dina, 5)
        for text in (nasty, "[/]", "[", "\\[", "👨‍👩‍👧" * 20, "\u0301" * 150, "نص عربي", "x" * 191):
            assert (await dina.emits(PostComment(auction_id=1, comment=text)))["ok"]
        await host.until(lambda: len(host.sale_screen.book.chat.listed) == 8, "the comments")
        await host.presses("c")
        await host.types("[/]")
        await host.presses("enter")
        await host.reads_in_the_log("✓ Say “[/]”")
        await host.presses("a")
        await host.sees("Award this lot?", "[bold red]A[/]")
        await host.presses("escape", "x")
        await host.sees("Cancel the auction?")
        await host.presses("escape")
        await host.sees("[bold red]A[/] [/] [@click=")
        screen = host.screen
        assert not set(screen) & set("\x1b\x07\u202e\u2028\r"), "the terminal would obey these"
        assert len(screen.splitlines()) == size[1]


async def test_nothing_needs_colour(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with seated(baraka.url, tmp_path, size=(80, 24)) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        await bids(await phone(baraka, phones, DINA), 900)
        await host.sees("▶ ", "Dina A.", "● LIVE", "▲ online", "(s Start)", "✓")
        assert host.app.no_color


async def test_the_run_list_survives_a_restart_of_the_console(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        dina = await phone(baraka, phones, DINA)
        await bids(dina, 900)
        await host.sees("Dina A.")
        await host.presses("a")
        await host.sees("Dina A. wins")
        await host.presses("ctrl+y")
        await host.sees("✓ Gold Ring – 18K  900 1 Dina A.")
        await host.confirms("n")
        await host.sees("▶ Silver Necklace – 925")
        await bids(dina, 350)
    device = await phone(baraka, phones, 1)
    await device.emits(AwardLot(auction_id=1, product="Silver Necklace – 925", weight="18g"))
    pearls = ChangeLot(
        auction_id=1, product="Pearl Earrings", minimum_price=1, start_price=1, market_price=1
    )
    await device.emits(pearls)
    async with seated(baraka.url, tmp_path) as again:
        await again.sees(
            "✓ Gold Ring – 18K  900 1 Dina A.",
            "✓ Silver Necklace – 925  350 1 Dina A.",
            "▶ Pearl Earrings",
        )
