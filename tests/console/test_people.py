"""Users of the console and of the room: owners and others, two of one name, lost words."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from baraka_cli.client.connection import Connection
from baraka_cli.client.replies import Reply
from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.panels import time_up
from baraka_cli.console.people_names import Names
from baraka_cli.run_list import ListedLot
from baraka_server.contract.client_events import (
    ChangeLot,
    ClientEvent,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.people import SetRole
from tests.support.clients.keyboard import GOLD, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

AMINA, BILAL, DINA = 1, 2, 3


async def phone(baraka: Baraka, phones: PythonPhones, user_id: int) -> Phone:
    opened = await phones.open(baraka.url, user_id, auth={"token": token(SECRET, user_id)})
    await opened.emits(JoinAuction(auction_id=1))
    return opened


async def gold_up(baraka: Baraka, phones: PythonPhones) -> Phone:
    """Amina's own phone, from which the sale is run."""
    owner = await phones.open(baraka.url, AMINA, auth={"token": token(SECRET, AMINA)})
    ring = {"product": "Ring", "minimum_price": 1, "start_price": 1, "market_price": 1}
    for event in (StartAuction(auction_id=1), ChangeLot(auction_id=1, **ring)):
        assert (await owner.emits(event))["ok"]
    return owner


# --- whose auction it is


async def test_one_who_is_not_the_owner_may_watch_and_chat_and_nothing_else(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    owner = await gold_up(baraka, phones)
    await owner.emits(JoinAuction(auction_id=1))
    async with seated(baraka.url, tmp_path, user_id=BILAL) as stranger:
        await stranger.sees("is not yours", "It belongs to user 1; you are user 2.")
        await stranger.presses("enter")
        await stranger.sees("WATCHING", "Ring", "(a Award)", "(e End)", "(b Off air)", "c Chat")
        await stranger.presses("a", "e", "3", "f3", "b")
        for label in ("Award", "End", "Chat", "Off air"):
            await stranger.reads_in_the_log(
                f"✗ {label}: You only watch: the auction belongs to user 1"
            )
        await stranger.presses("c")
        await stranger.types("hello")
        await stranger.presses("enter")
        assert (await owner.hears("newComment"))["newComment"]["comment"] == "hello"


async def test_a_stranger_is_told_also_where_nothing_is_heard_behind_the_answer_to_the_join(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await gold_up(baraka, phones)
    await owner.emits(JoinAuction(auction_id=1))
    call = Connection.call

    async def answered_last(connection: Connection, event: ClientEvent) -> Reply:
        reply = await call(connection, event)
        await asyncio.sleep(0.2)  # the state and the count are heard meanwhile
        return reply

    monkeypatch.setattr(Connection, "call", answered_last)
    async with seated(baraka.url, tmp_path, user_id=BILAL) as stranger:
        await stranger.sees("is not yours", "It belongs to user 1; you are user 2.")


async def test_the_owner_is_not_told_that_it_is_somebody_elses(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await gold_up(baraka, phones)
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("● LIVE", "e End")
        assert host.app.screen is host.sale_screen
        assert not host.sale_screen.watching


async def test_an_auction_that_is_not_there_is_named_beside_those_that_are(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path, auction_id=99) as host:
        await host.sees(f"There is no auction 99 on {baraka.url}", "Which auction?", "not started")
        await host.presses("enter")
        await host.sees("NOT STARTED", "▲ online")
        assert host.sale_screen.book.auction_id == 3


# --- names


def test_a_name_that_two_have_is_shown_with_their_ids() -> None:
    names = Names()
    names.hear(3, "Dina A.")
    assert names.called(3, "Dina A.") == "Dina A."
    names.hear(9, "dina\u200b  a.")  # looks like it
    names.hear(4, "Bilal")
    assert names.called(3, "Dina A.") == "Dina A. #3"
    assert names.called(9, "dina\u200b  a.") == "dina\u200b  a. #9"
    assert names.called(4, "Bilal") == "Bilal"
    assert names.called(None, "Dina A.") == "Dina A.", "a server that tells no ids"


def test_whoever_has_a_paddle_is_shown_with_it() -> None:
    names = Names()
    names.hear(3, "Dina A.", 26)
    names.hear(9, "Dina A.")
    assert names.called(3, "Dina A.") == "26 Dina A."
    names.hear(3, "Dina A.")  # a comment, which says nothing of paddles
    assert names.called(3, "Dina A.") == "26 Dina A."
    assert names.called(9, "Dina A.") == "Dina A. #9"


def test_where_bidders_are_registered_whoever_has_no_paddle_is_shown_with_the_id() -> None:
    names = Names()
    names.ids_shown, names.owner_id = True, 1
    names.hear(3, "Dina A.")
    assert names.called(3, "Dina A.") == "Dina A. #3"
    assert names.called(1, "Amina") == "Amina"
    names.give(3, 26)
    assert names.called(3, "Dina A.") == names.by_id(3) == names.by_paddle(26) == "26 Dina A."
    assert (names.user_of(26), names.user_of(27), names.by_id(9)) == (3, None, "user 9")


async def test_two_bidders_of_one_name_are_two_everywhere(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    with sqlite3.connect(baraka.database_url.removeprefix("sqlite+aiosqlite:///")) as database:
        database.execute("UPDATE users SET name = 'Dina A.' WHERE id = 2")
    await gold_up(baraka, phones)
    bilal, dina = await phone(baraka, phones, BILAL), await phone(baraka, phones, DINA)
    async with seated(baraka.url, tmp_path, lots=()) as host:
        await host.sees("● LIVE")
        assert (await dina.emits(PlaceBid(auction_id=1, amount=10)))["ok"]
        await host.sees("10  1 Dina A.")
        assert (await bilal.emits(PostComment(auction_id=1, comment="mine")))["ok"]
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=20)))["ok"]
        await host.sees("2 Dina A.: mine", "20 +10 2 Dina A.", "10     1 Dina A.")
        await host.presses("a")
        await host.sees("2 Dina A. wins")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("Ring: sold to 2 Dina A. for 20")


# --- what is written, and scrolled


async def test_words_that_were_refused_come_back_into_the_line(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await gold_up(baraka, phones)
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("● LIVE")
        long = "so much to say " * 13
        await host.presses("c")
        host.sale_screen.query_one(ChatInput).value = long
        await host.presses("enter")
        await host.reads_in_the_log("✗ Chat: ")
        assert host.sale_screen.query_one(ChatInput).value == long
        await baraka.kill()
        await host.sees("▼ CONNECTION LOST")
        await host.presses("c", "enter")
        await host.reads_in_the_log("✗ Chat: There is no connection to the server")
        assert host.sale_screen.query_one(ChatInput).value == long


async def test_lists_are_scrolled_by_keys_and_wheel_and_follow_again(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    owner = await gold_up(baraka, phones)
    dina = await phone(baraka, phones, DINA)
    async with seated(baraka.url, tmp_path, size=(80, 24)) as host:
        await host.sees("● LIVE")
        for number in range(15):
            assert (await dina.emits(PlaceBid(auction_id=1, amount=1000 + number)))["ok"]
            assert (await owner.emits(PostComment(auction_id=1, comment=f"word {number}")))["ok"]
        await host.sees("1,014", "word 14")
        assert "1,000" not in host.screen
        assert "word 0\n" not in host.screen.replace(" ", "\n")
        await host.presses("tab")
        await host.until(
            lambda: host.sale_screen.focused is host.sale_screen.query_one("#bids"), "the bids"
        )
        await host.presses("pagedown", "pagedown", "pagedown")
        await host.sees(" 1,000 ", "Enter: what can be done")
        await host.presses("end")
        await host.sees("1,014")
        chat = host.sale_screen.query_one("#chat")
        for _ in range(9):
            await host.wheels("#chat", up=True)
        await host.sees("word 0 ")
        assert (await owner.emits(PostComment(auction_id=1, comment="word 15")))["ok"]
        await host.until(lambda: len(host.sale_screen.book.chat.listed) == 16, "the comment")
        await host.sees("word 0 ")
        host.sale_screen.set_focus(chat)
        await host.presses("end")
        await host.sees("word 15")


async def test_the_clock_of_a_lot_stands_still_when_the_auction_is_over(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await gold_up(baraka, phones)
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("● LIVE", "Ring", "▲ online")
        await host.presses("e")
        await host.types("end")
        await host.presses("ctrl+y")
        await host.sees("0 sold")
        await host.presses("escape")
        await host.sees("■ ENDED")
        book = host.sale_screen.book
        assert book.over_since is not None
        later = book.over_since + timedelta(hours=1)
        assert time_up(book, later) == time_up(book, book.over_since)


async def test_a_long_name_in_the_list_leaves_room_for_its_numbers(
    baraka: Baraka, tmp_path: Path
) -> None:
    long = ListedLot("Ring " * 20, minimum=125_000, start=125_000, market=125_000)
    async with seated(baraka.url, tmp_path, size=(80, 24), lots=(long, GOLD)) as host:
        await host.sees("NOT STARTED", "Ring Ring", "…  from 125,000")
        await host.confirms("s")
        await host.sees("● LIVE")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        await host.confirms("n")
        await host.sees("▶ Ring Ring Ring Ring Ring Ring Ring ")
        assert "on the block" not in host.screen, "the mark says it"


@pytest.mark.parametrize("role", ["clerk", "moderator"])
async def test_the_staff_is_known_before_the_sale_and_behind_it(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, role: str
) -> None:
    owner = await phones.open(baraka.url, AMINA, auth={"token": token(SECRET, AMINA)})
    assert (await owner.emits(SetRole(auction_id=1, user_id=BILAL, role=role)))["ok"]
    async with seated(baraka.url, tmp_path, user_id=BILAL) as early:
        await early.sees("NOT STARTED", role.upper())
        assert early.app.screen is early.sale_screen
        for event in ("startLiveAuction", "endAuction"):
            assert (await owner.emits(event, {"auctionId": 1}))["ok"]
    async with (
        seated(baraka.url, tmp_path, user_id=BILAL) as late,
    ):
        await late.sees("ENDED", role.upper())
        assert late.app.screen is late.sale_screen
    async with seated(baraka.url, tmp_path, user_id=DINA) as stranger:
        await stranger.sees("is not yours")
